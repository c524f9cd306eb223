/**
 * Which keys a party had when: its key statements, complete and unbroken under the checkpoint. A key is valid for an
 * entry at index i if it is in the newest key statement with an index below i. That the *first* key is the party's own
 * cannot follow from any file: it stands in the policy.
 */
import { equal } from "./bytes.js";
import { verifySignature } from "./ed25519.js";
import { PARTY_KEY } from "./entry.js";
import { Refuted, Unavailable } from "./errors.js";
import { ZERO } from "./hashing.js";
import { checkHead, checkInclusion, checkSequence } from "./history.js";
import { keySet, read } from "./statement.js";
import { PARTY, subject } from "./uri.js";

/** @typedef {import("./statement.js").Statement} Statement */
/** @typedef {import("./statement.js").KeySet} KeySet */
/** @typedef {import("./bundle.js").Item} Item */

/** The checked key chain of one party. */
export class PartyKeys {
  /** @param {number[]} indexes @param {KeySet[]} sets @param {Statement[]} statements */
  constructor(indexes, sets, statements) {
    this.indexes = indexes;
    this.sets = sets;
    this.statements = statements;
  }

  get firstKey() {
    return this.statements[0].key;
  }

  /** The public key with this thumbprint, valid for an entry at `index`. @param {number} index @param {string} key */
  at(index, key) {
    let low = 0, high = this.indexes.length; // the indexes rise
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.indexes[middle] < index) low = middle + 1;
      else high = middle;
    }
    const found = low ? this.sets[low - 1].keys.get(key) : undefined;
    if (!found) throw new Refuted(`key valid at index ${index}`, "a key of the newest key statement before it", key);
    return found;
  }
}

/** The keys of a party by its chain; throws Refuted if it is broken, Unavailable if part of it is withheld.
 * @param {string} party @param {import("./bundle.js").KeyChain} chain @param {import("./note.js").Checkpoint} checkpoint
 * @param {string} origin @returns {Promise<PartyKeys>} */
export async function partyKeys(party, chain, checkpoint, origin) {
  const name = subject(PARTY, origin, party);
  checkSequence(chain.history, name, [PARTY_KEY]);
  checkInclusion(chain.history, checkpoint);
  checkHead(chain.history, chain.head, name, checkpoint);
  /** @type {Statement[]} */
  const statements = [];
  /** @type {KeySet[]} */
  const sets = [];
  for (const item of chain.history) {
    const [statement, keys] = readKeys(item, party, origin);
    checkOrder(item, keys, statements.at(-1)?.hash ?? ZERO);
    await verifySignature(signerOf(statement, keys, sets.at(-1) ?? null), statement.signature, statement.signed);
    statements.push(statement);
    sets.push(keys);
  }
  if (!statements.length) throw new Unavailable(`keys of ${party}`, "the file holds no key statement");
  return new PartyKeys(chain.history.map((item) => item.index), sets, statements);
}

/** @param {Item} item @param {string} party @param {string} origin @returns {[Statement, KeySet]} */
function readKeys(item, party, origin) {
  if (!item.statement) throw new Unavailable(`keys of ${party}`, "a key statement is withheld");
  const statement = read(item.statement.jwt, PARTY_KEY, origin);
  if (!equal(statement.hash, item.entry.statementHash)) {
    throw new Refuted("statement of a key entry", item.entry.statementHash, statement.hash);
  }
  if (statement.issuer !== party) throw new Refuted("iss of a key statement", party, statement.issuer);
  return [statement, keySet(statement, item.statement)];
}

/** @param {Item} item @param {KeySet} keys @param {Uint8Array} previous */
function checkOrder(item, keys, previous) {
  if (keys.sequence !== item.entry.sequence) {
    throw new Refuted("seq of a key statement (replayed?)", item.entry.sequence, keys.sequence);
  }
  if (!equal(keys.previous, previous)) throw new Refuted("prev of a key statement", previous, keys.previous);
}

/** The public key that had to sign this key statement. @param {Statement} statement @param {KeySet} keys
 * @param {KeySet | null} before @returns {Uint8Array} */
function signerOf(statement, keys, before) {
  const allowed = before ? before.keys : keys.keys;
  const recovered = before && statement.key === before.recovery ? keys.keys.get(statement.key) : undefined;
  const found = allowed.get(statement.key) ?? recovered;
  if (!found) {
    throw new Refuted("signer of a key statement", `one of ${spelledKeys(allowed)}`, statement.key);
  }
  return found;
}

/** @param {Map<string, Uint8Array>} keys */
const spelledKeys = (keys) => `[${[...keys.keys()].sort().map((key) => `'${key}'`).join(", ")}]`;
