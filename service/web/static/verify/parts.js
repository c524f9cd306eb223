/** One bundle of several parts of one lot: same checkpoint and head, no gap. The beginning or the end may be missing. */
import { hex } from "./bytes.js";
import { Refuted } from "./errors.js";

const MAX_PARTS = 256;

/** @typedef {import("./bundle.js").Bundle} Bundle */
/** @typedef {import("./bundle.js").Anchor} Anchor */
/** @typedef {import("./bundle.js").KeyChain} KeyChain */

/** @param {Bundle[]} parts @returns {Bundle} */
export function join(parts) {
  if (parts.length < 1 || parts.length > MAX_PARTS) throw new Refuted("parts", `1 to ${MAX_PARTS}`, parts.length);
  const ordered = [...parts].sort((a, b) => a.first - b.first);
  const [start, ...others] = ordered;
  let end = start.last;
  for (const part of others) {
    if (part.lot !== start.lot || part.noteText !== start.noteText || headText(part.head) !== headText(start.head)) {
      throw new Refuted("parts", "one lot, one checkpoint, one head", [part.lot, part.first]);
    }
    if (part.first !== end + 1) throw new Refuted("parts", `entry ${end + 1} next`, part.first);
    end = part.last;
  }
  const history = ordered.flatMap((part) => part.history);
  return { ...start, history, anchors: joinAnchors(ordered), keys: joinKeys(ordered), part: true, last: end };
}

/** @param {Bundle[]} parts @returns {Map<string, KeyChain>} */
function joinKeys(parts) {
  const found = new Map();
  for (const [party, chain] of parts.flatMap((part) => [...part.keys])) {
    const known = found.get(party);
    if (known && chainText(known) !== chainText(chain)) {
      throw new Refuted(`key chain of ${party}`, "the same in every part", "two");
    }
    if (!known) found.set(party, chain);
  }
  return found;
}

/** In a part that was made later a path may be longer. @param {Bundle[]} parts @returns {Anchor[]} */
function joinAnchors(parts) {
  const all = parts.flatMap((part) => part.anchors).sort((a, b) => a.path.length - b.path.length);
  /** @type {Map<number, Anchor>} */
  const found = new Map();
  for (const anchor of all) {
    const known = found.get(anchor.index) ?? anchor;
    if (anchorText({ ...anchor, path: anchor.path.slice(0, known.path.length) }) !== anchorText(known)) {
      throw new Refuted(`anchor ${anchor.index}`, "the same in every part", "two");
    }
    found.set(anchor.index, anchor);
  }
  return [...found.values()].sort((a, b) => a.index - b.index);
}

/** @param {unknown} value @returns {string} */
const text = (value) => JSON.stringify(value, (_, v) => (v instanceof Uint8Array ? hex(v) : v));
const headText = (/** @type {import("./bundle.js").Head} */ head) => text(head);
const anchorText = (/** @type {Anchor} */ anchor) => text(anchor);
/** @param {KeyChain} chain @returns {string} */
const chainText = (chain) =>
  text([chain.head, chain.history.map((item) => [item.raw, item.index, item.path, item.statement])]);
