/**
 * The accumulator of anchors published as tiles (C2SP tlog-tiles): upper hashes of a path that was made when there were
 * fewer anchors. Whoever serves them is not trusted: what they say leads to a known root, or nowhere.
 */
import { Unavailable } from "./errors.js";
import { fetched } from "./fetching.js";
import { nodeHash } from "./hashing.js";

const HEIGHT = 8, WIDTH = 256, HASH = 32;

/** The one spelling of a tile's name. @param {number} level @param {number} number @param {number} width */
export function tilePath(level, number, width) {
  const digits = String(number);
  const groups = digits.padStart(Math.ceil(Math.max(digits.length, 1) / 3) * 3, "0").match(/.{3}/g) ?? [];
  const spelled = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
  return `${level}/${spelled}` + (width < WIDTH ? `.p/${width}` : "");
}

/** One place that publishes them. */
export class TileSource {
  /** @param {string} url @param {import("./fetching.js").Deadline} deadline */
  constructor(url, deadline) {
    this.url = url.replace(/\/$/, "");
    this.deadline = deadline;
    /** @type {Map<string, Uint8Array>} */
    this.tiles = new Map();
  }

  /** Siblings of anchor `index` at the levels low <= level < high in a tree of `count`.
   * @param {number} index @param {number} count @param {number} low @param {number} high */
  async upper(index, count, low, high) {
    const found = [];
    for (let level = low; level < high; level++) {
      const place = Math.floor(index / 2 ** level);
      found.push(await this.node(level, place % 2 ? place - 1 : place + 1, count));
    }
    return found;
  }

  /** The hash of a complete subtree, from the tile that holds the level below which tiles are cut.
   * @param {number} level @param {number} number @param {number} size */
  async node(level, number, size) {
    const tileLevel = Math.floor(level / HEIGHT), width = 2 ** (level % HEIGHT);
    const first = number * width, tile = Math.floor(first / WIDTH), offset = first % WIDTH;
    const available = Math.min(WIDTH, Math.floor(size / WIDTH ** tileLevel) - tile * WIDTH);
    const hashes = await this.tile(tilePath(tileLevel, tile, available), available);
    /** @type {Uint8Array[]} */
    let nodes = Array.from({ length: width }, (_, at) => hashes.slice(HASH * (offset + at), HASH * (offset + at + 1)));
    while (nodes.length > 1) nodes = nodes.filter((_, at) => at % 2 === 0).map((left, at) => nodeHash(left, nodes[2 * at + 1]));
    return nodes[0];
  }

  /** @param {string} name @param {number} width @returns {Promise<Uint8Array>} */
  async tile(name, width) {
    const known = this.tiles.get(name);
    if (known) return known;
    const raw = await fetched(`${this.url}/${name}`, this.deadline, {}, WIDTH * HASH);
    if (raw.length !== width * HASH) throw new Unavailable(this.url, `tile ${name} of ${raw.length} bytes`);
    this.tiles.set(name, raw);
    return raw;
  }
}
