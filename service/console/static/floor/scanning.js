/**
 * From a code to what it means. Three inputs at once: the wedge, the camera, and the field for typing; each gives a text.
 *
 *   the same within 1.5 s     a soft tick, nothing else
 *   an error stands there     it sounds again, nothing else
 *   else                      the service reads it (every scan is kept there); without a network the copies here do
 *
 * Codes are taken one after the other, in the order in which they came.
 */
import { isBlocked, refuse, stillRefused, tell } from "./band.js";
import { Refused, Unreachable, ask } from "./asking.js";
import { button, byId, el } from "./dom.js";
import { book, freshBook, recognised, siteOf } from "./known.js";
import { setting } from "./settings.js";
import { sound } from "./sounds.js";
import { sending, visible } from "./spelling.js";
import { knows, say } from "./told.js";
import { listen } from "./wedge.js";

const SAME_MS = 1_500;
export const COMMANDS = { "LOTPROOF:CONFIRM": "confirm", "LOTPROOF:UNDO": "undo" };

/**
 * @typedef {any} Seen an answer of `POST /scans`, or of `recognised`
 * @typedef {{seen: (seen: Seen, text: string) => void | Promise<void>, takes?: (seen: Seen) => boolean, expect?: () => ({kind: string, value?: string, item?: string} | undefined),
 *   site?: () => string | undefined, confirm?: () => void, undo?: () => void}} Flow `takes` says that the flow knows what to do although the service has doubts;
 *   `site` is where a place is meant that is scanned without its site
 */

/** @type {Flow | null} */
let flow = null;
let lastText = "", lastAt = 0;
let line = Promise.resolve();

/** @param {Flow} wanted */
export function begin(wanted) {
  flow = wanted;
  const field = /** @type {HTMLInputElement} */ (byId("code"));
  quietKeyboard(field);
  byId("typed").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value;
    field.value = "";
    if (text) arrived(text);
  });
  listen({ field, scanned: (scan) => arrived(scan.text), lost: () => void lost(), prefix: () => setting("prefix"), silence: Number(setting("silence")) });
}

/** @type {((text: string) => void) | null} */
let untouched = null;

/** The camera's codes as they come, for who tests the device. @param {(text: string) => void} hear */
export function hearUntouched(hear) {
  untouched = hear;
}

/** A code came in, from wherever. @param {string} text */
export function arrived(text) {
  if (untouched) return untouched(text);
  const again = text === lastText && Date.now() - lastAt < SAME_MS;
  [lastText, lastAt] = [text, Date.now()];
  if (again) return sound("duplicate");
  if (isBlocked()) return stillRefused();
  line = line.then(() => take(text)).catch((problem) => fault(problem));
}

/** The phone's keyboard stays away until the field is tapped a second time. @param {HTMLInputElement} field */
function quietKeyboard(field) {
  field.inputMode = "none";
  field.addEventListener("pointerdown", () => (field.inputMode = document.activeElement === field ? "text" : field.inputMode));
  field.addEventListener("blur", () => (field.inputMode = "none"));
}

/** @param {string} text */
async function take(text) {
  if (!flow || isBlocked()) return;
  const command = /** @type {Record<string, "confirm" | "undo">} */ (COMMANDS)[text];
  if (command) return flow[command]?.();
  const seen = await meaning(text);
  if (!seen) return;
  if (seen.outcome === "ok" || flow.takes?.(seen)) await flow.seen(seen, text);
  else if (seen.outcome === "ambiguous" && seen.lots.length > 1) tell("warning", { title: say("floor.which"), scanned: named(seen), more: [await which(seen, text)] });
  else void refuse(doubt(seen));
}

/** One label, several lots (what was split keeps its maker's number): those that lie here first; a person chooses. @param {Seen} seen @param {string} text */
export async function which(seen, text) {
  const rows = (await freshBook())?.rows ?? [], places = (/** @type {any} */ each) => rows.filter((row) => row.uri === each.uri).map((row) => row.location);
  const lots = [...seen.lots].sort((one, other) => Number(places(other).length > 0) - Number(places(one).length > 0));
  return el("div", { class: "choose" }, ...lots.map((each) => {
    const words = `${each.lot} · ${each.item} · ${each.expiry_date ?? "–"} · ${places(each).join(", ") || say("floor.not_here")}`;
    return button(words, () => void flow?.seen({ ...seen, outcome: "ok", lots: [each] }, text), "plain");
  }));
}

/** @param {string} text @returns {Promise<Seen | null>} */
async function meaning(text) {
  const expect = flow?.expect?.(), site = flow?.site?.() || siteOf(await book());
  const body = { id: crypto.randomUUID(), ...sending(text), ...(site ? { site } : {}), ...(expect ? { expect } : {}) };
  try {
    return await ask("POST", "/scans", body);
  } catch (problem) {
    if (problem instanceof Unreachable) return offline(text, site);
    if (!(problem instanceof Refused)) throw problem;
    void refuse({ title: say("floor.not_read"), scanned: visible(text), todo: problem.status === 401 ? say("floor.do.sign_in") : problem.message });
    return null;
  }
}

/** @param {string} text @param {string | undefined} site */
async function offline(text, site) {
  const seen = await recognised(text, site);
  if (!seen) void refuse({ title: say("floor.offline_unknown"), scanned: visible(text), todo: say("floor.do.offline_unknown") });
  return seen;
}

/** What the service found wrong with a code, in the person's language. @param {Seen} seen @returns {import("./band.js").Message} */
export function doubt(seen) {
  const findings = seen.findings.filter((/** @type {any} */ each) => knows(`finding.${each.finding}`))
    .map((/** @type {any} */ each) => say(`finding.${each.finding}`, each.expected ?? "", each.seen ?? ""));
  return { title: say(`outcome.${seen.outcome}`), scanned: named(seen), expected: seen.expected ? expectation(seen) : undefined, todo: say(`outcome.${seen.outcome}.do`), more: findings };
}

/** @param {Seen} seen */
function expectation(seen) {
  const wanted = flow?.expect?.();
  return wanted ? [say(`floor.kind.${wanted.kind}`), wanted.value ?? "", wanted.item ?? ""].filter(Boolean).join(" ") : seen.expected;
}

/** What a code names, for people. @param {Seen} seen @returns {string} */
export function named(seen) {
  const lot = seen.lots.length === 1 ? seen.lots[0].lot : seen.lot ?? (seen.lots.length ? seen.text : null);
  const item = seen.item?.code ?? seen.lots[0]?.item;
  const parts = [lot ? `${say("floor.kind.lot")} ${lot}` : "", item ?? "", seen.location ? `${say("floor.kind.location")} ${seen.location}` : ""];
  return parts.filter(Boolean).join(" · ") || visible(seen.text);
}

function lost() {
  tell("warning", { title: say("floor.ime"), todo: say("floor.ime.do") });
}

/** A fault of ours is not silent either. @param {unknown} problem */
function fault(problem) {
  void refuse({ title: say("floor.fault"), todo: say("floor.fault.do"), more: [String(problem)] });
}
