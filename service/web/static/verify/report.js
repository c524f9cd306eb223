/**
 * What a verification says: for each numbered check yes, refuted or could not check. Unknown is never shown as false or
 * as true. Exit codes as of the command line: 0 all yes, 1 any refuted, 2 any open, 3 valid but not final or too old.
 */
import { Refuted, spelled, Unavailable } from "./errors.js";

export const YES = "yes", REFUTED = "refuted", UNKNOWN = "could not check";
export const TITLES = [
  "Form", "Chain", "Who said so", "What was said", "Complete", "Signed by the log", "Anchored", "In time",
];
const MOST = 16; // a hostile file must not make an endless report

/** @typedef {{what: string, expected: string | number | boolean | null,
 *   seen: string | number | boolean | null}} Reason */
/** @typedef {{check: number, title: string, answer: string, refuted: Reason[],
 *   could_not_check: {what: string, why: string}[], remarks: string[], late: boolean}} Answer */
/** @typedef {{subject: string, exit: number, checks: Answer[], facts: Record<string, unknown>}} Report */

/** What one check has found so far. Gathering goes on after a refutation, up to a few. */
export class Findings {
  /** @param {number} check */
  constructor(check) {
    this.check = check;
    /** @type {Refuted[]} */
    this.refuted = [];
    /** @type {Unavailable[]} */
    this.unknown = [];
    /** @type {string[]} */
    this.remarks = [];
    this.late = false;
  }

  /** The result of one look, or null after noting down why there is none.
   * @template T @param {() => T} look @returns {T | null} */
  attempt(look) {
    try {
      return look();
    } catch (problem) {
      this.note(problem);
      return null;
    }
  }

  /** @template T @param {() => Promise<T>} look @returns {Promise<T | null>} */
  async attemptSlowly(look) {
    try {
      return await look();
    } catch (problem) {
      this.note(problem);
      return null;
    }
  }

  /** @param {unknown} problem */
  note(problem) {
    if (problem instanceof Refuted) {
      if (this.refuted.length < MOST) this.refuted.push(problem);
    } else if (problem instanceof Unavailable) {
      if (this.unknown.length < MOST) this.unknown.push(problem);
    } else throw problem;
  }

  get verdict() {
    if (this.refuted.length) return REFUTED;
    return this.unknown.length ? UNKNOWN : YES;
  }

  /** @returns {Answer} */
  answer() {
    return {
      check: this.check,
      title: TITLES[this.check - 1],
      answer: this.verdict,
      refuted: this.refuted.map(({ what, expected, seen }) => ({ what, expected: plain(expected), seen: plain(seen) })),
      could_not_check: this.unknown.map(({ what, why }) => ({ what, why })),
      remarks: this.remarks,
      late: this.late && this.verdict === YES,
    };
  }
}

/** @param {unknown} value @returns {string | number | boolean | null} */
function plain(value) {
  if (value === null || value === undefined || typeof value === "number" || typeof value === "boolean") return value ?? null;
  return spelled(value).slice(0, 1000);
}

/** The answer of a check that could not even begin. @param {number} check @param {string} why @returns {Answer} */
export function unanswered(check, why) {
  const found = new Findings(check);
  found.note(new Unavailable(TITLES[check - 1], why));
  return found.answer();
}

/** @param {Answer[]} answers @returns {number} */
export function exitCode(answers) {
  const verdicts = answers.map((each) => each.answer);
  if (verdicts.includes(REFUTED)) return 1;
  if (verdicts.includes(UNKNOWN)) return 2;
  return answers.some((each) => each.late) ? 3 : 0;
}
