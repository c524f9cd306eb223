/**
 * Names of lots, parties and logs, and the subjects that stand for them in the log. One spelling is legal: a segment is
 * NFC UTF-8 of 1 to 64 bytes without controls, never `.` or `..`; exactly the bytes outside A-Za-z0-9-._~ are
 * percent-encoded, with upper-case hex.
 */
import { unutf8, utf8 } from "./bytes.js";
import { ascii, Refuted } from "./errors.js";
import { sha256 } from "./sha256.js";

export const LOT = "lot", PARTY = "party", LOG = "log";
const GS1_HOST = "id.gs1.org";
const MAX_URI = 1024, MAX_SEGMENT = 64;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const SET_82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
const ENCODED = /%[0-9A-F]{2}/g;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** What stands in the log for what `uri` names; the URI is not checked.
 * @param {string} type @param {string} origin @param {string} uri @returns {Uint8Array} */
export const subject = (type, origin, uri) => sha256(utf8(`lotproof/${type}/v1\0${origin}\0${uri}`));

/** `uri`, if it is the one legal spelling of a lot, party or log. @param {string} type @param {string} uri */
export function checkUri(type, uri) {
  if (uri.length > MAX_URI || !uri.startsWith("https://")) {
    throw new Refuted("URI", `https:// and at most ${MAX_URI} characters`, uri);
  }
  const [host, ...spelled] = uri.slice("https://".length).split("/");
  if (host.length > 253 || !host.split(".").every((label) => LABEL.test(label))) {
    throw new Refuted("URI host", "a lower-case host name without port", host);
  }
  if (!SHAPES[type](host, spelled.map(segment))) throw new Refuted(`${type} URI`, `a URI that names a ${type}`, uri);
  return uri;
}

/** The text of one segment. @param {string} spelled @returns {string} */
function segment(spelled) {
  const text = unquoted(spelled);
  if (text === null) throw new Refuted("URI segment", "UTF-8", spelled);
  const length = utf8(text).length;
  if (length < 1 || length > MAX_SEGMENT || text === "." || text === "..") {
    throw new Refuted("URI segment", `1 to ${MAX_SEGMENT} bytes, not . or ..`, text);
  }
  if (text.normalize("NFC") !== text) throw new Refuted("URI segment", "Unicode normal form C", ascii(text));
  if (CONTROL.test(text)) throw new Refuted("URI segment", "no control characters", ascii(text));
  if (quoted(text) !== spelled) throw new Refuted("URI segment", quoted(text), spelled);
  return text;
}

/** @param {string} spelled @returns {string | null} */
function unquoted(spelled) {
  const bytes = [];
  for (const part of spelled.split(/(%[0-9a-fA-F]{2})/)) {
    if (/^%[0-9a-fA-F]{2}$/.test(part)) bytes.push(Number.parseInt(part.slice(1), 16));
    else bytes.push(...utf8(part));
  }
  return spelled.isWellFormed() ? unutf8(Uint8Array.from(bytes)) : null;
}

/** @param {string} text @returns {string} */
export function quoted(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
}

/** A segment of a legal URI, for people. @param {string} spelled @returns {string} */
export const plain = (spelled) => (ENCODED.test(spelled) ? unquoted(spelled) ?? spelled : spelled);

/** @param {string} gtin */
function checkGtin(gtin) {
  if (!/^[0-9]{14}$/.test(gtin)) throw new Refuted("GTIN", "14 digits", gtin);
  let total = 0;
  for (let place = 0; place < 13; place++) total += Number(gtin[place]) * (place % 2 ? 1 : 3);
  const check = (10 - (total % 10)) % 10;
  if (Number(gtin[13]) !== check) throw new Refuted("GTIN check digit", check, gtin[13]);
}

/** @param {string} host @param {string[]} segments @returns {boolean} */
function isLot(host, segments) {
  if (segments.length === 4 && segments[0] === "lot") return true;
  if (host !== GS1_HOST || segments.length !== 4 || segments[0] !== "01" || segments[2] !== "10") return false;
  checkGtin(segments[1]);
  return SET_82.test(segments[3]);
}

/** @param {string} host @param {string[]} segments @returns {boolean} */
function isParty(host, segments) {
  if (segments.length !== 2) return false;
  return segments[0] === "party" || (host === GS1_HOST && segments[0] === "417" && /^[0-9]{13}$/.test(segments[1]));
}

/** @type {Record<string, (host: string, segments: string[]) => boolean>} */
const SHAPES = { [LOT]: isLot, [PARTY]: isParty, [LOG]: (_, segments) => segments.length <= 8 };
