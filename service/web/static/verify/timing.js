/**
 * Whether entries were recorded when they say so (check 8): after the anchor before them, but for the delay until an
 * anchor is mined, and before the first one over them, but for clocks that differ. Milliseconds are BigInts: a hostile
 * file may name any time.
 */
import { before } from "./chain.js";
import { Refuted } from "./errors.js";

/** @typedef {import("./bundle.js").Anchor} Anchor */

/** The anchors of a file, all of them held by the contract and in force. */
export class Timeline {
  /** @param {Anchor[]} anchors @param {import("./chain.js").Epoch[]} epochs @param {import("./policy.js").Policy} policy */
  constructor(anchors, epochs, policy) {
    this.anchors = anchors;
    this.byIndex = new Map(anchors.map((anchor) => [anchor.index, anchor]));
    this.epochs = epochs;
    this.policy = policy;
  }

  /** @param {number} sequence @param {number} index @param {number} recordedAt ms @param {number | null} issuedAt s */
  check(sequence, index, recordedAt, issuedAt) {
    const anchor = this.anchors[this.place(index)];
    if (!anchor) {
      const largest = this.anchors[this.anchors.length - 1].size;
      throw new Refuted(`anchor over entry ${sequence}`, `a size above ${index}`, largest);
    }
    const latest = milliseconds(anchor.time) + milliseconds(this.policy.maxClockSkew);
    checkBefore(`entry ${sequence} recorded after it was anchored`, BigInt(recordedAt), latest);
    if (issuedAt !== null) checkBefore(`entry ${sequence} issued after it was anchored`, milliseconds(issuedAt), latest);
    this.checkBackDating(sequence, anchor, recordedAt);
  }

  /** The first anchor whose size exceeds an index, by halving. @param {number} index @returns {number} */
  place(index) {
    let low = 0, high = this.anchors.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (index < this.anchors[middle].size) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** @param {number} sequence @param {Anchor} anchor @param {number} recordedAt */
  checkBackDating(sequence, anchor, recordedAt) {
    const index = before(anchor.index, this.epochs);
    if (index === null) return;
    const previous = this.byIndex.get(index);
    // Without it a later anchor could pose as the first one over this entry.
    if (!previous) throw new Refuted(`anchor before ${anchor.index}`, `anchor ${index}`, "it is missing");
    const earliest = milliseconds(previous.time) - milliseconds(this.policy.maxAnchorDelay);
    if (BigInt(recordedAt) < earliest) {
      throw new Refuted(`entry ${sequence} is back-dated`, `${moment(earliest)} or later`, moment(recordedAt));
    }
  }
}

/** @param {number} seconds @returns {bigint} */
const milliseconds = (seconds) => BigInt(seconds) * 1000n;

/** @param {string} what @param {bigint} time @param {bigint} latest */
function checkBefore(what, time, latest) {
  if (time > latest) throw new Refuted(what, `${moment(latest)} or before`, moment(time));
}

/** A time as a person reads it; the bare number for a year that no calendar has. @param {number | bigint} milliseconds */
export function moment(milliseconds) {
  const at = new Date(Number(milliseconds));
  const year = at.getUTCFullYear();
  return year >= 1 && year <= 9999 ? at.toISOString() : `${milliseconds} ms after 1970`;
}
