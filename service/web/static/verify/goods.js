/**
 * The goods: what quality people decided, by their newest signed statement that is shown. Another answer than that of
 * the record, in other shapes, colours and words. Where the record does not match, nothing is said of the goods.
 */
import { el } from "./dom.js";
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

/** Every statement about the state of the goods of which we do not see what it says counts against the one before it:
 * an inspection that is not shown may have been a release or the end of a recall.
 * @param {Row[]} rows @returns {{word: string, row: Row | null}} */
export function stateOf(rows) {
  for (const row of [...rows].reverse()) {
    const word = wordOf(row);
    if (word) return { word, row };
    if (row.withheld || !row.signed || (row.step === "inspecting" && row.disposition === null)) return { word: "hidden", row: null };
  }
  return { word: "none", row: null };
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
