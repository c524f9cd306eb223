/**
 * A log's tree out of the tiles that somebody publishes: two roots of it from the same hashes, and the path of a leaf.
 *
 * RFC 9162, section 2.1.4: of two trees each complete subtree within the smaller one is a subtree of the larger. So the old
 * and the new root are computed at once, from one set of hashes: who serves tiles that lead to the new root cannot say of
 * the old one what he likes.
 */
import { nodeHash } from "./hashing.js";

/** Hashes of complete subtrees. @typedef {{node: (level: number, number: number, size: number) => Promise<Uint8Array>}} Hashes */

/** The largest power of two below `length`. @param {number} length 2 or more */
function split(length) {
  let width = 1;
  while (2 * width < length) width *= 2;
  return width;
}

/** The root over the leaves low <= leaf < high of a tree of `size`.
 * @param {Hashes} tiles @param {number} low @param {number} high @param {number} size @returns {Promise<Uint8Array>} */
async function rootOver(tiles, low, high, size) {
  const length = high - low, level = Math.log2(length);
  if (Number.isInteger(level)) return tiles.node(level, low / length, size);
  const middle = low + split(length);
  return nodeHash(await rootOver(tiles, low, middle, size), await rootOver(tiles, middle, high, size));
}

/** The roots of the first `old` leaves and of all. @param {Hashes} tiles @param {number} old 1 <= old <= size
 * @param {number} size @returns {Promise<[Uint8Array, Uint8Array]>} */
export function bothRoots(tiles, old, size) {
  /** @param {number} low @param {number} high @returns {Promise<[Uint8Array, Uint8Array]>} */
  const both = async (low, high) => {
    if (old === high) {
      const root = await rootOver(tiles, low, high, size);
      return [root, root];
    }
    const middle = low + split(high - low);
    if (old <= middle) {
      const [first, second] = await both(low, middle);
      return [first, nodeHash(second, await rootOver(tiles, middle, high, size))];
    }
    const left = await rootOver(tiles, low, middle, size), [first, second] = await both(middle, high);
    return [nodeHash(left, first), nodeHash(left, second)];
  };
  return both(0, size);
}

/** The inclusion path of leaf `index`, lowest first. @param {Hashes} tiles @param {number} index 0 <= index < size
 * @param {number} size @returns {Promise<Uint8Array[]>} */
export async function pathOf(tiles, index, size) {
  const path = [];
  for (let low = 0, high = size; high - low > 1; ) {
    const middle = low + split(high - low), left = index < middle;
    path.unshift(await (left ? rootOver(tiles, middle, high, size) : rootOver(tiles, low, middle, size)));
    [low, high] = left ? [low, middle] : [middle, high];
  }
  return path;
}
