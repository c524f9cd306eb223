/** Operations of the HTTP interface, asked in the name of who signed in. */

import { set, setting } from "./settings.js";
import { told } from "./told.js";

const OURS = { "Lotproof-Session": "1", "Accept-Language": told.language };
const PATIENCE = 15_000;
const LASTING = ["urn:lotproof:problem:no-folder"]; // no waiting helps

/** The service looked at it and said no; `problem` is its application/problem+json. */
export class Refused extends Error {
  /** @param {number} status @param {any} problem */
  constructor(status, problem) {
    super(problem?.detail ?? `${status}`);
    this.status = status;
    this.problem = problem ?? {};
    this.slug = String(this.problem.type ?? "").replace("urn:lotproof:problem:", "");
  }
}

/** Nobody answered, or nobody who could: nothing is known of what became of it. */
export class Unreachable extends Error {}

/** How far the clock of this device is ahead of the service's, in milliseconds; the header has whole seconds. What was learned
 * last holds in a dead spot too. */
export const clock = { ahead: Number(setting("ahead")) || 0, known: setting("ahead") !== "" };

/** Whether the service answered the last time that something was asked. */
export const reach = { lost: false };

/** @param {boolean} lost */
function learnReach(lost) {
  if (reach.lost === lost) return;
  reach.lost = lost;
  document.dispatchEvent(new CustomEvent("floor-reach"));
}

/** @param {string} method @param {string} path below /api/v1 @param {unknown} [body] what JSON says, or a file @returns {Promise<any>} */
export async function ask(method, path, body) {
  const asked = Date.now();
  const answer = await fetched(method, path, body);
  learnReach(false);
  learnClock(answer, asked);
  const said = await answer.json().catch(() => null), later = answer.status >= 500 || answer.status === 429;
  if (later && !LASTING.includes(said?.type)) throw new Unreachable(`${answer.status}`);
  if (!answer.ok) throw new Refused(answer.status, said);
  if (said === null) throw new Unreachable("an answer that is not the service's");
  return said;
}

/** @param {string} path @returns {Promise<any>} */
export const read = (path) => ask("GET", path);

/** @param {string} method @param {string} path @param {unknown} body */
async function fetched(method, path, body) {
  const file = body instanceof Blob, sends = body === undefined ? {} : { body: file ? body : JSON.stringify(body) };
  const headers = body === undefined ? OURS : { ...OURS, "Content-Type": file ? body.type : "application/json" };
  try {
    return await fetch(`/api/v1${path}`, { method, headers, ...sends, redirect: "error", signal: AbortSignal.timeout(PATIENCE) });
  } catch (problem) {
    learnReach(true);
    throw new Unreachable(String(problem));
  }
}

/** @param {Response} answer @param {number} asked */
function learnClock(answer, asked) {
  const theirs = Date.parse(answer.headers.get("Date") ?? "");
  if (Number.isNaN(theirs)) return;
  clock.ahead = Math.round((asked + Date.now()) / 2 - (theirs + 500));
  clock.known = true;
  set("ahead", String(clock.ahead));
}
