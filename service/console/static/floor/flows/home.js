/** Scan anything: what it is, where it lies, and what can be done with it. The last five stay in sight. */
import { refuse, tell } from "../band.js";
import { byId, el, fill, goods } from "../dom.js";
import { freshBook, siteOf, stockOf } from "../known.js";
import { show, undoNewest } from "../outbox_view.js";
import { begin as listen, doubt, named } from "../scanning.js";
import { set } from "../settings.js";
import { get, put } from "../store.js";
import { owner, say, told } from "../told.js";
import { expiry, facts, scanNow } from "./common.js";

const REMEMBERED = 5;

export async function begin() {
  show();
  listen({ seen, takes: (seen) => seen.outcome !== "ambiguous" && seen.lots.length + seen.look_alikes.length > 0, undo: () => void undoNewest() });
  scanNow(say("scan.any"));
  void chooseSite();
  await remembered();
}

/** @param {any} seen */
async function seen(seen) {
  const lots = seen.outcome === "ok" ? seen.lots : [...seen.lots, ...seen.look_alikes];
  if (seen.outcome !== "ok") void refuse({ ...doubt(seen), more: [...(doubt(seen).more ?? []), which(lots)] });
  else tell("ok", { title: named(seen) });
  await remember(named(seen), lots.length === 1 ? lots[0].uri : null);
  if (seen.outcome === "ok" && lots.length === 1) return lotCard(lots[0]);
  if (seen.location) return placeCard(seen.location);
  fill(byId("work"), which(lots));
}

/** None is chosen for anybody. @param {any[]} lots */
function which(lots) {
  return el("ul", { class: "tasks" }, ...lots.map((each) => el("li", {}, el("a", { class: "button plain", href: page("lot", each.uri) }, `${each.lot} · ${each.item} · ${each.expiry_date ?? "–"}`))));
}

/** @param {string} name @param {string} uri */
const page = (name, uri) => `${name === "lot" ? "/console/scan/lot?uri=" : `/console/floor/${name}?lot=`}${encodeURIComponent(uri)}`;

/** @param {any} lot */
async function lotCard(lot) {
  const rows = await stockOf(lot.uri), expires = lot.expiry_date ?? rows[0]?.expiry_date ?? null;
  const links = [["move", "floor.nav.move", told.may.record_movement && rows.length > 0], ["hold", "floor.nav.hold", told.may.add_case && rows.length > 0], ["lot", "scan.all", true]];
  fill(byId("work"), el("section", { class: "card" }, el("h2", {}, `${lot.lot} · ${lot.item}`), facts([[say("expiry_date"), el("strong", { class: "huge" }, expiry(expires))]]),
    el("ul", { class: "stock-lines" }, ...rows.map((each) => el("li", {}, el("strong", {}, each.location), ` ${each.quantity} ${each.unit} `, goods(each.goods_status)))),
    rows.length === 0 && el("p", { class: "empty" }, say("lot.nothing")),
    el("p", { class: "choose" }, ...links.filter(([, , shown]) => shown).map(([name, label]) => {
      const more = name === "hold" ? `&item=${encodeURIComponent(lot.item)}&number=${encodeURIComponent(lot.lot)}` : "";
      return el("a", { class: "button plain", href: page(String(name), lot.uri) + more }, say(String(label)));
    }))));
}

/** @param {string} place */
async function placeCard(place) {
  const known = await freshBook(true), rows = (known?.rows ?? []).filter((each) => each.location === place);
  fill(byId("work"), el("section", { class: "card" }, el("h2", {}, place), rows.length === 0 && el("p", { class: "empty" }, say(known?.whole ? "home.place_empty" : "home.place_unknown")),
    el("ul", { class: "stock-lines" }, ...rows.map((each) => el("li", {}, el("strong", {}, each.lot), ` ${each.item} · ${each.quantity} ${each.unit} `, goods(each.goods_status))))));
}

/** @param {string} name @param {string | null} uri */
async function remember(name, uri) {
  const before = (await get("kept", "seen"))?.codes ?? [];
  const codes = [{ name, uri, at: Date.now() }, ...before.filter((/** @type {any} */ each) => each.name !== name)].slice(0, REMEMBERED);
  await put("kept", /** @type {any} */ ({ id: "seen", owner, codes }));
  await remembered();
}

async function remembered() {
  const found = await get("kept", "seen"), codes = found?.owner === owner ? found.codes : [];
  byId("seen").hidden = codes.length === 0;
  fill(byId("seen-list"), ...codes.map((/** @type {any} */ each) => el("li", {}, each.uri ? el("a", { href: page("lot", each.uri) }, each.name) : each.name)));
}

/** Only where there is more than one. */
async function chooseSite() {
  const known = await freshBook(), sites = [...new Set((known?.places ?? []).map((each) => each.site))].sort();
  if (sites.length < 2) return;
  const select = /** @type {HTMLSelectElement} */ (el("select", { id: "site" }, el("option", { value: "" }, "–"), ...sites.map((site) => el("option", { value: site }, site))));
  select.value = siteOf(known) ?? "";
  select.addEventListener("change", () => set("site", select.value));
  fill(byId("where"), el("label", { for: "site" }, say("home.site")), select);
}
