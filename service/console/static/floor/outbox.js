/**
 * The outbox: everything that is done on the floor goes through it, so that a dead spot, a flat battery or a closed tab
 * loses nothing and doubles nothing.
 *
 *   commit --(written down here)--> waiting --5 s, in which it can be undone--> sending --> sent
 *                                                                                 └--> refused: somebody decides
 *
 * Each step of an entry carries an id of its own that the service knows again, so sending it twice is sending it once. A
 * crash between any two lines leaves an entry that is waiting or sending, and both are sent when the page is back.
 */
import { Refused, Unreachable, ask, clock, reach } from "./asking.js";
import { all, change, get, inOne, put } from "./store.js";
import { owner } from "./told.js";

export const UNDO_MS = 5_000;
const AGAIN_MS = 1_000; // doubled with each try that nobody answers, up to
const AGAIN_AT_MOST_MS = 30_000;
const DIRECT_WITHIN_MS = 60_000; // what may not wait is not sent by itself when the page comes back later
const KEPT_SENT = 50;

/**
 * @typedef {{method: string, path: string, body: any, file?: Blob, matches?: string, over?: {path: string, member: string, open: string}}} Step
 *   `file` is sent instead of a body; `matches` says what the label should have been, of a scan that was made without a network; `over`: a refusal means that
 *   it was done before, if this member says anything else than that.
 * @typedef {{id: string, owner: string, order: number, title: string, kind: string, lots: string[], steps: Step[], at: number,
 *   due: number, state: "waiting" | "sending" | "refused" | "sent", direct: boolean, problem: any, made: number, index?: number | null}} Entry
 *   `direct` is what may not wait for a network (accept, offer, ship): it is sent now or not at all.
 */

const events = new EventTarget();
let state = { signedOut: false };
let last = 0;
let pause = AGAIN_MS;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {(event: {entry?: Entry, what: string}) => void} hear */
export function watch(hear) {
  events.addEventListener("outbox", (event) => hear(/** @type {CustomEvent} */ (event).detail));
}

/** @param {string} what @param {Entry} [entry] */
function tell(what, entry) {
  events.dispatchEvent(new CustomEvent("outbox", { detail: { what, entry } }));
}

export const standing = () => state;

/** The moment of an act, in the service's time. */
export const now = () => new Date(Date.now() - (clock.ahead)).toISOString().replace(/\.\d+Z$/, "Z");

/** Written down; sent after five seconds. @param {{title: string, kind: string, lots: string[], steps: Step[], direct?: boolean}} work */
export async function commit(work) {
  const made = Date.now();
  last = Math.max(last + 1, made);
  /** @type {Entry} */
  const entry = {
    direct: false, ...work, id: crypto.randomUUID(), owner, order: last, at: 0, due: made + UNDO_MS, state: "waiting", problem: null, made,
  };
  await put("outbox", entry);
  tell("committed", entry);
  setTimeout(() => void send(), UNDO_MS + 20);
  return entry;
}

/** Whether it is as if it had never been; false if it is already on its way. @param {string} id */
export async function undo(id) {
  const undone = await inOne(["outbox"], "readwrite", (store, give) => {
    const asked = store("outbox").get(id);
    asked.onsuccess = () => {
      if (asked.result?.state !== "waiting" || asked.result.at > 0) return;
      store("outbox").delete(id);
      give(asked.result);
    };
  });
  if (undone) tell("undone", undone);
  return Boolean(undone);
}

/** What is not yet known to be recorded, the oldest first; of this person only. @returns {Promise<Entry[]>} */
export async function unsent() {
  return (await all("outbox")).filter((each) => each.owner === owner).sort((one, other) => one.order - other.order);
}

/** So much of others lies here, who worked on this device and left. */
export async function ofOthers() {
  return (await all("outbox")).filter((each) => each.owner !== owner).length;
}

/** The last that was recorded, the newest first. @returns {Promise<Entry[]>} */
export async function sent() {
  return (await all("sent")).filter((each) => each.owner === owner).sort((one, other) => other.order - one.order);
}

/** A refused one is tried again, or given up; both by hand only. @param {string} id */
export async function retry(id) {
  await change("outbox", id, (entry) => ({ ...entry, state: "waiting", problem: null, due: Date.now() }));
  await send();
}

/** @param {string} id */
export async function giveUp(id) {
  const entry = await inOne(["outbox"], "readwrite", (store, give) => {
    const asked = store("outbox").get(id);
    asked.onsuccess = () => {
      if (asked.result?.state !== "refused") return;
      store("outbox").delete(id);
      give(asked.result);
    };
  });
  if (entry) tell("given-up", entry);
}

/** Replay whenever there may be a network: now, when the page is seen again, when the device says so or the service answers
 * again, and again and again. */
export function begin() {
  addEventListener("online", () => void send());
  document.addEventListener("floor-reach", () => reach.lost || void send());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void send());
  void send();
}

/** A device says that it is back before it is, or does not say it; so this does not wait to be told. @param {boolean} stuck something was due, and nobody answered */
function tryAgain(stuck) {
  pause = stuck ? Math.min(2 * pause, AGAIN_AT_MOST_MS) : AGAIN_MS;
  clearTimeout(timer);
  timer = setTimeout(() => void send(), stuck ? pause : AGAIN_AT_MOST_MS);
}

/** @type {Promise<void> | null} */
let running = null;
let wanted = false;

/** Everything that is due; one at a time, also if the device shows several pages of ours. */
export async function send() {
  wanted = true;
  running ??= (async () => {
    while (wanted) {
      wanted = false;
      await (navigator.locks ? navigator.locks.request("lotproof-outbox", sendAll) : sendAll());
    }
  })().finally(() => (running = null));
  await running;
}

async function sendAll() {
  const held = new Set(), waiting = await unsent();
  let stuck = false;
  state = { signedOut: false };
  for (const entry of waiting) {
    const later = entry.state === "refused" || entry.due > Date.now() || entry.lots.some((lot) => held.has(lot));
    if (entry.direct && entry.state !== "refused" && Date.now() - entry.due > DIRECT_WITHIN_MS) {
      await refused(entry, { slug: "no-network" });
    } else if (later) {
      for (const lot of entry.lots) held.add(lot);
      if (entry.due > Date.now()) setTimeout(() => void send(), entry.due - Date.now() + 20);
    } else if ((stuck = (!navigator.onLine && !entry.direct) || !(await sendOne(entry, held)))) break;
  }
  tryAgain(stuck);
  tell("looked");
}

/** Whether to go on with the next. @param {Entry} entry @param {Set<string>} held */
async function sendOne(entry, held) {
  const taken = await change("outbox", entry.id, (found) => found.state !== "refused" && { ...found, state: "sending" });
  if (!taken) return true;
  tell("sending", taken);
  try {
    await carryOut(taken);
    return true;
  } catch (problem) {
    if (problem instanceof Unreachable) return unreachable(taken);
    if (!(problem instanceof Refused)) throw problem;
    if (problem.status === 401) return signedOut(taken);
    for (const lot of taken.lots) held.add(lot);
    await refused(taken, { slug: problem.slug, title: problem.problem.title, detail: problem.message, expected: problem.problem.in_words?.expected ?? problem.problem.expected });
    return true;
  }
}

/** @param {Entry} entry */
async function carryOut(entry) {
  let index = null;
  for (let at = entry.at; at < entry.steps.length; at++) {
    const answer = await carryOutStep(entry.steps[at]);
    index = (answer?.receipts ?? answer?.movement?.receipts)?.[0]?.receipt?.index ?? index;
    await change("outbox", entry.id, (found) => ({ ...found, at: at + 1 }));
  }
  /** @type {Entry} */
  const done = { ...entry, state: "sent", at: entry.steps.length, index, steps: entry.steps.map(({ file, ...step }) => step) };
  await inOne(["outbox", "sent"], "readwrite", (store) => {
    store("outbox").delete(entry.id);
    store("sent").put(done);
  });
  await forgetOld();
  tell("sent", done);
}

/** @param {Step} step */
async function carryOutStep(step) {
  try {
    const answer = await ask(step.method, step.path, step.file ?? step.body);
    if (step.matches && !answer.matches) {
      throw new Refused(409, { type: "scanned-other", detail: answer.scanned, expected: step.matches, seen: answer.scanned });
    }
    return answer;
  } catch (problem) {
    if (problem instanceof Refused && step.over && problem.status === 409) {
      const found = await ask("GET", step.over.path);
      if (found[step.over.member] !== step.over.open) return found;
    }
    throw problem;
  }
}

/** @param {Entry} entry */
async function unreachable(entry) {
  if (entry.direct) await refused(entry, { slug: "no-network" });
  return false; // it stays "sending": it may have arrived, so it can no longer be undone
}

/** @param {Entry} entry */
async function signedOut(entry) {
  state = { signedOut: true };
  await change("outbox", entry.id, (found) => ({ ...found, state: found.at ? "sending" : "waiting" }));
  return false;
}

/** @param {Entry} entry @param {any} problem */
async function refused(entry, problem) {
  const left = await change("outbox", entry.id, (found) => ({ ...found, state: "refused", problem }));
  if (left) tell("refused", left);
}

async function forgetOld() {
  for (const entry of (await sent()).slice(KEPT_SENT)) {
    await inOne(["sent"], "readwrite", (store) => void store("sent").delete(entry.id));
  }
}

/** @param {string} id */
export const entryOf = (id) => get("outbox", id);
