/** What flows have in common: what to scan now, a line of values, a number that is asked for, and the way to the outbox. */
import { tell } from "../band.js";
import { byId, el } from "../dom.js";
import { commit, now } from "../outbox.js";
import { sending } from "../spelling.js";
import { say } from "../told.js";

/** @param {string} text */
export function scanNow(text) {
  byId("scan-now").textContent = text;
}

/** @param {[string, string | Node | null | undefined][]} pairs */
export function facts(pairs) {
  return el("dl", { class: "facts" }, ...pairs.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

/** @param {string} id @param {string} label @param {string} value @param {string} [mode] @returns {HTMLElement} with an input of that id */
export function field(id, label, value, mode = "decimal") {
  return el("p", { class: "field" }, el("label", { for: id }, label),
            el("input", { id, name: id, value, type: "text", inputmode: mode, autocomplete: "off", maxlength: "200" }));
}

/** @param {string} id @returns {string} */
export const valueOf = (id) => /** @type {HTMLInputElement | null} */ (document.getElementById(id))?.value.trim() ?? "";

/** @param {string | null | undefined} day @returns {string} an expiry date with the days that are left */
export function expiry(day) {
  if (!day) return say("floor.no_expiry");
  const left = Math.round((Date.parse(day) - Date.parse(new Date().toISOString().slice(0, 10))) / 86_400_000);
  return `${day} ${left < 0 ? say("floor.expired_since", -left) : say("floor.days_left", left)}`;
}

/** A movement with an id of its own, and when it happened. @param {Record<string, unknown>} movement */
export const movement = (movement) => ({ id: crypto.randomUUID(), event_time: now(), ...movement });

/** A scan that nobody could read yet: sent before what was done with it, and it must say this lot. @param {any} seen @param {string} text */
export function laterScan(seen, text) {
  if (!seen.offline || seen.lots.length !== 1) return [];
  const { item, lot } = seen.lots[0];
  const body = { id: crypto.randomUUID(), ...sending(text), expect: { kind: "lot", value: lot, item } };
  return [{ method: "POST", path: "/scans", body, matches: `${item} ${lot}` }];
}

/** Said, sounded, and into the outbox. @param {{title: string, kind: string, lots: string[], steps: any[], direct?: boolean}} work @param {"ok" | "complete"} [kind] */
export async function done(work, kind = "complete") {
  const entry = await commit(work);
  tell(kind, { title: work.title });
  return entry;
}

/** A number as JSON text takes it, or null. @param {string} typed */
export function decimal(typed) {
  const plain = typed.normalize("NFKC").replace(/,/g, "").trim();
  return /^(0|[1-9]\d{0,15})(\.\d{1,9})?$/.test(plain) ? plain : null;
}

/** Exact, on decimal text. @param {string} one @param {string} other @returns {string} */
export function plus(one, other) {
  const places = Math.max(...[one, other].map((each) => each.split(".")[1]?.length ?? 0));
  const units = (/** @type {string} */ each) => BigInt(each.split(".")[0] + (each.split(".")[1] ?? "").padEnd(places, "0"));
  const sum = (units(one) + units(other)).toString().padStart(places + 1, "0");
  return places ? `${sum.slice(0, -places)}.${sum.slice(-places)}`.replace(/\.?0+$/, "") : sum;
}
