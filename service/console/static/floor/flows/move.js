/** Put away: scan the lot, scan the place. No touch; the quantity is all that lies there unless somebody changes it. */
import { refuse, tell } from "../band.js";
import { button, byId, el, fill, goods } from "../dom.js";
import { freshBook, stockOf } from "../known.js";
import { show, undoNewest } from "../outbox_view.js";
import { begin as listen, named } from "../scanning.js";
import { say } from "../told.js";
import { decimal, done, expiry, facts, field, laterScan, movement, scanNow, valueOf } from "./common.js";

/** @typedef {import("../known.js").Row} Row */
/** @type {{lot: any, rows: Row[], row: Row | null, scans: any[], suggested: {place: string, why: string} | null, insisted: string}} */
let work = nothing();

function nothing() {
  return { lot: null, rows: [], row: null, scans: [], suggested: null, insisted: "" };
}

export async function begin() {
  show();
  listen({ seen, site: () => (work.row ?? work.rows[0])?.location.split("/")[0], undo: () => void undoNewest(), expect: () => (work.row ? { kind: "location" } : undefined), takes: (seen) => Boolean(work.row && seen.lots.length === 1) });
  reset();
  const uri = new URLSearchParams(location.search).get("lot");
  if (uri) await lotSeen({ uri, ...(await known(uri)) }, []);
}

/** @param {string} uri */
async function known(uri) {
  const row = (await stockOf(uri))[0];
  return row ? { item: row.item, lot: row.lot, expiry_date: row.expiry_date } : { item: "", lot: uri, expiry_date: null };
}

function reset() {
  work = nothing();
  draw();
}

/** @param {any} seen @param {string} text */
async function seen(seen, text) {
  if (seen.lots.length === 1) return lotSeen(seen.lots[0], laterScan(seen, text));
  if (seen.location) return placeSeen(seen.location, named(seen));
  await refuse({ title: say("move.neither"), scanned: named(seen), expected: say(work.lot ? "move.expect.place" : "move.expect.lot"), todo: say("floor.scan_it") });
}

/** @param {any} lot @param {any[]} scans */
async function lotSeen(lot, scans) {
  const rows = await stockOf(lot.uri);
  if (rows.length === 0) return refuse({ title: say("move.none_here"), scanned: `${lot.lot} · ${lot.item}`, expected: say("move.expect.stock"), todo: say("move.none_here.do") });
  work = { ...nothing(), lot, rows, scans, row: rows.length === 1 ? rows[0] : null };
  if (work.row) await suggest(work.row);
  tell("ok", { title: `${lot.lot} · ${lot.item}` });
  draw();
}

/** @param {string} place @param {string} scanned */
async function placeSeen(place, scanned) {
  if (!work.lot) return refuse({ title: say("move.lot_first"), scanned, expected: say("move.expect.lot"), todo: say("move.lot_first.do") });
  if (!work.row) return fromSeen(place, scanned);
  if (place === work.row.location) return refuse({ title: say("move.same"), scanned, expected: say("move.expect.place"), todo: say("move.same.do") });
  if (place.split("/")[0] !== work.row.location.split("/")[0]) return refuse({ title: say("move.other_site"), scanned, expected: work.row.location.split("/")[0], todo: say("move.other_site.do") });
  if (work.suggested && place !== work.suggested.place && work.insisted !== place) {
    work.insisted = place;
    return tell("warning", { title: say("move.other"), scanned, expected: work.suggested.place, todo: say("move.other.do", place) });
  }
  await commit(place);
}

/** The lot lies at several places: the first place that is scanned says from where. @param {string} place @param {string} scanned */
async function fromSeen(place, scanned) {
  const row = work.rows.find((each) => each.location === place);
  if (!row) return refuse({ title: say("move.not_there"), scanned, expected: work.rows.map((each) => each.location).join(", "), todo: say("move.from") });
  return choose(row);
}

/** @param {Row} row */
async function choose(row) {
  work.row = row;
  await suggest(row);
  tell("ok", { title: say("move.from_is", row.location) });
  draw();
}

/** @param {string} to */
async function commit(to) {
  const { row, lot, scans } = work;
  const quantity = decimal(valueOf("quantity"));
  if (!row || quantity === null) return refuse({ title: say("floor.bad_quantity"), scanned: valueOf("quantity"), expected: say("floor.expect.number"), todo: say("floor.bad_quantity.do") });
  const line = { item: row.item, lot: row.lot, quantity, status: row.status };
  const step = { method: "POST", path: "/movements", body: movement({ type: "move", from: row.location, to, lines: [line] }) };
  await done({ title: say("move.done", `${quantity} ${row.unit} ${row.lot}`, to), kind: "move", lots: [lot.uri], steps: [...scans, step] });
  reset();
}

/** Where it could go: beside its own kind, or a place where nothing lies. @param {Row} row */
async function suggest(row) {
  const known = await freshBook(), site = row.location.split("/")[0];
  const kind = row.goods_status === "available" ? "storage" : "quarantine";
  const places = (known?.places ?? []).filter((each) => each.site === site && each.kind === kind && each.location !== row.location).map((each) => each.location);
  const lies = (/** @type {(each: Row) => boolean} */ test) => places.find((place) => known?.rows.some((each) => each.location === place && test(each)));
  const same = lies((each) => each.uri === row.uri), beside = lies((each) => each.item === row.item);
  const empty = places.find((place) => known?.whole && !known.rows.some((each) => each.location === place));
  work.suggested = same ? { place: same, why: say("move.why.same") } : beside ? { place: beside, why: say("move.why.beside") } : empty ? { place: empty, why: say("move.why.empty") } : null;
}

function draw() {
  const { lot, row, rows, suggested } = work;
  scanNow(say(!lot ? "move.scan.lot" : row ? "move.scan.place" : "move.scan.from"));
  if (!lot) return fill(byId("work"));
  if (!row) {
    return fill(byId("work"), facts([[say("lot"), `${lot.lot} · ${lot.item}`]]), el("div", { class: "choose" }, ...rows.map((each) => button(`${each.location} · ${each.quantity} ${each.unit}`, () => void choose(each)))));
  }
  fill(byId("work"),
    facts([[say("move.goes_to"), suggested && el("strong", { class: "huge" }, suggested.place)], [say("floor.why"), suggested?.why], [say("lot"), `${lot.lot} · ${lot.item}`],
           [say("expiry_date"), expiry(row.expiry_date)], [say("floor.at"), row.location], [say("status"), goods(row.goods_status)]]),
    field("quantity", `${say("quantity")} (${row.unit})`, row.quantity),
    button(say("floor.again"), reset, "plain"));
}
