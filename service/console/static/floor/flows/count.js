/** Count, blind: scan the place, scan each lot (again is one more, or type how many), touch "finished". */
import { Refused, Unreachable, ask } from "../asking.js";
import { refuse, tell } from "../band.js";
import { button, byId, el, fill } from "../dom.js";
import { book } from "../known.js";
import { show, undoNewest } from "../outbox_view.js";
import { begin as listen, named } from "../scanning.js";
import { get, put, remove } from "../store.js";
import { owner, say, told } from "../told.js";
import { decimal, done, plus, scanNow } from "./common.js";

/** @typedef {{at: string, item: string, lot: string, uri: string, counted: string | null, status: string, unit: string, seen: boolean}} Line */
/** @type {{id: string, place: string, lines: Line[]} | null} */
let sheet = null;

export async function begin() {
  show({ undone: (entry) => void bringBack(entry) });
  listen({ seen, site: () => sheet?.place.split("/")[0], undo: () => void undoNewest(), confirm: () => void finish() });
  await restore();
}

/** A count that was begun is not lost with the page. */
async function restore() {
  const kept = await get("kept", "count");
  sheet = kept?.owner === owner ? kept.sheet : null;
  draw();
}

/** The count whose end was undone. @param {import("../outbox.js").Entry} entry */
async function bringBack(entry) {
  const before = await get("kept", "count-before");
  if (entry.kind !== "count" || !entry.steps[0].body.id || before?.sheet.id !== entry.steps[0].body.id) return;
  await put("kept", { ...before, id: "count" });
  await restore();
}

/** Nothing is posted of it; the sheet stays among the cancelled ones. */
async function stop() {
  if (!sheet) return;
  const { id } = sheet;
  await ask("POST", `/counts/${id}/cancel`, { by: told.person }).catch(() => null);
  await remove("kept", "count");
  sheet = null;
  draw();
}

const save = () => put("kept", /** @type {any} */ ({ id: "count", owner, sheet }));

/** @param {any} seen */
async function seen(seen) {
  if (seen.location && seen.lots.length === 0) return placeSeen(seen.location, named(seen));
  if (seen.lots.length !== 1) return refuse({ title: say("count.neither"), scanned: named(seen), expected: say(sheet ? "count.expect.lot" : "count.expect.place"), todo: say("floor.scan_it") });
  if (!sheet) return refuse({ title: say("count.place_first"), scanned: named(seen), expected: say("count.expect.place"), todo: say("count.scan.place") });
  await lotSeen(seen);
}

/** @param {string} place @param {string} scanned */
async function placeSeen(place, scanned) {
  if (sheet && sheet.place !== place) return refuse({ title: say("count.unfinished", sheet.place), scanned, expected: sheet.place, todo: say("count.unfinished.do") });
  if (sheet) return tell("warning", { title: say("count.already", place) });
  const id = crypto.randomUUID();
  const lines = await expected(id, place);
  if (!lines) return;
  sheet = { id, place, lines };
  await save();
  tell("ok", { title: say("count.begun", place) });
  draw();
}

/** The lots that the book has there, without how much: from the new sheet, or without a network from the copy. @param {string} id @param {string} place @returns {Promise<Line[] | null>} */
async function expected(id, place) {
  try {
    const made = await ask("POST", "/counts", opening(id, place));
    return made.lines.map((/** @type {any} */ each) => line(each, each.status));
  } catch (problem) {
    if (problem instanceof Unreachable) return ((await book())?.rows ?? []).filter((row) => row.location === place).map((row) => line(row, row.status));
    if (!(problem instanceof Refused)) throw problem;
    await refuse({ title: say("count.no"), scanned: place, todo: say("floor.scan_it"), more: [problem.message] });
    return null;
  }
}

/** @param {string} id @param {string} place */
const opening = (id, place) => ({ id, by: told.person, blind: true, places: [place] });

/** @param {any} row @param {string} status @returns {Line} */
const line = (row, status) => ({ at: row.location, item: row.item, lot: row.lot, uri: row.uri, unit: row.unit ?? "", status, counted: null, seen: false });

/** @param {any} seen */
async function lotSeen(seen) {
  if (!sheet) return;
  const { uri, item, lot } = seen.lots[0];
  let found = sheet.lines.find((each) => each.uri === uri && each.status === "available") ?? sheet.lines.find((each) => each.uri === uri);
  if (!found) {
    found = line({ location: sheet.place, item, lot, uri }, "available");
    sheet.lines.push(found);
  }
  const said = seen.quantities?.find((/** @type {any} */ each) => each.ai === "30" || each.ai === "37")?.value;
  found.counted = plus(found.counted ?? "0", said ?? "1");
  found.seen = true;
  sheet.lines.sort((one, other) => Number(other === found) - Number(one === found));
  await save();
  tell("ok", { title: `${lot} · ${found.counted}` });
  draw();
}

async function finish() {
  if (!sheet) return;
  const bad = sheet.lines.find((each) => each.counted !== null && decimal(each.counted) === null);
  if (bad) return refuse({ title: say("floor.bad_quantity"), scanned: `${bad.lot} ${bad.counted}`, expected: say("floor.expect.number"), todo: say("floor.bad_quantity.do") });
  const { id, place } = sheet, path = `/counts/${id}`, over = { path, member: "state", open: "open" };
  const lines = sheet.lines.map(({ at, item, lot, status, counted }) => ({ at, item, lot, status, counted: decimal(counted ?? "0") }));
  const batches = Array.from({ length: Math.ceil(lines.length / 100) }, (_, at) => lines.slice(at * 100, at * 100 + 100));
  const steps = [
    { method: "POST", path: "/counts", body: opening(id, place) },
    ...batches.map((lines) => ({ method: "POST", path: `${path}/lines`, body: { by: told.person, lines }, over })),
    { method: "POST", path: `${path}/finish`, body: { by: told.person }, over },
  ];
  const missing = sheet.lines.filter((each) => !each.seen && each.counted === null).length;
  await done({ title: missing ? say("count.done.missing", place, missing) : say("count.done", place), kind: "count", lots: sheet.lines.map((each) => each.uri), steps });
  await put("kept", /** @type {any} */ ({ id: "count-before", owner, sheet }));
  await remove("kept", "count");
  sheet = null;
  draw();
}

function draw() {
  scanNow(say(sheet ? "count.scan.lot" : "count.scan.place"));
  if (!sheet) return fill(byId("work"));
  fill(byId("work"), el("p", { class: "huge" }, sheet.place), el("p", { class: "quiet" }, say("count.not_scanned")),
    el("ul", { class: "count-lines" }, ...sheet.lines.map(row)), button(say("count.finish"), () => void finish(), "main"), button(say("count.stop"), () => void stop(), "plain"));
}

/** @param {Line} line @param {number} at */
function row(line, at) {
  const id = `counted-${at}`;
  const input = /** @type {HTMLInputElement} */ (el("input", { id, type: "text", inputmode: "decimal", value: line.counted ?? "", autocomplete: "off", maxlength: "30" }));
  input.addEventListener("change", () => {
    line.counted = input.value.trim() === "" ? null : input.value.trim();
    line.seen = line.counted !== null;
    void save();
  });
  const status = line.status === "hold" ? ` · ${say("goods.hold")}` : "";
  return el("li", { "data-lot": line.lot }, el("label", { for: id }, el("strong", {}, line.lot), ` ${line.item}${status}`), input, el("span", {}, line.unit));
}
