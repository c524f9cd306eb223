/** All entries of one subject, a lot or a party: in order, in the log, and none left out. */
import { equal } from "./bytes.js";
import { Refuted } from "./errors.js";
import { mapValue } from "./hashing.js";
import { rootFromAbsence, rootFromMembership } from "./lotmap.js";
import { verifyInclusion } from "./merkle.js";

/** @typedef {import("./bundle.js").Item} Item */
/** @typedef {import("./bundle.js").Head} Head */
/** @typedef {import("./note.js").Checkpoint} Checkpoint */

/** The entries are this subject's, `first`, `first + 1`, ... each naming the leaf before.
 * @param {Item[]} items @param {Uint8Array} subject @param {number[]} kinds */
export function checkSequence(items, subject, kinds, first = 1) {
  /** @type {Item | null} */
  let before = null;
  let sequence = first;
  for (const item of items) {
    const { entry } = item;
    if (!equal(entry.subject, subject)) throw new Refuted(`subject of entry ${sequence}`, subject, entry.subject);
    if (entry.sequence !== sequence) throw new Refuted("sequence", sequence, entry.sequence);
    if (!kinds.includes(entry.kind)) throw new Refuted(`kind of entry ${sequence}`, kinds, entry.kind);
    if (before) checkStep(before, item);
    before = item;
    sequence++;
  }
}

/** @param {Item} before @param {Item} item */
function checkStep(before, { entry, index }) {
  const of = `of entry ${entry.sequence}`;
  if (!equal(entry.previous, before.leaf)) throw new Refuted(`previous ${of}`, before.leaf, entry.previous);
  if (index <= before.index) throw new Refuted(`index ${of}`, `above ${before.index}`, index);
  if (entry.recordedAt < before.entry.recordedAt) {
    throw new Refuted(`recorded_at ${of}`, `${before.entry.recordedAt} or later`, entry.recordedAt);
  }
}

/** The log under the checkpoint holds every entry at its index. @param {Item[]} items @param {Checkpoint} checkpoint */
export function checkInclusion(items, checkpoint) {
  for (const item of items) verifyInclusion(item.index, checkpoint.size, item.leaf, item.path, checkpoint.logRoot);
}

/** The map under the checkpoint ends this subject with the last of these entries, which are those from `first` on.
 * @param {Item[]} items @param {Head} head @param {Uint8Array} subject @param {Checkpoint} checkpoint */
export function checkHead(items, head, subject, checkpoint, first = 1) {
  let root, what;
  if (head.count === 0) {
    if (items.length) throw new Refuted("number of entries", "0 (the map)", `${items.length} (the file)`);
    root = rootFromAbsence(subject, head.siblings, head.neighbour);
    what = "map root, by the proof of absence";
  } else {
    checkEnd(items, head, first + items.length - 1);
    const last = items[items.length - 1];
    root = rootFromMembership(subject, mapValue(head.count, last.index, last.leaf), head.siblings);
    what = "map root, by the proof of the newest entry";
  }
  if (!equal(root, checkpoint.mapRoot)) throw new Refuted(what, checkpoint.mapRoot, root);
}

/** @param {Item[]} items @param {Head} head @param {number} last */
function checkEnd(items, head, last) {
  if (head.count !== last) throw new Refuted("number of entries", `${head.count} (the map)`, `${last} (the file)`);
  const newest = items.length ? items[items.length - 1].index : null;
  if (newest === null || newest !== head.index) throw new Refuted("index of the newest entry", head.index, newest);
}
