/** What is recorded: the newest first, who signed, what is hidden, since when it stands on the chain. */
import { el } from "./dom.js";
import { wordOf } from "./goods.js";
import { amounts, known, say, short, time } from "./saying.js";

const LATE = 24 * 3600 * 1000, MOST = 200;

/** @typedef {import("./summary.js").Row} Row */

/** @param {import("./summary.js").Summary} told @param {boolean} anchored whether check 7 said yes @returns {HTMLElement[]} */
export function timeline(told, anchored) {
  if (!told.count) return [el("p", {}, say("no_such_lot", { size: told.size }))];
  const newest = [...told.rows].reverse();
  const list = el("ol", { class: "timeline", reversed: "" }, ...newest.slice(0, MOST).map((row) => entry(row, anchored)));
  const more = newest.length > MOST ? [el("p", { class: "quiet" }, say("more_entries", { more: newest.length - MOST }))] : [];
  return [list, ...more];
}

/** @param {Row} row @param {boolean} anchored @returns {HTMLElement} */
function entry(row, anchored) {
  const at = row.happened ? Date.parse(row.happened) : row.recordedAt;
  const late = row.happened && row.recordedAt - at > LATE ? Math.floor((row.recordedAt - at) / LATE) : 0;
  return el("li", { value: String(row.sequence) },
    el("p", {}, el("time", { datetime: new Date(at).toJSON() ?? "" }, time(at)), " · ", el("strong", {}, stepOf(row))),
    el("p", { class: "quiet" }, row.issuer ? say("signed_by", { party: short(row.issuer) }) : say("signed_by_nobody_shown"),
      " · ", say("log_number", { index: row.index }), " · ", standing(row, anchored)),
    row.ref ? el("p", {}, say(`ref_${row.ref.rel}`, { entry: row.ref.entry ?? "?" })) : null,
    late > 0 && el("p", {}, say("late_entry", { days: late })),
    row.hidden > 0 && el("p", { class: "quiet" }, say("hidden_fields", { hidden: row.hidden })));
}

/** @param {Row} row @returns {string} */
function stepOf(row) {
  if (row.withheld) return say("step_withheld");
  if (row.kind === 3) return say("step_erasure");
  if (!row.step) return say("step_hidden");
  const decided = row.disposition && (row.step === "holding" || row.step === "inspecting") ? wordOf(row) : null;
  if (decided && known(`did_${decided}`)) return say(`did_${decided}`);
  return known(`step_${row.step}`) ? say(`step_${row.step}`) : row.step;
}

/** @param {Row} row @param {boolean} anchored @returns {string} */
function standing({ anchor }, anchored) {
  return anchor ? say(anchored ? "anchored_in" : "anchored_said", { block: anchor.block, at: time(anchor.time * 1000) }) : "";
}

/** Who signed, and how often. @param {Row[]} rows @returns {HTMLElement} */
export function signers(rows) {
  const counted = new Map();
  for (const { issuer } of rows) if (issuer) counted.set(issuer, (counted.get(issuer) ?? 0) + 1);
  return el("ul", {}, ...[...counted].map(([party, number]) =>
    el("li", {}, el("strong", {}, short(party)), " ", el("code", {}, party), ` · ${say("statements", { number })}`)));
}

/** Handoffs of which two do not say the same. @param {import("./summary.js").Summary["handoffs"]} handoffs @returns {HTMLElement[]} */
export function handoffList(handoffs) {
  return handoffs.slice(0, 32).map(({ answered, by, entry, outcome, received, sent, to }) => {
    const key = `handoff_${outcome.replace(/[^a-z]/g, "_")}`;
    const values = { entry, by: short(by), to: to ? short(to) : say("somebody"), answered: answered ?? "", sent: amounts(sent ?? ""), received: amounts(received ?? "") };
    return el("li", { "data-outcome": outcome }, say(key, values));
  });
}
