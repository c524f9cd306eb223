/**
 * What this browser saw of a lot the last time, against what it is shown now (part of check 6). A log only grows: the state
 * that was signed then must be the beginning of the state that is signed now, and what the lot had then it has now.
 *
 * Who serves the log and does not serve what it takes to compare leaves check 6 open; a visitor who asks nobody (no network, no
 * source in the policy) is only told: the file by itself is what it was. Contradictions that need nobody count always.
 *
 * Both states are signed by the log, so a contradiction convicts whoever keeps it. Where it can be shown to a third person it
 * is put down as `lotproof-fork/1`, which the verifier on the command line judges (`--as fork`).
 */
import { equal, hex, unhex } from "./bytes.js";
import { b64 } from "./encoding.js";
import { Refuted, Unavailable } from "./errors.js";
import { bothRoots, pathOf } from "./logtree.js";
import { verifyInclusion } from "./merkle.js";
import { parseCheckpoint, parseNote } from "./note.js";
import { checkSigners } from "./signers.js";

/** What is kept of a visit: the signed state, and where the lot stood in it; `index`, `leaf` (hex) and `path` (hex) are of its
 * last entry, null for a lot that was not there.
 * @typedef {{lot: string, note: string, count: number, index: number | null, leaf: string | null, path: string[], at: number}} Seen */
/** @typedef {{state: "first" | "same" | "grown" | "older" | "refuted" | "unknown", at: number, added: number,
 *   notes: string[], fork: any, remember: Seen | null}} Visit */
/** @typedef {import("./bundle.js").Bundle} Bundle */
/** @typedef {import("./note.js").Checkpoint} Checkpoint */
/** @typedef {import("./logtree.js").Hashes} Hashes */

/** @param {Bundle} bundle @param {number} at milliseconds @returns {Seen | null} null for a part without the end of the history */
export function remembered({ head, history, last, lot, noteText }, at) {
  if (last !== head.count) return null;
  const item = history[history.length - 1];
  return { lot, note: noteText, count: head.count, index: item?.index ?? null, leaf: item ? hex(item.leaf) : null,
           path: (item?.path ?? []).map(hex), at };
}

/** The visit, for the page; what contradicts or could not be compared is noted in check 6. The caller has checked who signed
 * the file's own checkpoint.
 * @param {Bundle} bundle @param {Seen[]} known @param {{policy: import("./policy.js").Policy, logs: Hashes[], now: number}} given
 * @param {import("./report.js").Findings} found @returns {Promise<Visit>} */
export async function sinceLast(bundle, known, { policy, logs, now }, found) {
  const remember = remembered(bundle, now * 1000);
  const seen = known.find((each) => each.lot === bundle.lot && isOf(each, bundle.checkpoint.origin));
  /** @type {Visit} */
  const visit = { state: "first", at: seen?.at ?? 0, added: 0, notes: [], fork: null, remember };
  if (!seen || !(await signedThen(seen, policy, found))) return visit;
  const before = stateOf(seen.note), after = bundle.checkpoint, added = bundle.head.count - seen.count;
  Object.assign(visit, { added, notes: [seen.note, bundle.noteText], state: before.size > after.size ? "older" : added ? "grown" : "same" });
  if (before.size > after.size) visit.remember = seen;
  try {
    checkLot(seen, before, bundle);
    await checkLog(before, after, logs);
  } catch (problem) {
    const refuted = problem instanceof Refuted;
    if (refuted || logs.length) found.note(problem);
    else found.remarks.push(`${problem}`);
    Object.assign(visit, { state: refuted ? "refuted" : "unknown", remember: seen });
    if (refuted) visit.fork = await evidence(seen, before, bundle, logs);
  }
  return visit;
}

/** @param {Seen} seen @param {string} origin */
const isOf = (seen, origin) => seen.note.startsWith(`${origin}\n`);

/** @param {string} note @returns {Checkpoint} */
const stateOf = (note) => parseCheckpoint(parseNote(note).body);

/** Whether what was kept is signed as the policy demands: what another key signed is no evidence of anything.
 * @param {Seen} seen @param {import("./policy.js").Policy} policy @param {import("./report.js").Findings} found */
async function signedThen(seen, policy, found) {
  try {
    const note = parseNote(seen.note);
    await checkSigners(note, parseCheckpoint(note.body), policy);
    return true;
  } catch (problem) {
    if (!(problem instanceof Refuted)) throw problem;
    found.remarks.push("what this browser saw last time is not signed as this policy demands: not compared");
    return false;
  }
}

/** Throws Refuted unless the lot has what it had, and no more than it had in an older state.
 * @param {Seen} seen @param {Checkpoint} before @param {Bundle} bundle */
function checkLot(seen, before, { checkpoint, head, history }) {
  const what = "entries of this lot", older = checkpoint.size < before.size;
  if (older ? head.count > seen.count : head.count < seen.count) {
    throw new Refuted(what, `at ${older ? "most" : "least"} the ${seen.count} that this browser saw`, head.count);
  }
  const item = history.find((each) => each.entry.sequence === seen.count);
  if (item && seen.leaf && !(equal(item.leaf, unhex(seen.leaf)) && item.index === seen.index)) {
    throw new Refuted(`entry ${seen.count}, as this browser saw it`, seen.leaf, hex(item.leaf));
  }
}

/** Throws Refuted unless one state is the beginning of the other, Unavailable where nobody serves what it takes to tell.
 * @param {Checkpoint} before @param {Checkpoint} after @param {Hashes[]} logs */
async function checkLog(before, after, logs) {
  if (before.size === after.size) {
    if (!equal(before.logRoot, after.logRoot)) throw new Refuted(`log root at size ${after.size}`, before.logRoot, after.logRoot);
    if (!equal(before.mapRoot, after.mapRoot)) throw new Refuted(`map root at size ${after.size}`, before.mapRoot, after.mapRoot);
    return;
  }
  const [old, young] = before.size < after.size ? [before, after] : [after, before];
  const [first] = await fromAny(logs, (tiles) => bothRoots(tiles, old.size, young.size), (roots) => equal(roots[1], young.logRoot));
  if (!equal(first, old.logRoot)) throw new Refuted(`log root at size ${old.size}`, old.logRoot, first);
}

/** What the first of them gives that is good. @template T @param {Hashes[]} logs @param {(tiles: Hashes) => Promise<T>} ask
 * @param {(given: T) => boolean} good @returns {Promise<T>} */
async function fromAny(logs, ask, good) {
  /** @type {unknown} */
  let last = new Unavailable("what this browser saw last time", "not compared");
  for (const tiles of logs) {
    try {
      const given = await ask(tiles);
      if (good(given)) return given;
      last = new Unavailable("what this browser saw last time", "the tiles lead to another root");
    } catch (problem) {
      if (!(problem instanceof Unavailable)) throw problem;
      last = problem;
    }
  }
  throw last;
}

/** `lotproof-fork/1`, where two notes of one size or one leaf that differs say it all; else null.
 * @param {Seen} seen @param {Checkpoint} before @param {Bundle} bundle @param {Hashes[]} logs */
async function evidence(seen, before, { checkpoint, noteText }, logs) {
  const fork = { format: "lotproof-fork/1", checkpoints: [seen.note, noteText] };
  if (before.size === checkpoint.size) return sameState(before, checkpoint) ? null : fork;
  const { index, leaf } = seen;
  if (index === null || leaf === null || index >= checkpoint.size) return null;
  try {
    const [there, path] = await fromAny(logs, async (tiles) => /** @type {[Uint8Array, Uint8Array[]]} */ (
      [await tiles.node(0, index, checkpoint.size), await pathOf(tiles, index, checkpoint.size)]), ([there, path]) => leads(checkpoint, index, there, path));
    if (equal(there, unhex(leaf)) || !leads(before, index, unhex(leaf), seen.path.map(unhex))) return null;
    const paths = [seen.path.map((each) => b64(unhex(each))), path.map(b64)];
    return { ...fork, node: { level: 0, number: index, hashes: [b64(unhex(leaf)), b64(there)], paths } };
  } catch (problem) {
    if (problem instanceof Unavailable) return null;
    throw problem;
  }
}

/** @param {Checkpoint} one @param {Checkpoint} other */
const sameState = (one, other) => equal(one.logRoot, other.logRoot) && equal(one.mapRoot, other.mapRoot);

/** @param {Checkpoint} state @param {number} index @param {Uint8Array} leaf @param {Uint8Array[]} path */
function leads({ logRoot, size }, index, leaf, path) {
  try {
    verifyInclusion(index, size, leaf, path, logRoot);
    return true;
  } catch {
    return false;
  }
}
