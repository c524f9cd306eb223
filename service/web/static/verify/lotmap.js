/**
 * Roots of the lot map that follow from a proof of membership or of absence. A binary tree over 256-bit keys in which a
 * subtree that holds one leaf *is* that leaf; siblings stand root first, bit 0 is the key's most significant one.
 */
import { equal } from "./bytes.js";
import { Refuted } from "./errors.js";
import { mapLeaf, mapNode, ZERO } from "./hashing.js";

export const MAX_MAP_PATH = 256;

const bit = (/** @type {Uint8Array} */ key, /** @type {number} */ at) => (key[at >> 3] >> (7 - (at & 7))) & 1;

/** @param {Uint8Array} key @param {Uint8Array} value @param {Uint8Array[]} siblings @returns {Uint8Array} */
export const rootFromMembership = (key, value, siblings) => climb(key, mapLeaf(key, value), siblings);

/** @param {Uint8Array} key @param {Uint8Array[]} siblings @param {{key: Uint8Array, value: Uint8Array} | null} neighbour */
export function rootFromAbsence(key, siblings, neighbour) {
  if (neighbour === null) return climb(key, ZERO, siblings);
  if (equal(neighbour.key, key)) throw new Refuted("neighbour", "another key", key);
  if (commonBits(key, neighbour.key) < siblings.length) {
    throw new Refuted("neighbour", `a key that shares ${siblings.length} bits`, neighbour.key);
  }
  return climb(key, mapLeaf(neighbour.key, neighbour.value), siblings);
}

/** @param {Uint8Array} key @param {Uint8Array} leaf @param {Uint8Array[]} siblings @returns {Uint8Array} */
function climb(key, leaf, siblings) {
  if (siblings.length > MAX_MAP_PATH) {
    throw new Refuted("map path", `at most ${MAX_MAP_PATH} hashes`, `${siblings.length} hashes`);
  }
  // An empty last sibling would be a second spelling: a lone leaf stands higher up.
  if (siblings.length && equal(siblings[siblings.length - 1], ZERO)) {
    throw new Refuted("last sibling", "a subtree that is not empty", "an empty one");
  }
  let node = leaf;
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    node = bit(key, depth) ? mapNode(siblings[depth], node) : mapNode(node, siblings[depth]);
  }
  return node;
}

/** @param {Uint8Array} a @param {Uint8Array} b @returns {number} */
function commonBits(a, b) {
  let bits = 0;
  while (bits < 256 && bit(a, bits) === bit(b, bits)) bits++;
  return bits;
}
