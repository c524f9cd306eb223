/**
 * Try to cheat: one character of the visitor's own copy becomes another, and the check that must see it says so. A file is
 * changed as text, at one place, exactly as somebody would do it in an editor.
 */
import { unutf8, utf8 } from "./bytes.js";

/** @typedef {{file: Uint8Array, place: number, from: string, to: string}} Cheat */
/** Where in the text it is changed; null where the file has none of it. @typedef {(file: any, text: string) => number | null} Where */

/** What can be changed, and the first check that sees it; 0 for whichever it is. @type {Record<string, {check: number, where: Where}>} */
export const CHEATS = {
  said: { check: 4, where: (file, text) => within(text, statement(file)?.split("~")[1], 3) },
  signature: { check: 3, where: (file, text) => ends(text, statement(file)?.split("~")[0], 40) },
  entry: { check: 2, where: (file, text) => within(text, file.history?.[0]?.entry, 14) },
  path: { check: 5, where: (file, text) => within(text, file.history?.[0]?.path?.[0], 10) },
  checkpoint: { check: 6, where: (file, text) => ends(text, file.checkpoint?.trimEnd().split(" ").pop(), 20) },
  anchor: { check: 7, where: (_, text) => lastDigit(text) },
  any: { check: 0, where: (_, text) => Math.floor(Math.random() * text.length) },
};

/** @param {Uint8Array} file @param {string} what one of CHEATS @returns {Cheat | null} null where the file has none of it */
export function cheated(file, what) {
  const text = unutf8(file);
  const place = text === null ? null : CHEATS[what].where(parsed(text), text);
  if (text === null || place === null || place < 0) return null;
  const from = text[place], to = other(from);
  return { file: utf8(text.slice(0, place) + to + text.slice(place + 1)), place, from, to };
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** A digit becomes another digit, a letter another letter. @param {string} letter */
const other = (letter) => (/[0-9]/.test(letter) ? String((Number(letter) + 1) % 10) : letter === "A" ? "B" : "A");

/** The newest that shows something. @param {any} file @returns {string | undefined} */
function statement(file) {
  const shown = (file.history ?? []).map((/** @type {any} */ each) => each.statement);
  return shown.findLast((/** @type {any} */ each) => typeof each === "string" && each.split("~").length > 2);
}

/** @param {string} text @param {string | undefined} part @param {number} at */
const within = (text, part, at) => (typeof part === "string" && part.length > at ? found(text, part, at) : null);

/** @param {string} text @param {string | undefined} part @param {number} before its end */
const ends = (text, part, before) => (typeof part === "string" && part.length > before ? found(text, part, part.length - before) : null);

/** @param {string} text @param {string} part @param {number} at */
function found(text, part, at) {
  const start = text.indexOf(part);
  return start < 0 ? null : start + at;
}

/** Of the time of the newest anchor. @param {string} text */
function lastDigit(text) {
  const times = [...text.matchAll(/"time":\s*[0-9]+/g)], last = times[times.length - 1];
  return last ? last.index + last[0].length - 1 : null;
}
