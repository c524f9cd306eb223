/**
 * What this browser remembers of the lots that it was shown: in its own storage, sent to nobody, until somebody has it
 * forgotten. Where a browser keeps nothing (private windows, storage switched off) every visit is the first.
 */
const NAME = "lotproof-seen", MOST = 200;

/** @typedef {import("./visit.js").Seen} Seen */

/** @returns {Seen[]} the newest first */
export function known() {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isSeen).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

/** @param {Seen} seen @returns {boolean} whether it is kept */
export function remember(seen) {
  const others = known().filter((each) => each.lot !== seen.lot || originOf(each) !== originOf(seen));
  try {
    localStorage.setItem(NAME, JSON.stringify([seen, ...others].slice(0, MOST)));
    return true;
  } catch {
    return false;
  }
}

export function forget() {
  try {
    localStorage.removeItem(NAME);
  } catch {
    // what is not kept need not be forgotten
  }
}

/** @param {Seen} seen */
const originOf = ({ note }) => note.slice(0, note.indexOf("\n"));

/** Other programs of this address can write here too. @param {any} each */
function isSeen(each) {
  const numbers = [each?.count, each?.at, each?.index ?? 0].every((value) => Number.isSafeInteger(value) && value >= 0);
  const hashes = [...(Array.isArray(each?.path) ? each.path : [null]), each?.leaf ?? "0".repeat(64)];
  return numbers && typeof each.lot === "string" && typeof each.note === "string" && hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash));
}
