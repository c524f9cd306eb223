/**
 * What a party says: the signed part of an SD-JWT (RFC 9901), without its disclosures.
 *
 *     <header>.<payload>.<signature>~<disclosure>~...~<disclosure>~
 *
 * The header is exactly alg = EdDSA, kid, typ. Reading is not believing: nothing here checks a signature.
 */
import { utf8 } from "./bytes.js";
import { checkKey } from "./ed25519.js";
import { array, b64url, integer, members, string, unb64url, unb64urlHash } from "./encoding.js";
import { ERASURE, MOVEMENT, NOTICE, PARTY_KEY } from "./entry.js";
import { ascii, Refuted } from "./errors.js";
import { statementHash } from "./hashing.js";
import { loadJson } from "./json.js";
import { sha256 } from "./sha256.js";
import { checkUri, PARTY } from "./uri.js";

export const MAX_DISCLOSURES = 1024;
export const ACCEPTS = "accepts", REFUSES = "refuses", CORRECTS = "corrects", ERASES = "erases";
const MAX_TOKEN = 64 * 1024, MAX_KEYS = 16;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
// eslint-disable-next-line no-control-regex
const ASCII = /^[\u0000-\u007f]*$/;
const SAID = ["_sd", "_sd_alg", "aud", "iat", "iss", "jti", "lots", "vct"];
const KEYS = ["aud", "iat", "iss", "jti", "keys", "prev", "recovery", "seq", "vct"];
/** @type {Record<number, {typ: string, vct: string}>} */
const TYPES = {
  [MOVEMENT]: { typ: "movement+sd-jwt", vct: "urn:lotproof:movement:1" },
  [PARTY_KEY]: { typ: "key+sd-jwt", vct: "urn:lotproof:key:1" },
  [ERASURE]: { typ: "erasure+sd-jwt", vct: "urn:lotproof:erasure:1" },
  [NOTICE]: { typ: "notice+sd-jwt", vct: "urn:lotproof:notice:1" },
};

/** @typedef {{jwt: string, disclosures: string[]}} SdJwt */
/** @typedef {{rel: string, statement: Uint8Array, digests: string[]}} Ref */
/** @typedef {{kind: number, hash: Uint8Array, key: string, issuer: string, id: string, issuedAt: number, ref: Ref | null,
 *   payload: Map<string, unknown>, signed: Uint8Array, signature: Uint8Array}} Statement */
/** @typedef {{sequence: number, previous: Uint8Array, keys: Map<string, Uint8Array>, recovery: string | null}} KeySet */

/** The parts of an SD-JWT without key binding, within the limits (check 1). @param {string} sdjwt @returns {SdJwt} */
export function split(sdjwt) {
  const parts = sdjwt.split("~");
  if (parts.length < 2 || parts[parts.length - 1]) {
    throw new Refuted("SD-JWT", "a JWT and disclosures, each followed by ~", ascii(sdjwt.slice(-40)));
  }
  if (parts.length - 2 > MAX_DISCLOSURES) {
    throw new Refuted("SD-JWT", `at most ${MAX_DISCLOSURES} disclosures`, parts.length - 2);
  }
  if (parts.some((part) => part.length > MAX_TOKEN) || !ASCII.test(sdjwt)) {
    throw new Refuted("SD-JWT", `ASCII parts of at most ${MAX_TOKEN} characters`, "other parts");
  }
  return { jwt: parts[0], disclosures: parts.slice(1, -1) };
}

/** The statement in `jwt`, of this kind and made for this log (check 3); signature, lots and digests are left alone.
 * @param {string} jwt @param {number} kind @param {string} origin @returns {Statement} */
export function read(jwt, kind, origin) {
  const [header, spelled, ...rest] = jwt.split(".");
  if (!rest.length) throw new Refuted("JWT", "three parts", jwt.split(".").length);
  const payload = loadJson(unb64url(spelled));
  checkPayload(payload, kind, origin);
  const said = /** @type {Map<string, any>} */ (payload);
  return {
    kind,
    hash: statementHash(jwt),
    key: keyOfHeader(header, TYPES[kind].typ),
    issuer: said.get("iss"),
    id: said.get("jti"),
    issuedAt: said.get("iat"),
    ref: refOf(said, kind),
    payload: said,
    signed: utf8(`${header}.${spelled}`),
    signature: unb64url(rest.join(".")),
  };
}

/** The keys that a key statement sets. @param {Statement} statement @param {SdJwt} parts @returns {KeySet} */
export function keySet({ payload }, parts) {
  if (parts.disclosures.length) throw new Refuted("key statement", "no disclosures", parts.disclosures.length);
  const listed = array(payload.get("keys"), "keys", MAX_KEYS).map(jwk);
  const names = listed.map(([name]) => name);
  if (names.some((name, at) => at && names[at - 1] >= name)) {
    throw new Refuted("keys", "each once, sorted by thumbprint", names);
  }
  const recovery = /** @type {string | null} */ (payload.get("recovery"));
  if (recovery !== null) unb64urlHash(recovery);
  const previous = unb64urlHash(payload.get("prev"));
  return { sequence: integer(payload.get("seq"), "seq"), previous, keys: new Map(listed), recovery };
}

/** RFC 7638 thumbprint of an Ed25519 key. @param {Uint8Array} key @returns {string} */
export function thumbprint(key) {
  return b64url(sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${b64url(key)}"}`)));
}

/** @param {string} spelled @param {string} typ @returns {string} */
function keyOfHeader(spelled, typ) {
  const header = members(loadJson(unb64url(spelled)), "header", ["alg", "kid", "typ"]);
  if (header.get("alg") !== "EdDSA") throw new Refuted("alg", "EdDSA", header.get("alg"));
  if (header.get("typ") !== typ) throw new Refuted("typ", typ, header.get("typ"));
  unb64urlHash(header.get("kid"));
  return string(header.get("kid"), "kid");
}

/** @param {unknown} value @param {number} kind @param {string} origin */
function checkPayload(value, kind, origin) {
  const payload = kind === PARTY_KEY ? members(value, "payload", KEYS) : members(value, "payload", SAID, ["ref"]);
  const { vct } = TYPES[kind];
  if (payload.get("vct") !== vct) throw new Refuted("vct", vct, payload.get("vct"));
  if (payload.get("aud") !== origin) throw new Refuted("aud: made for another log", origin, payload.get("aud"));
  const id = string(payload.get("jti"), "jti");
  if (!UUID.test(id)) throw new Refuted("jti", "a lower-case UUID", id);
  integer(payload.get("iat"), "iat");
  checkUri(PARTY, string(payload.get("iss"), "iss"));
}

/** @param {Map<string, unknown>} payload @param {number} kind @returns {Ref | null} */
function refOf(payload, kind) {
  const erases = kind === ERASURE;
  if (!payload.has("ref")) {
    if (erases) throw new Refuted("erasure notice", "a ref that names what went", "none");
    return null;
  }
  if (kind === NOTICE) throw new Refuted("notice", "no ref", "one");
  const names = erases ? ["digests", "rel", "statement"] : ["rel", "statement"];
  const ref = members(payload.get("ref"), "ref", names);
  const allowed = erases ? [ERASES] : [ACCEPTS, REFUSES, CORRECTS];
  const rel = /** @type {string} */ (ref.get("rel"));
  if (!allowed.includes(rel)) throw new Refuted("rel", allowed.join(" or "), rel);
  const statement = unb64urlHash(ref.get("statement"));
  return { rel, statement, digests: erases ? erasedDigests(ref.get("digests")) : [] };
}

/** @param {unknown} value @returns {string[]} */
function erasedDigests(value) {
  const digests = /** @type {string[]} */ (array(value, "erased digests", MAX_DISCLOSURES));
  digests.forEach(unb64urlHash);
  if (!digests.length || new Set(digests).size !== digests.length) {
    throw new Refuted("erased digests", "at least one, each once", digests.length);
  }
  return digests;
}

/** @param {unknown} value @returns {[string, Uint8Array]} */
function jwk(value) {
  const key = members(value, "key", ["crv", "kty", "x"]);
  if (key.get("crv") !== "Ed25519" || key.get("kty") !== "OKP") {
    throw new Refuted("key", "crv Ed25519 and kty OKP", [key.get("crv"), key.get("kty")]);
  }
  const raw = checkKey(unb64url(string(key.get("x"), "x")));
  return [thumbprint(raw), raw];
}
