/**
 * The eight lines of the record. After the first that is refuted no later one says yes: what rests on a file that does
 * not match is worth nothing, so its yes is withheld. Could-not-check is a third thing, never shown as a failure.
 */
import { byId, el, fill } from "./dom.js";
import { REFUTED, UNKNOWN, YES } from "./report.js";
import { known, say } from "./saying.js";

const SIGNS = { [YES]: "yes", [REFUTED]: "refuted", [UNKNOWN]: "unknown" };

/** @typedef {import("./report.js").Answer} Answer */

/** All lines back to the beginning. @param {string} state waiting or open */
export function reset(state) {
  for (let check = 1; check <= 8; check++) line(check, state, say(`state_${state}`));
  fill(byId("sentence"), say(state === "waiting" ? "checking" : "not_checked"));
  byId("sentence").dataset.state = state;
}

/** @param {Answer} answer @param {number | null} broken the first check that was refuted before @param {string[]} nodes */
export function show(answer, broken, nodes) {
  const withheld = broken !== null && answer.answer === YES;
  const state = withheld ? "unknown" : SIGNS[/** @type {keyof typeof SIGNS} */ (answer.answer)];
  const place = line(answer.check, state, withheld ? say("withheld_by", { check: broken }) : verdict(answer));
  fill(/** @type {HTMLElement} */ (place.querySelector(".why")), ...(withheld ? [] : reasons(answer)),
    el("p", { class: "who" }, who(answer.check, nodes)));
}

/** @param {number} check @param {string} state @param {string} words @returns {HTMLElement} */
function line(check, state, words) {
  const place = byId(`check-${check}`);
  place.dataset.state = state;
  fill(/** @type {HTMLElement} */ (place.querySelector(".verdict")), words);
  fill(/** @type {HTMLElement} */ (place.querySelector(".why")));
  return place;
}

/** @param {Answer} answer @returns {string} */
function verdict(answer) {
  if (answer.late) return say("verdict_late");
  return say({ [YES]: "verdict_yes", [REFUTED]: "verdict_refuted", [UNKNOWN]: "verdict_unknown" }[answer.answer] ?? "");
}

/** @param {Answer} answer @returns {HTMLElement[]} */
function reasons(answer) {
  const refuted = answer.refuted.map(({ what, expected, seen }) =>
    el("dl", { class: "reason", lang: "en" }, el("dt", {}, what), el("dd", {},
      ...(expected === null && seen === null ? [] : [`expected ${expected ?? "nothing"}`, el("br"), `seen ${seen ?? "nothing"}`]))));
  const open = answer.could_not_check.map(({ what, why }) => el("p", { class: "reason", lang: "en" }, `${what}: ${why}`));
  const remarks = answer.remarks.map((remark) => known(remark) ? el("p", { class: "who" }, say(remark)) : el("p", { class: "remark", lang: "en" }, remark));
  return [...refuted, ...open, ...remarks];
}

/** Who says so. @param {number} check @param {string[]} nodes @returns {string} */
function who(check, nodes) {
  if (check < 7) return say("by_device");
  const operators = new Set(nodes.map((node) => node.replace(/^\w+:\/\//, "").replace(/:\d+$/, "")));
  if (!operators.size) return say("by_nobody");
  const named = nodes.join(", ");
  return operators.size > 1 ? say("by_nodes", { nodes: named }) : say("by_one_node", { nodes: named });
}

/** The sentence above the lines. @param {Answer[]} answers @param {number} anchored seconds @param {(ms: number) => string} time */
export function conclude(answers, anchored, time) {
  const place = byId("sentence");
  const first = answers.find((answer) => answer.answer === REFUTED);
  const open = answers.filter((answer) => answer.answer === UNKNOWN);
  if (first) {
    place.dataset.state = "refuted";
    fill(place, say("all_refuted", { check: first.check }));
  } else if (open.length) {
    place.dataset.state = "unknown";
    const why = open[0].could_not_check[0];
    const numbers = open.map((answer) => answer.check).join(", ");
    fill(place, say("all_open", { correct: 8 - open.length, open: open.length, numbers }), " ",
      el("span", { lang: "en" }, `${why.what}: ${why.why}`));
  } else {
    place.dataset.state = "yes";
    fill(place, say("all_yes", { until: time(anchored * 1000) }), answers.some((answer) => answer.late) ? " " + say("all_late") : "");
  }
}
