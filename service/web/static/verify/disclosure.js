/**
 * What a statement discloses: its lots and the properties of its EPCIS event (check 4). A disclosure is hashed as the
 * text that was sent; no JSON is ever written again in order to be hashed.
 *
 *     lots [salt, lot URI] · _sd [salt, name, value] · in a list [salt, value]
 */
import { utf8 } from "./bytes.js";
import { array, b64url, members, string, unb64url } from "./encoding.js";
import { ascii, Refuted } from "./errors.js";
import { loadJson } from "./json.js";
import { sha256 } from "./sha256.js";
import { MAX_DISCLOSURES } from "./statement.js";
import { checkUri, LOT } from "./uri.js";

const LISTS = new Set([
  "epcList", "quantityList", "childEPCs", "childQuantityList", "inputEPCList", "inputQuantityList", "outputEPCList",
  "outputQuantityList", "bizTransactionList", "sourceList", "destinationList", "sensorElementList",
]);
const RESERVED = new Set([
  "iss", "jti", "iat", "aud", "vct", "lots", "ref", "_sd_alg", "_sd", "...", "sub", "exp", "nbf", "cnf", "status",
]);
const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const SALT = /^[A-Za-z0-9_-]{21}[AQgw]$/;

/** @typedef {{shown: unknown[], whole: boolean, digests: string[]}} Members */
/** @typedef {{lots: string[], properties: Map<string, unknown>, lists: Map<string, Members>, hidden: Set<string>}} Disclosed */
/** @typedef {import("./statement.js").Statement} Statement */

/** What the disclosures show of the statement; `lot` must be among the lots shown.
 * @param {Statement} statement @param {string[]} disclosures @param {string} lot @returns {Disclosed} */
export function disclose(statement, disclosures, lot) {
  const opening = new Opening(disclosures);
  const lots = lotsOf(statement, opening, lot);
  const [properties, lists] = eventOf(statement, opening);
  opening.close();
  const id = `urn:uuid:${statement.id}`;
  if (properties.has("eventID") && properties.get("eventID") !== id) {
    throw new Refuted("eventID", id, properties.get("eventID"));
  }
  return { lots, properties, lists, hidden: opening.hidden };
}

/** The disclosures not yet matched with a digest, and the salts and digests already met. */
class Opening {
  /** @param {string[]} disclosures */
  constructor(disclosures) {
    this.waiting = new Map(disclosures.map((text) => [b64url(sha256(utf8(text))), text]));
    if (this.waiting.size !== disclosures.length) throw new Refuted("disclosures", "each once", "one sent twice");
    /** @type {Set<string>} */
    this.salts = new Set();
    /** @type {Set<string>} */
    this.met = new Set();
    /** @type {Set<string>} */
    this.hidden = new Set();
  }

  /** Take note of digests: spelled canonically, and each once in the whole statement. @param {unknown[]} digests */
  meet(digests) {
    for (const digest of digests) {
      if (typeof digest !== "string" || !DIGEST.test(digest)) {
        throw new Refuted("digest", "43 characters of base64url", digest);
      }
      if (this.met.has(digest)) throw new Refuted("digest", "each once", digest);
      this.met.add(digest);
    }
  }

  /** The disclosure of `digest` without its salt; null if it is hidden. @param {string} digest @param {number} length */
  open(digest, length) {
    const text = this.waiting.get(digest);
    if (text === undefined) return null;
    this.waiting.delete(digest);
    const value = loadJson(unb64url(text));
    if (!Array.isArray(value) || value.length !== length) {
      throw new Refuted("disclosure", `an array of ${length}`, ascii(text.slice(0, 60)));
    }
    const salt = value[0];
    if (typeof salt !== "string" || !SALT.test(salt)) throw new Refuted("salt", "16 bytes in base64url", salt);
    if (this.salts.has(salt)) throw new Refuted("salt", "each once", salt);
    this.salts.add(salt);
    return value.slice(1);
  }

  close() {
    const [left] = this.waiting.values();
    if (left !== undefined) throw new Refuted("disclosure that matches no digest", "none", ascii(left.slice(0, 60)));
  }
}

/** @param {Statement} statement @param {Opening} opening @param {string} lot @returns {string[]} */
function lotsOf(statement, opening, lot) {
  const digests = placeholders(statement.payload.get("lots"), "lots");
  opening.meet(digests);
  const shown = [];
  for (const digest of digests) {
    const opened = opening.open(digest, 2);
    if (opened) shown.push(checkUri(LOT, string(opened[0], "lot")));
  }
  if (new Set(shown).size !== shown.length) throw new Refuted("lots", "each once", shown);
  if (!shown.includes(lot)) throw new Refuted("lots: the statement does not name this lot", lot, shown);
  return shown;
}

/** @param {Statement} statement @param {Opening} opening @returns {[Map<string, unknown>, Map<string, Members>]} */
function eventOf(statement, opening) {
  const properties = new Map(), lists = new Map();
  for (const digest of sortedDigests(statement, opening)) {
    const opened = opening.open(digest, 3);
    if (opened === null) {
      opening.hidden.add(digest);
      continue;
    }
    const [name, value] = opened;
    if (typeof name !== "string" || RESERVED.has(name)) throw new Refuted("property", "a name of the event", name);
    if (properties.has(name) || lists.has(name)) throw new Refuted(`property ${name}`, "once", "twice");
    if (LISTS.has(name)) lists.set(name, membersOf(value, name, opening));
    else properties.set(name, plainValue(value));
  }
  return [properties, lists];
}

/** @param {Statement} statement @param {Opening} opening @returns {string[]} */
function sortedDigests({ payload }, opening) {
  if (payload.get("_sd_alg") !== "sha-256") throw new Refuted("_sd_alg", "sha-256", payload.get("_sd_alg"));
  const digests = /** @type {string[]} */ (array(payload.get("_sd"), "_sd", MAX_DISCLOSURES));
  opening.meet(digests);
  if (digests.some((digest, at) => at && digests[at - 1] > digest)) throw new Refuted("_sd", "sorted digests", "others");
  return digests;
}

/** @param {unknown} value @param {string} name @param {Opening} opening @returns {Members} */
function membersOf(value, name, opening) {
  const digests = placeholders(value, name);
  opening.meet(digests);
  const shown = [];
  for (const digest of digests) {
    const opened = opening.open(digest, 2);
    if (opened === null) opening.hidden.add(digest);
    else shown.push(plainValue(opened[0]));
  }
  return { shown, whole: shown.length === digests.length, digests };
}

/** @param {unknown} value @param {string} what @returns {string[]} */
function placeholders(value, what) {
  return array(value, what, MAX_DISCLOSURES).map((item) => /** @type {string} */ (members(item, what, ["..."]).get("...")));
}

/** `value`, if no digests nest in it. @param {unknown} value @returns {unknown} */
function plainValue(value) {
  const waiting = [value];
  while (waiting.length) {
    const here = waiting.pop();
    if (here instanceof Map) {
      if (here.has("_sd") || here.has("...")) {
        throw new Refuted("disclosure", "no digests inside a value", [...here.keys()].sort().slice(0, 8));
      }
      waiting.push(...here.values());
    } else if (Array.isArray(here)) waiting.push(...here);
  }
  return value;
}
