/**
 * The goods: what quality people decided, by their newest signed statement that is shown. Another answer than that of
 * the record, in other shapes, colours and words. Where the record does not match, nothing is said of the goods.
 */
import { el } from "./dom.js";
import { MOVEMENT } from "./entry.js";
import { say, short, time } from "./saying.js";

/** @typedef {import("./summary.js").Row} Row */

/** Which word a statement has for the goods; null where it has none or does not show it. @param {Row} row */
export function wordOf(row) {
  if (!row.signed) return null;
  if (row.quality === "recalled" || row.set.includes("recalled") || row.disposition === "recalled") return "recalled";
  if (row.quality === "quarantined" || row.unset.includes("recalled")) return "hold";
  if (row.set.includes("conformant")) return "released";
  if (row.step === "destroying") return "destroyed";
  return row.step === "holding" ? "stopped" : null;
}

/** The newest decision that is shown. A recall stands until its end is shown, whatever else is decided; so does a stop of
 * which we do not see the kind, where another company released later; and what may be a decision that is not shown
 * makes an older one unknown.
 * @param {Row[]} rows @returns {{word: string, row: Row | null}} */
export function stateOf(rows) {
  const recall = rows.findLastIndex((row) => wordOf(row) === "recalled");
  const lifted = rows.slice(recall + 1).some((row) => row.unset.includes("recalled"));
  if (recall >= 0 && !lifted) return { word: "recalled", row: rows[recall] };
  for (const row of [...rows].reverse()) {
    const word = wordOf(row);
    if (word) return (word === "released" && stoppedByAnother(rows, row)) || { word, row };
    if (hides(row)) return { word: "hidden", row: null };
  }
  return { word: "none", row: null };
}

/** @param {Row[]} rows @param {Row} released @returns {{word: string, row: Row} | null} */
function stoppedByAnother(rows, released) {
  const stop = rows.findLast((row) => wordOf(row) === "stopped" && row.issuer !== released.issuer);
  return stop ? { word: "stopped", row: stop } : null;
}

/** Whether it may be a decision that is not shown; an erasure is none. @param {Row} row @returns {boolean} */
function hides(row) {
  if (row.withheld || !row.signed) return true;
  return row.kind === MOVEMENT && (row.step === null || (row.step === "inspecting" && row.disposition === null));
}

/** @param {Row[]} rows @param {boolean} stands whether no check was refuted @param {number} now @returns {HTMLElement[]} */
export function goods(rows, stands, now) {
  if (!stands) return [badge("unclear", say("goods_unclear")), el("p", {}, say("goods_rests"))];
  const { word, row } = stateOf(rows);
  const shown = [badge(word, say(`goods_${word}`))];
  if (row) {
    const at = row.happened ? time(Date.parse(row.happened)) : time(row.recordedAt);
    shown.push(el("p", {}, say("goods_according", { number: row.sequence, party: short(row.issuer ?? ""), at })));
  }
  shown.push(el("p", { class: "quiet" }, say(`goods_${word}_means`)), ...expiry(rows, now));
  return shown;
}

/** China and the standard agree: the expiry date is the last day of use. @param {Row[]} rows @param {number} now */
function expiry(rows, now) {
  const date = rows.reduce((known, row) => row.expiry ?? known, /** @type {string | null} */ (null));
  if (!date) return [];
  const left = Math.floor((Date.parse(date) + 86_400_000 - now) / 86_400_000);
  const over = now >= Date.parse(date) + 86_400_000;
  return [over ? badge("expired", say("goods_expired", { date })) : el("p", {}, say("goods_expires", { date, days: left }))];
}

/** @param {string} shape @param {string} words @returns {HTMLElement} */
const badge = (shape, words) => el("p", { class: "goods", "data-goods": shape }, words);
