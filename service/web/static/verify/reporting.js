/** Something is wrong: what this device found, put down for whoever has to look into it. The page sends nothing. */
import { byId, fill } from "./dom.js";
import { say } from "./saying.js";
import { saving } from "./taking.js";

/** @type {any} */
let found = null;

/** What was found last. @param {any} report */
export function toReport(report) {
  found = report;
}

export function offerReporting() {
  byId("match-yes").addEventListener("click", () => fill(byId("match-says"), say("match_good")));
  byId("match-no").addEventListener("click", () => {
    fill(byId("match-says"), say("match_bad"));
    /** @type {HTMLDetailsElement} */ (byId("problem")).open = true;
    byId("problem-words").focus();
  });
  byId("problem-make").addEventListener("click", () => {
    fill(byId("problem-file"), saving(JSON.stringify(written(), null, 1), "lotproof-problem.json", say("problem_save")));
  });
}

/** The address without what stands behind `#`, which is the secret of whoever shows a lot by a link. */
function written() {
  const words = /** @type {HTMLTextAreaElement} */ (byId("problem-words")).value.slice(0, 4000);
  return { format: "lotproof-problem/1", at: new Date().toISOString(), page: location.href.split("#")[0], words, found };
}
