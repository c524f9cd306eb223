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
import { byId } from "./dom.js";
import { book, recognised, siteOf } from "./known.js";
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
 *   confirm?: () => void, undo?: () => void}} Flow `takes` says that the flow knows what to do although the service has doubts
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
  else void refuse(doubt(seen));
}

/** @param {string} text @returns {Promise<Seen | null>} */
async function meaning(text) {
  const expect = flow?.expect?.(), site = siteOf(await book());
  const body = { id: crypto.randomUUID(), ...sending(text), ...(site ? { site } : {}), ...(expect ? { expect } : {}) };
  try {
    return await ask("POST", "/scans", body);
  } catch (problem) {
    if (problem instanceof Unreachable) return offline(text);
    if (!(problem instanceof Refused)) throw problem;
    void refuse({ title: say("floor.not_read"), scanned: visible(text), todo: problem.status === 401 ? say("floor.do.sign_in") : problem.message });
    return null;
  }
}

/** @param {string} text */
async function offline(text) {
  const seen = await recognised(text);
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
  const lot = seen.lots.length === 1 ? seen.lots[0].lot : seen.lot;
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
