/** Pick: a card says where, which lot, until when, how many and why; scan the lot and it is done. A touch only for another number. */
import { refuse, tell } from "../band.js";
import { button, byId, el, fill } from "../dom.js";
import { show, undoNewest } from "../outbox_view.js";
import { unsent } from "../outbox.js";
import { begin as listen, named } from "../scanning.js";
import { say, told } from "../told.js";
import { speak, spelled } from "../voice.js";
import { decimal, done, expiry, facts, field, laterScan, scanNow, valueOf } from "./common.js";

/** @typedef {{line: number, location: string, item: string, name: string, gtin: string | null, lot: string, label_lot: string | null, expiry_date: string | null, open: string, unit: string, why: string}} Stop */

/** @type {Stop[]} what is left to do */
let stops = [];
let at = 0;
/** @type {Stop | null} what was spoken last */
let spoken = null;
const WHOLE = told.list?.lines.filter((/** @type {any} */ each) => each.ended === null).length ?? 0;

export async function begin() {
  show({ undone: (entry) => void (entry.kind === "pick" && reload()) });
  listen({ seen, site: () => stops[at]?.location.split("/")[0], takes, expect, undo: () => void undoNewest() });
  await reload();
}

/** What the list says is open, less what waits in the outbox. */
async function reload() {
  const mine = new Set((await unsent()).filter((each) => each.kind === "pick").map((each) => each.steps.at(-1)?.path));
  stops = (told.list?.lines ?? []).filter((/** @type {any} */ each) => each.open !== "0" && !mine.has(path(each)));
  at = 0;
  draw();
}

/** @param {Stop} stop */
const path = (stop) => `/pick-lists/${told.list.id}/lines/${stop.line}/confirm`;

const expect = () => (stops[at] ? { kind: "lot", value: stops[at].lot, item: stops[at].item } : undefined);

/** Another lot of the walk, or a place, is not an error of the service's. @param {any} seen */
const takes = (seen) => ["mismatch", "unknown"].includes(seen.outcome) && stops.length > 0;

/** @param {any} seen @param {string} text */
async function seen(seen, text) {
  const stop = stops[at];
  if (!stop) return tell("warning", { title: say("pick.all") });
  if (seen.location && seen.lots.length === 0) return placeSeen(stop, seen.location);
  const found = stops.findIndex((each) => isOf(each, seen));
  if (found < 0) return wrong(stop, seen);
  at = found;
  await take(stops[found], laterScan(seen, text));
}

/** @param {Stop} stop @param {any} seen */
function isOf(stop, seen) {
  const item = seen.item?.code ?? seen.lots[0]?.item;
  const labelled = stop.label_lot !== null && seen.lot === stop.label_lot && seen.item?.code === stop.item;
  return labelled || (item === stop.item && seen.lots.some((/** @type {any} */ each) => each.lot === stop.lot && each.item === stop.item));
}

/** @param {Stop} stop @param {string} place */
async function placeSeen(stop, place) {
  if (place === stop.location) return tell("ok", { title: place });
  const there = stops.findIndex((each) => each.location === place);
  if (there < 0) return refuse({ title: say("pick.wrong_place"), scanned: place, expected: stop.location, todo: aloud(say("pick.go", stop.location)) });
  at = there;
  draw();
  return tell("ok", { title: place });
}

/** What it is instead decides what to do. @param {Stop} stop @param {any} seen */
async function wrong(stop, seen) {
  const other = seen.lots.length === 1 ? seen.lots[0] : null;
  const same = (seen.item?.code ?? other?.item) === stop.item;
  const kind = !same ? "item" : other?.expiry_date && stop.expiry_date && other.expiry_date < stop.expiry_date ? "earlier" : "later";
  await refuse({ title: say("pick.wrong"), scanned: `${named(seen)}${other?.expiry_date ? ` · ${other.expiry_date}` : ""}`,
                 expected: `${say("floor.kind.lot")} ${stop.lot} · ${stop.item} · ${stop.location}`, todo: aloud(say(`pick.wrong.${kind}`, stop.lot, stop.location)) });
}

/** @param {Stop} stop @param {any[]} scans */
async function take(stop, scans) {
  const typed = valueOf("quantity"), quantity = decimal(typed);
  if (quantity === null) return refuse({ title: say("floor.bad_quantity"), scanned: typed, expected: stop.open, todo: say("floor.bad_quantity.do") });
  const body = { id: crypto.randomUUID(), item: stop.item, lot: stop.lot, place: stop.location, quantity };
  await confirmed(stop, body, scans, say("pick.done", `${quantity} ${stop.unit} ${stop.lot}`));
}

/** @param {string} reason */
async function short(reason) {
  const stop = stops[at], found = decimal(valueOf("found"));
  const body = { id: crypto.randomUUID(), item: stop.item, lot: stop.lot, place: stop.location, short_reason: reason, ...(found && found !== "0" ? { quantity: found } : {}) };
  await confirmed(stop, body, [], say("pick.short.done", `${found ?? "0"} ${stop.unit} ${stop.lot}`, reason));
}

/** @param {Stop} stop @param {any} body @param {any[]} scans @param {string} title */
async function confirmed(stop, body, scans, title) {
  await done({ title, kind: "pick", lots: [`${stop.item} ${stop.lot}`], steps: [...scans, { method: "POST", path: path(stop), body }] }, stops.length === 1 ? "complete" : "ok");
  const left = decimal(body.quantity ?? "0") === stop.open || body.short_reason ? null : body.quantity;
  if (left === null) stops = stops.filter((each) => each !== stop);
  else stop.open = minus(stop.open, left);
  at = Math.min(at, Math.max(0, stops.length - 1));
  draw();
}

/** @param {string} whole @param {string} part */
function minus(whole, part) {
  const places = Math.max(...[whole, part].map((each) => each.split(".")[1]?.length ?? 0)), scale = 10 ** places;
  return String((Math.round(Number(whole) * scale) - Math.round(Number(part) * scale)) / scale);
}

/** @param {string} text */
function aloud(text) {
  speak(text);
  return text;
}

/** Once for each stop that comes up. @param {Stop | undefined} stop */
function speakStop(stop) {
  if (stop && stop !== spoken) speak(say("pick.spoken", spelled(stop.location), stop.open, stop.unit));
  if (!stop && spoken) speak(say("pick.all"));
  spoken = stop ?? null;
}

function draw() {
  const stop = stops[at];
  if (!told.list) return scanNow(say("pick.choose"));
  byId("progress").textContent = say("pick.progress", WHOLE - stops.length, WHOLE);
  byId("after").hidden = stops.length > 0;
  speakStop(stop);
  if (!stop) {
    scanNow(say("pick.all"));
    return fill(byId("work"));
  }
  scanNow(say("pick.scan"));
  fill(byId("work"), el("section", { class: "card pick-card" },
    facts([[say("location"), el("strong", { class: "huge" }, stop.location)], [say("lot"), el("strong", { class: "huge" }, stop.lot)],
           [say("expiry_date"), el("strong", { class: "huge" }, expiry(stop.expiry_date))], [say("item"), `${stop.item} ${stop.name}`]]),
    field("quantity", `${say("quantity")} (${stop.unit})`, stop.open), el("p", { class: "quiet" }, `${say("floor.why")}: ${stop.why}`)),
    shortBox(stop), stops.length > 1 && button(say("pick.next"), () => { at = (at + 1) % stops.length; draw(); }, "plain"));
}

/** @param {Stop} stop */
function shortBox(stop) {
  const reasons = ["missing", "damaged", "unreadable", "blocked"];
  return el("details", {}, el("summary", {}, say("pick.short")), field("found", `${say("pick.found")} (${stop.unit})`, "0"),
    el("div", { class: "choose" }, ...reasons.map((each) => button(say(`short.${each}`), () => void short(say(`short.${each}`)), "plain"))));
}
