/**
 * The log's tree (RFC 6962): the root to which an inclusion path leads, by the steps of RFC 9162, section 2.1.3.2, and
 * the peaks of the anchors' accumulator. Indexes go up to 2^53, so halves are taken by division, not by bits.
 */
import { equal } from "./bytes.js";
import { Refuted } from "./errors.js";
import { nodeHash } from "./hashing.js";

export const MAX_LOG_PATH = 53, MAX_ANCHOR_PATH = 32;

const half = (/** @type {number} */ n) => Math.floor(n / 2);

/** How many hashes the path of a leaf has. @param {number} index @param {number} size 0 <= index < size */
function needed(index, size) {
  let hashes = 0;
  for (let fn = index, sn = size - 1; sn > 0; fn = half(fn), sn = half(sn)) if (fn % 2 || fn < sn) hashes++;
  return hashes;
}

/** Throws Refuted unless `leaf` stands at `index` in the tree of `size` leaves with this root; `path` lowest first.
 * @param {number} index @param {number} size @param {Uint8Array} leaf @param {Uint8Array[]} path @param {Uint8Array} root */
export function verifyInclusion(index, size, leaf, path, root) {
  if (index >= size) throw new Refuted("index", `below the size ${size}`, index);
  const expected = needed(index, size);
  if (path.length !== expected) {
    throw new Refuted("inclusion path", `${expected} hashes`, `${path.length} hashes`);
  }
  let fn = index, sn = size - 1, node = leaf;
  for (const step of path) {
    // At the right edge the tree may have no neighbour for some levels: there is no hash for them.
    while (fn === sn && fn % 2 === 0) [fn, sn] = [half(fn), half(sn)];
    node = fn % 2 ? nodeHash(step, node) : nodeHash(node, step);
    [fn, sn] = [half(fn), half(sn)];
  }
  if (!equal(node, root)) throw new Refuted(`inclusion at index ${index}`, root, node);
}

/** Height and number, largest first, of the peak over anchor `index` among `count` anchors.
 * @param {number} index @param {number} count @returns {{height: number, number: number}} */
export function peakPlace(index, count) {
  if (index >= count) throw new Refuted("anchor index", `below the count ${count}`, index);
  let left = 0, number = 0;
  for (let height = 53; height >= 0; height--) {
    const width = 2 ** height;
    if (half(count / width) * 2 === Math.floor(count / width)) continue; // no peak of this height
    if (index < left + width) return { height, number };
    left += width;
    number++;
  }
  throw new Error("an index below the count lies under a peak");
}

/** Root of the complete tree of height `path.length` over `leaf`, its place the low bits of `index`.
 * @param {number} index @param {Uint8Array} leaf @param {Uint8Array[]} path @returns {Uint8Array} */
export function rootOfComplete(index, leaf, path) {
  let node = leaf, place = index;
  for (const sibling of path) {
    node = place % 2 ? nodeHash(sibling, node) : nodeHash(node, sibling);
    place = half(place);
  }
  return node;
}
