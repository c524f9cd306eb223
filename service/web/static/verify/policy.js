/**
 * The visitor's own policy: everything he trusts. Without the required names there is no policy, and an unknown name is
 * refused. A wrong one is a mistake of use, no finding about a file.
 */
import { unhex } from "./bytes.js";
import { checkKey } from "./ed25519.js";
import { unb64, unb64urlHash } from "./encoding.js";
import { Refuted } from "./errors.js";
import { checkUri, LOG, PARTY } from "./uri.js";

export const FINALIZED = "finalized", LATEST = "latest";

/** @typedef {{name: string, key: Uint8Array}} NamedKey */
/** @typedef {{origin: string, logKeys: NamedKey[], chainId: number, genesis: Uint8Array, contract: string,
 *   codeHash: Uint8Array, epoch: number, rotations: number, maxAge: number, finality: string | number, rpc: string[],
 *   sources: string[], witnesses: NamedKey[], quorum: number, maxClockSkew: number, maxAnchorDelay: number,
 *   maxNodeLag: number | null, parties: Map<string, string[]>, logParty: string | null, allowWithheld: boolean,
 *   requireFull: boolean}} Policy */

/** What is wrong with a policy, for whoever wrote it. */
export class PolicyError extends Error {}

/** @param {Map<string, unknown>} values as TOML has them; null is absent @returns {Policy} */
export function parsePolicy(values) {
  const given = new Map([...values].filter(([, value]) => value !== null));
  const missing = REQUIRED.filter((name) => !given.has(name));
  if (missing.length) throw new PolicyError(`the policy lacks: ${missing.join(", ")}`);
  const unknown = [...given.keys()].filter((name) => !Object.hasOwn(READERS, name)).sort();
  if (unknown.length) throw new PolicyError(`the policy has unknown names: ${unknown.join(", ")}`);
  const read = [...given].map(([name, value]) => [camel(name), readValue(name, value)]);
  const policy = { ...DEFAULTS, ...Object.fromEntries(read) };
  if (!policy.logKeys.length) throw new PolicyError("log_keys: expected at least one key, got none");
  if (policy.quorum > policy.witnesses.length) {
    throw new PolicyError(`quorum: expected at most ${policy.witnesses.length} (the witnesses), got ${policy.quorum}`);
  }
  return policy;
}

/** @param {string} name @returns {string} */
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

/** @param {string} name @param {unknown} value @returns {unknown} */
function readValue(name, value) {
  try {
    return READERS[name](value);
  } catch (problem) {
    if (problem instanceof Refuted || problem instanceof Wrong) throw new PolicyError(`${name}: ${problem}`);
    throw problem;
  }
}

/** A value of the wrong kind. */
class Wrong extends Error {
  /** @param {string} expected @param {unknown} got */
  constructor(expected, got) {
    super(`expected ${expected}, got ${JSON.stringify(got)}`);
  }

  /** @returns {string} */
  toString() {
    return this.message;
  }
}

/** @param {unknown} value @returns {number} */
function number(value) {
  if (!Number.isSafeInteger(value) || /** @type {number} */ (value) < 0) throw new Wrong("a whole number", value);
  return /** @type {number} */ (value);
}

/** @param {unknown} value @returns {boolean} */
function flag(value) {
  if (typeof value !== "boolean") throw new Wrong("true or false", value);
  return value;
}

/** @param {unknown} value @returns {string} */
function text(value) {
  if (typeof value !== "string") throw new Wrong("a text", value);
  return value;
}

/** @param {unknown} value @returns {unknown[]} */
function list(value) {
  if (!Array.isArray(value)) throw new Wrong("a list", value);
  return value;
}

/** @param {unknown} value @returns {Uint8Array} */
function hash(value) {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text(value))) throw new Wrong("0x and 64 hex digits", value);
  return unhex(text(value).slice(2));
}

/** @param {unknown} value @returns {string} */
function address(value) {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text(value))) throw new Wrong("0x and 40 hex digits", value);
  return text(value).toLowerCase();
}

/** @param {unknown} value @returns {NamedKey[]} */
function keys(value) {
  return list(value).map((pair) => {
    const [name, key, ...rest] = list(pair);
    if (rest.length) throw new Wrong("a name and a key", pair);
    return { name: text(name), key: checkKey(unb64(text(key))) };
  });
}

/** @param {unknown} value @returns {string[]} */
function urls(value) {
  return list(value).map(text).map((url) => {
    if (!/^https?:\/\//.test(url)) throw new Wrong("http:// or https://", url);
    return url;
  });
}

/** @param {unknown} value @returns {Map<string, string[]>} */
function parties(value) {
  if (!(value instanceof Map)) throw new Wrong("a table", value);
  return new Map([...value].map(([party, thumbprints]) => {
    const known = list(thumbprints).map(text);
    known.forEach(unb64urlHash);
    return [checkUri(PARTY, party), known];
  }));
}

/** @type {Record<string, (value: unknown) => unknown>} */
const READERS = {
  origin: (value) => (checkUri(LOG, `https://${text(value)}`), value),
  log_keys: keys,
  chain_id: number,
  genesis: hash,
  contract: address,
  code_hash: hash,
  epoch: number,
  rotations: number,
  max_age: number,
  finality: (value) => (value === FINALIZED || value === LATEST ? value : number(value)),
  rpc: urls,
  sources: urls,
  witnesses: keys,
  quorum: number,
  max_clock_skew: number,
  max_anchor_delay: number,
  max_node_lag: number,
  parties,
  log_party: (value) => checkUri(PARTY, text(value)),
  allow_withheld: flag,
  require_full: flag,
};
const REQUIRED = ["chain_id", "code_hash", "contract", "epoch", "genesis", "log_keys", "max_age", "origin", "rotations"];
const DEFAULTS = /** @type {any} */ ({
  finality: FINALIZED, rpc: [], sources: [], witnesses: [], quorum: 0, maxClockSkew: 300, maxAnchorDelay: 3600,
  maxNodeLag: null, parties: new Map(), logParty: null, allowWithheld: false, requireFull: false,
});
