/** Offer goods: scan the lots, touch to whom, touch "offer". */
import { refuse, tell } from "../band.js";
import { button, byId, el, fill } from "../dom.js";
import { stockOf } from "../known.js";
import { show, undoNewest } from "../outbox_view.js";
import { begin as listen, named } from "../scanning.js";
import { say, told } from "../told.js";
import { decimal, done, movement, scanNow } from "./common.js";

/** @typedef {import("../known.js").Row} Row */
/** @type {Row[]} */
let rows = [];
let place = "", party = "";

export async function begin() {
  show();
  listen({ seen, site: () => place.split("/")[0], undo: () => void undoNewest(), confirm: () => void offer() });
  draw();
}

/** @param {any} seen */
async function seen(seen) {
  if (seen.location && seen.lots.length === 0) return placeSeen(seen.location);
  if (seen.lots.length !== 1) return refuse({ title: say("offer.neither"), scanned: named(seen), expected: say("move.expect.lot"), todo: say("floor.scan_it") });
  const { uri, lot, item } = seen.lots[0];
  if (rows.some((each) => each.uri === uri)) return tell("warning", { title: say("offer.already", lot) });
  const there = (await stockOf(uri)).filter((each) => each.status === "available"), here = there.filter((each) => !place || each.location === place);
  if (here.length === 0) return refuse({ title: say("offer.not_here"), scanned: `${lot} · ${item}`, expected: place || say("move.expect.stock"), todo: say("offer.not_here.do", there.map((each) => each.location).join(", ") || say("none")) });
  if (!place && here.length > 1) return refuse({ title: say("offer.which_place"), scanned: `${lot} · ${item}`, expected: here.map((each) => each.location).join(", "), todo: say("offer.scan_place") });
  place = here[0].location;
  rows.push(here[0]);
  tell("ok", { title: `${lot} · ${item}` });
  draw();
}

/** @param {string} scanned */
async function placeSeen(scanned) {
  if (rows.length && scanned !== place) return refuse({ title: say("offer.one_place"), scanned, expected: place, todo: say("offer.one_place.do") });
  place = scanned;
  tell("ok", { title: scanned });
}

async function offer() {
  if (!rows.length || !party) return refuse({ title: say("offer.incomplete"), expected: say(rows.length ? "offer.to" : "move.expect.lot"), todo: say(rows.length ? "offer.to" : "floor.scan_it") });
  if (!navigator.onLine) return refuse({ title: say("floor.needs_network"), todo: say("floor.needs_network.do") });
  const lines = rows.map((each, at) => ({ item: each.item, lot: each.lot, status: each.status, quantity: decimal(/** @type {HTMLInputElement} */ (byId(`offered-${at}`)).value) }));
  const bad = lines.findIndex((each) => each.quantity === null);
  if (bad >= 0) return refuse({ title: say("floor.bad_quantity"), scanned: rows[bad].lot, expected: say("floor.expect.number"), todo: say("floor.bad_quantity.do") });
  const body = movement({ type: "offer", from: place, to_party: party, lines });
  await done({ title: say("offer.done", lines.map((each) => each.lot).join(", "), party), kind: "offer", lots: rows.map((each) => each.uri), direct: true, steps: [{ method: "POST", path: "/movements", body }] });
  [rows, place] = [[], ""];
  draw();
}

function draw() {
  scanNow(say(rows.length ? "offer.scan_more" : "offer.scan"));
  if (!rows.length) return fill(byId("work"));
  fill(byId("work"), el("p", {}, `${say("floor.at")}: `, el("strong", {}, place)),
    el("ul", { class: "count-lines" }, ...rows.map((each, at) => el("li", {}, el("label", { for: `offered-${at}` }, el("strong", {}, each.lot), ` ${each.item}`),
      el("input", { id: `offered-${at}`, type: "text", inputmode: "decimal", value: each.quantity, autocomplete: "off", maxlength: "30" }), el("span", {}, each.unit)))),
    el("p", {}, say("offer.to")),
    el("div", { class: "choose", role: "group", "aria-label": say("offer.to") }, ...told.parties.map((each) => {
      const made = button(each.name, () => { party = each.id; draw(); }, each.id === party ? "" : "plain");
      made.setAttribute("aria-pressed", String(each.id === party));
      return made;
    })),
    button(say("offer.do"), () => void offer(), "main"), button(say("floor.again"), () => { [rows, place] = [[], ""]; draw(); }, "plain"));
}
