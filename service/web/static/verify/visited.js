/** What has become of a lot since this browser saw it last; and, where that contradicts, the proof of it to take away. */
import { byId, el, fill } from "./dom.js";
import { forget, remember } from "./memory.js";
import { YES } from "./report.js";
import { say, time } from "./saying.js";
import { saving } from "./taking.js";

/** @typedef {import("./visit.js").Visit} Visit */

/** Shown, and kept for the next time if checks 1 to 6 are correct.
 * @param {Visit | null} visit @param {import("./report.js").Answer[]} checks @param {boolean} keeps */
export function showVisit(visit, checks, keeps) {
  const sure = checks.slice(0, 6).every((each) => each.answer === YES);
  const kept = sure && keeps && visit?.remember ? remember(visit.remember) : false;
  const place = byId("visit");
  place.hidden = !visit || (visit.state === "first" && !kept);
  if (!visit) return;
  place.dataset.visit = visit.state;
  fill(byId("visit-says"), say(`visit_${visit.state}`, { at: time(visit.at), added: visit.added }));
  fill(byId("visit-proof"), ...(visit.state === "refuted" ? proof(visit) : []));
}

/** @param {Visit} visit @returns {HTMLElement[]} */
function proof({ fork, notes }) {
  const [then, now] = notes, whole = fork && saving(JSON.stringify(fork), "fork.json", say("visit_save_fork"));
  return [el("p", {}, say(fork ? "visit_proof" : "visit_proof_weak")), ...(whole ? [whole] : []),
          saving(then, "checkpoint-seen.txt", say("visit_save_then")), saving(now, "checkpoint-now.txt", say("visit_save_now"))];
}

/** The button by which all of it is forgotten. */
export function offerForgetting() {
  byId("forget").addEventListener("click", () => {
    forget();
    byId("visit").hidden = false;
    delete byId("visit").dataset.visit;
    fill(byId("visit-says"), say("visit_forgotten"));
    fill(byId("visit-proof"));
  });
}
