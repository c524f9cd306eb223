/**
 * How scanners spell what cannot be typed. A wedge types a code as if it were a keyboard, so the separator of GS1 codes
 * (GS, 0x1D) arrives in one of several ways; all of them are taken.
 */

export const GS = "\x1d";

/** In text. Some are ordinary signs, so only whole spellings count. */
const SPELLED = ["<GS>", "{GS}", "\u241d", "\\x1d", "\\u001d", "^]", "[GS]"];
/** The names by which the doctor's page knows them. @typedef {"raw" | "F8" | "Ctrl+]" | "Alt+029" | "text"} Form */

const SYMBOLOGY = /^\][A-Za-z][0-9A-Za-z]/;

/** @param {string} text @param {string} [prefix] what this device's scanner sends in front of everything @returns {string} */
export function spelled(text, prefix = "") {
  const rest = prefix && text.startsWith(prefix) ? text.slice(prefix.length) : text;
  return SPELLED.reduce((said, each) => said.replaceAll(each, GS), rest).replace(/[\r\n\t]+$/, "");
}

/** Whether GS is there in words. @param {string} text */
export const saysGs = (text) => SPELLED.some((each) => text.includes(each));

/** As the service takes it: the bytes, and the symbology identifier where the scanner sends one. @param {string} text */
export function sending(text) {
  const symbology = SYMBOLOGY.exec(text)?.[0];
  const bytes = new TextEncoder().encode(symbology ? text.slice(3) : text);
  const raw = btoa(String.fromCharCode(...bytes));
  return symbology ? { raw, symbology } : { raw };
}

/** For people: what nobody sees becomes visible. @param {string} text */
export const visible = (text) => text.replaceAll(GS, "<GS>").replace(/[^\x20-\x7e\u00a0-\uffff]/g, "\ufffd");
