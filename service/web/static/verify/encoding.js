/**
 * Strict text encodings and shapes of JSON values: one spelling of each value is legal, everything else is Refuted.
 * Browsers' `atob` takes white space and unused bits; so base64 is read here, letter by letter.
 */
import { Refuted, typeName } from "./errors.js";

export const MAX_INTEGER = Number.MAX_SAFE_INTEGER;

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = STANDARD.replace("+/", "-_");
const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** @param {string} letters @returns {Int8Array} */
function valuesOf(letters) {
  const values = new Int8Array(128).fill(-1);
  for (let value = 0; value < 64; value++) values[letters.charCodeAt(value)] = value;
  return values;
}
const OF_STANDARD = valuesOf(STANDARD);
const OF_URL_SAFE = valuesOf(URL_SAFE);

/** The bytes of unpadded letters; null if a letter is none or an unused bit is set.
 * @param {string} text @param {number} length how many letters @param {Int8Array} values @returns {Uint8Array | null} */
function unletters(text, length, values) {
  if (length % 4 === 1) return null;
  const bytes = new Uint8Array((length * 3) >> 2);
  let bits = 0, held = 0, at = 0;
  for (let place = 0; place < length; place++) {
    const code = text.charCodeAt(place);
    const value = code < 128 ? values[code] : -1;
    if (value < 0) return null;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) bytes[at++] = (held >> (bits -= 8)) & 255;
  }
  return held & ((1 << bits) - 1) ? null : bytes;
}

/** @param {Uint8Array} raw @param {string} letters @returns {string} */
function toLetters(raw, letters) {
  let text = "";
  for (let at = 0; at < raw.length; at += 3) {
    const group = (raw[at] << 16) | ((raw[at + 1] ?? 0) << 8) | (raw[at + 2] ?? 0);
    for (let k = 0; k < Math.min(4, raw.length - at + 1); k++) text += letters[(group >> (18 - 6 * k)) & 63];
  }
  return text;
}

/** Standard base64 with padding. @param {Uint8Array} raw @returns {string} */
export function b64(raw) {
  const text = toLetters(raw, STANDARD);
  return text + "=".repeat(-text.length & 3);
}

/** The bytes of padded standard base64. @param {string} text @returns {Uint8Array} */
export function unb64(text) {
  const letters = text.endsWith("==") ? text.length - 2 : text.endsWith("=") ? text.length - 1 : text.length;
  const raw = text.length % 4 ? null : unletters(text, letters, OF_STANDARD);
  if (raw === null) throw new Refuted("base64", "standard base64 with padding", text);
  return raw;
}

/** @param {unknown} text @returns {Uint8Array} 32 bytes */
export function unb64Hash(text) {
  if (typeof text !== "string") throw new Refuted("hash", "base64 text", typeName(text));
  const raw = unb64(text);
  if (raw.length !== 32) throw new Refuted("hash", "32 bytes", `${raw.length} bytes`);
  return raw;
}

/** base64url without padding, as in JOSE. @param {Uint8Array} raw @returns {string} */
export function b64url(raw) {
  return toLetters(raw, URL_SAFE);
}

/** @param {string} text @returns {Uint8Array} */
export function unb64url(text) {
  const raw = unletters(text, text.length, OF_URL_SAFE);
  if (raw === null) throw new Refuted("base64url", "base64url without padding", text);
  return raw;
}

/** @param {unknown} text @returns {Uint8Array} 32 bytes */
export function unb64urlHash(text) {
  if (typeof text !== "string" || text.length !== 43) throw new Refuted("digest", "43 characters of base64url", text);
  return unb64url(text);
}

/** A whole number 0 to 2^53-1 in its shortest decimal spelling. @param {string} text @returns {number} */
export function parseDecimal(text) {
  if (!DECIMAL.test(text) || BigInt(text) > BigInt(MAX_INTEGER)) {
    throw new Refuted("number", "0 to 2^53-1 in decimal without leading zeros", text);
  }
  return Number(text);
}

/** The JSON reader makes a Number of whole numbers 0 to 2^53-1 only. @param {unknown} value @returns {number} */
export function integer(value, what = "integer") {
  if (typeof value !== "number") throw new Refuted(what, "an integer 0 to 2^53-1", value);
  return value;
}

/** @param {unknown} value @param {string} what @returns {string} */
export function string(value, what, limit = 65536) {
  if (typeof value !== "string" || value.length > limit) {
    throw new Refuted(what, `a text of at most ${limit} characters`, typeName(value));
  }
  return value;
}

/** @param {unknown} value @param {string} what @param {number} limit @returns {unknown[]} */
export function array(value, what, limit) {
  if (!Array.isArray(value)) throw new Refuted(what, "a list", typeName(value));
  if (value.length > limit) throw new Refuted(what, `at most ${limit} members`, value.length);
  return value;
}

/** `value` as an object that has every required member and no unknown one.
 * @param {unknown} value @param {string} what @param {string[]} required sorted @param {string[]} [optional]
 * @returns {Map<string, unknown>} */
export function members(value, what, required, optional = []) {
  if (!(value instanceof Map)) throw new Refuted(what, "an object", typeName(value));
  const names = [...value.keys()];
  const missing = required.some((name) => !value.has(name));
  if (missing || names.some((name) => !required.includes(name) && !optional.includes(name))) {
    throw new Refuted(`members of ${what}`, required, names.sort().slice(0, 32));
  }
  return value;
}

