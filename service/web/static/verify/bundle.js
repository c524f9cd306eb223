/**
 * The lot proof file `lotproof/1`, read within hard limits (check 1, form). A file never supplies trust: reading it
 * only makes sure that what is judged later is small, complete and spelled in the one legal way.
 */
import { array, integer, members, string, unb64, unb64Hash } from "./encoding.js";
import { parseEntry } from "./entry.js";
import { Refuted, typeName } from "./errors.js";
import { leafHash } from "./hashing.js";
import { loadDocument } from "./json.js";
import { MAX_MAP_PATH } from "./lotmap.js";
import { MAX_ANCHOR_PATH, MAX_LOG_PATH } from "./merkle.js";
import { MAX_NOTE, parseCheckpoint, parseNote } from "./note.js";
import { split } from "./statement.js";
import { checkUri, LOT, PARTY } from "./uri.js";

export const FORMAT = "lotproof/1";
export const MAX_FILE = 8 * 1024 * 1024;
const MAX_ENTRIES = 4096, MAX_ANCHORS = 2048, MAX_PARTIES = 64, MAX_KEY_ENTRIES = 256;
const FILE = ["anchors", "checkpoint", "format", "head", "history", "keys", "lot"];
const PART = ["first", "last"];

/** @typedef {{entry: import("./entry.js").Entry, raw: string, leaf: Uint8Array, index: number, path: Uint8Array[],
 *   statement: import("./statement.js").SdJwt | null}} Item */
/** @typedef {{count: number, index: number | null, siblings: Uint8Array[],
 *   neighbour: {key: Uint8Array, value: Uint8Array} | null}} Head */
/** @typedef {{index: number, epoch: number, size: number, logRoot: Uint8Array, mapRoot: Uint8Array, block: number,
 *   time: number, path: Uint8Array[]}} Anchor */
/** @typedef {{history: Item[], head: Head}} KeyChain */
/** @typedef {{lot: string, noteText: string, note: import("./note.js").Note, checkpoint: import("./note.js").Checkpoint,
 *   history: Item[], head: Head, anchors: Anchor[], keys: Map<string, KeyChain>, part: boolean, first: number,
 *   last: number}} Bundle */

/** @param {Uint8Array} data @returns {Bundle} */
export function parseBundle(data) {
  const file = members(loadDocument(data, MAX_FILE), "file", FILE, PART);
  if (file.get("format") !== FORMAT) throw new Refuted("format", FORMAT, file.get("format"));
  const noteText = string(file.get("checkpoint"), "checkpoint", MAX_NOTE);
  const note = parseNote(noteText);
  const lot = checkUri(LOT, string(file.get("lot"), "lot"));
  const checkpoint = parseCheckpoint(note.body);
  const history = array(file.get("history"), "history", MAX_ENTRIES).map(parseItem);
  const head = parseHead(file.get("head"));
  const anchors = array(file.get("anchors"), "anchors", MAX_ANCHORS).map(parseAnchor);
  const keys = parseKeys(file.get("keys"));
  const part = PART.some((name) => file.has(name));
  const first = part ? firstOf(file) : 1;
  const bundle = { lot, noteText, note, checkpoint, history, head, anchors, keys, part, first, last: first + history.length - 1 };
  checkShape(bundle);
  if (part) checkPart(bundle, integer(file.get("last"), "last"));
  return bundle;
}

/** @param {Map<string, unknown>} file @returns {number} */
function firstOf(file) {
  members(file, "part", [...FILE, ...PART].sort());
  return integer(file.get("first"), "first");
}

/** @param {unknown} value @returns {Item} */
function parseItem(value) {
  const item = members(value, "entry", ["entry", "index", "path", "statement"]);
  const spelled = string(item.get("entry"), "entry");
  const raw = unb64(spelled);
  const said = item.get("statement");
  const statement = said === null ? null : split(string(said, "statement", MAX_FILE));
  const path = hashes(item.get("path"), "path length", MAX_LOG_PATH);
  return { entry: parseEntry(raw), raw: spelled, leaf: leafHash(raw), index: integer(item.get("index")), path, statement };
}

/** Membership (count, index, siblings) or absence (count 0, siblings, neighbour). @param {unknown} value @returns {Head} */
function parseHead(value) {
  if (value instanceof Map && value.has("neighbour")) {
    const absent = members(value, "head", ["count", "neighbour", "siblings"]);
    const count = integer(absent.get("count"));
    if (count !== 0) throw new Refuted("head", "count 0 beside a neighbour", count);
    const siblings = hashes(absent.get("siblings"), "siblings", MAX_MAP_PATH);
    return { count, index: null, siblings, neighbour: parseNeighbour(absent.get("neighbour")) };
  }
  const head = members(value, "head", ["count", "index", "siblings"]);
  const count = integer(head.get("count"));
  if (count === 0) throw new Refuted("head", "a count of at least 1, or a neighbour", 0);
  const index = integer(head.get("index"));
  return { count, index, siblings: hashes(head.get("siblings"), "siblings", MAX_MAP_PATH), neighbour: null };
}

/** @param {unknown} value @returns {{key: Uint8Array, value: Uint8Array} | null} */
function parseNeighbour(value) {
  if (value === null) return null;
  const neighbour = members(value, "neighbour", ["key", "value"]);
  return { key: unb64Hash(neighbour.get("key")), value: unb64Hash(neighbour.get("value")) };
}

/** @param {unknown} value @param {string} what @param {number} limit @returns {Uint8Array[]} */
function hashes(value, what, limit) {
  return array(value, what, limit).map(unb64Hash);
}

/** @param {unknown} value @returns {Anchor} */
function parseAnchor(value) {
  const names = ["block", "epoch", "index", "log_root", "map_root", "path", "size", "time"];
  const anchor = members(value, "anchor", names);
  const number = (/** @type {string} */ name) => integer(anchor.get(name));
  return {
    index: number("index"), epoch: number("epoch"), size: number("size"),
    logRoot: unb64Hash(anchor.get("log_root")), mapRoot: unb64Hash(anchor.get("map_root")),
    block: number("block"), time: number("time"), path: hashes(anchor.get("path"), "anchor path", MAX_ANCHOR_PATH),
  };
}

/** @param {unknown} value @returns {Map<string, KeyChain>} */
function parseKeys(value) {
  if (!(value instanceof Map)) throw new Refuted("keys", "an object", typeName(value));
  if (value.size > MAX_PARTIES) throw new Refuted("parties", `at most ${MAX_PARTIES}`, value.size);
  return new Map([...value].map(([party, chain]) => [checkUri(PARTY, party), parseChain(chain)]));
}

/** @param {unknown} value @returns {KeyChain} */
function parseChain(value) {
  const chain = members(value, "key chain", ["head", "history"]);
  const history = array(chain.get("history"), "key history", MAX_KEY_ENTRIES).map(parseItem);
  return { history, head: parseHead(chain.get("head")) };
}

/** @param {Bundle} bundle */
function checkShape({ anchors, head, history, keys }) {
  if (!anchors.length) throw new Refuted("anchors", "at least the checkpoint's own", "none");
  if (anchors.some((anchor, at) => at && anchors[at - 1].index >= anchor.index)) {
    throw new Refuted("anchors", "sorted, each once", "others");
  }
  if (head.count === 0 && (history.length || keys.size)) {
    throw new Refuted("file of an absent lot", "no history and no keys", history.length);
  }
  if (head.count && !history.length) throw new Refuted("history", "entries, or the absence of the lot", "none");
}

/** @param {Bundle} bundle @param {number} last */
function checkPart({ first, history, head, last: reached }, last) {
  if (first < 1 || last !== reached || !history.length || last > head.count) {
    throw new Refuted("part", `entries ${first} to ${last}`, `${history.length} of ${head.count}`);
  }
}
