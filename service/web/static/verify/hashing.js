/**
 * Every hash of the ledger; the first byte keeps the kinds apart. All are SHA-256.
 *
 *     leaf H(0x00 || entry) · node H(0x01 || left || right) · map leaf H(0x02 || key || value) · map node H(0x03 || …)
 *     anchor H(0x00 || epoch || size || log root || map root || block || time)
 */
import { concat, uint64, utf8 } from "./bytes.js";
import { sha256 } from "./sha256.js";

export const ZERO = new Uint8Array(32);
const [LEAF, NODE, MAP_LEAF, MAP_NODE] = [0, 1, 2, 3].map((byte) => Uint8Array.of(byte));
const HEAD = utf8("lotproof/head/v1\0");

/** @param {Uint8Array} entry @returns {Uint8Array} */
export const leafHash = (entry) => sha256(concat(LEAF, entry));

/** @param {Uint8Array} left @param {Uint8Array} right @returns {Uint8Array} */
export const nodeHash = (left, right) => sha256(concat(NODE, left, right));

/** @param {string} jwt ASCII @returns {Uint8Array} */
export const statementHash = (jwt) => sha256(utf8(jwt));

/** @param {Uint8Array} key @param {Uint8Array} value @returns {Uint8Array} */
export const mapLeaf = (key, value) => sha256(concat(MAP_LEAF, key, value));

/** @param {Uint8Array} left @param {Uint8Array} right @returns {Uint8Array} */
export const mapNode = (left, right) => sha256(concat(MAP_NODE, left, right));

/** What the lot map says of one subject. @param {number} count @param {number} lastIndex @param {Uint8Array} lastLeaf */
export const mapValue = (count, lastIndex, lastLeaf) => sha256(concat(HEAD, uint64(count), uint64(lastIndex), lastLeaf));

/** @param {import("./bundle.js").Anchor} anchor @returns {Uint8Array} */
export function anchorLeaf({ epoch, size, logRoot, mapRoot, block, time }) {
  return sha256(concat(LEAF, uint64(epoch), uint64(size), logRoot, mapRoot, uint64(block), uint64(time)));
}
