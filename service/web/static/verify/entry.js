/**
 * One entry of the log: 114 bytes, integers big-endian.
 *
 *     | 1 version 0x01 | 1 kind | 32 subject | 8 sequence | 32 previous | 32 statement | 8 recorded_at |
 */
import { equal } from "./bytes.js";
import { MAX_INTEGER } from "./encoding.js";
import { Refuted } from "./errors.js";
import { ZERO } from "./hashing.js";

export const MOVEMENT = 1, PARTY_KEY = 2, ERASURE = 3, NOTICE = 4;
const LENGTH = 114;

/** @typedef {{kind: number, subject: Uint8Array, sequence: number, previous: Uint8Array, statementHash: Uint8Array,
 *   recordedAt: number}} Entry */

/** @param {Uint8Array} raw @returns {Entry} */
export function parseEntry(raw) {
  if (raw.length !== LENGTH) throw new Refuted("entry", `${LENGTH} bytes`, `${raw.length} bytes`);
  const view = new DataView(raw.buffer, raw.byteOffset);
  if (raw[0] !== 1) throw new Refuted("entry version", 1, raw[0]);
  if (raw[1] < MOVEMENT || raw[1] > NOTICE) throw new Refuted("entry kind", "1 to 4", raw[1]);
  const sequence = view.getBigUint64(34), recordedAt = view.getBigUint64(106);
  if (sequence < 1n || sequence > MAX_INTEGER) throw new Refuted("entry sequence", "1 to 2^53-1", sequence);
  const previous = raw.slice(42, 74);
  if ((sequence === 1n) !== equal(previous, ZERO)) {
    throw new Refuted("entry previous", "zeros if and only if the sequence is 1", previous);
  }
  if (recordedAt > MAX_INTEGER) throw new Refuted("entry recorded_at", "0 to 2^53-1", recordedAt);
  return {
    kind: raw[1],
    subject: raw.slice(2, 34),
    sequence: Number(sequence),
    previous,
    statementHash: raw.slice(74, 106),
    recordedAt: Number(recordedAt),
  };
}
