/**
 * Copies of what the service knows, for a dead spot: items, places, and the stock as it was. A label is not parsed here.
 * It is only compared with the lots that were here, and the service reads it when there is a network again.
 */
import { Unreachable, read } from "./asking.js";
import { setting } from "./settings.js";
import { GS } from "./spelling.js";
import { get, put } from "./store.js";
import { owner } from "./told.js";

const FRESH_MS = 60_000;
const MOST_ROWS = 1000;
const GS1 = ["]d2", "]C1", "]Q3", "]e0", "]e1", "]e2", "]J1"];

/**
 * @typedef {{item: string, name: string, lot: string, uri: string, location: string, status: string, goods_status: string, quantity: string, unit: string, expiry_date: string | null}} Row
 * @typedef {{id: string, owner: string, at: number, items: any[], places: any[], rows: Row[], makers: Record<string, string>, whole: boolean}} Book
 *   `makers` has the manufacturer's number of a lot that has another one here: it stands on the label
 */

/** @returns {Promise<Book | undefined>} of this person, however old */
export async function book() {
  const found = await get("kept", "book");
  return found?.owner === owner ? found : undefined;
}

/** The same, asked anew unless it is of the last minute; the old one where nobody answers. @param {boolean} [anew] */
export async function freshBook(anew = false) {
  const old = await book();
  if (old && !anew && Date.now() - old.at < FRESH_MS) return old;
  try {
    const [items, places, lots, stock] = await Promise.all([read("/items"), read("/locations"), read(`/lots?limit=${MOST_ROWS}`), read(`/reports/stock?limit=${MOST_ROWS}`)]);
    const makers = lots.lots.filter((/** @type {any} */ each) => each.manufacturer_lot).map((/** @type {any} */ each) => [each.uri, each.manufacturer_lot]);
    /** @type {Book} */
    const made = { id: "book", owner, at: Date.now(), items: items.items, places: places.locations, rows: stock.rows, makers: Object.fromEntries(makers), whole: stock.rows.length < MOST_ROWS };
    await put("kept", made);
    return made;
  } catch (problem) {
    if (problem instanceof Unreachable) return old;
    throw problem;
  }
}

/** The stock of a lot; from the copy where nobody answers. @param {string} uri @returns {Promise<Row[]>} */
export async function stockOf(uri) {
  try {
    return (await read(`/reports/stock?limit=${MOST_ROWS}&lot=${encodeURIComponent(uri)}`)).rows;
  } catch (problem) {
    if (!(problem instanceof Unreachable)) throw problem;
    return ((await book())?.rows ?? []).filter((row) => row.uri === uri);
  }
}

/** Which site this device works at: the one that was chosen, or the only one. @param {Book | undefined} known */
export function siteOf(known) {
  const sites = [...new Set((known?.places ?? []).map((each) => each.site))];
  const chosen = setting("site");
  return sites.includes(chosen) ? chosen : (sites.length === 1 ? sites[0] : undefined);
}

/** What this label stands for among what was here; the same members that the service's answer has, null if none, or a place and a lot. @param {string} text @param {string | undefined} site */
export async function recognised(text, site) {
  const known = await book();
  if (!known) return null;
  const symbology = /^\][A-Za-z][0-9A-Za-z]/.exec(text)?.[0] ?? "", code = text.slice(symbology.length);
  const place = known.places.find((each) => each.location === code || `${site}/${code}` === each.location);
  const gtins = new Map(known.items.map((item) => [item.code, item.gtin]));
  const says = GS1.includes(symbology) ? saysLot : (/** @type {string} */ code, /** @type {any} */ gtin, /** @type {string} */ lot) => code === lot || saysLink(code, gtin, lot);
  const matches = known.rows.filter((row) => code === row.uri || [row.lot, known.makers[row.uri]].some((lot) => lot && says(code, gtins.get(row.item), lot)));
  const lots = [...new Map(matches.map((row) => [row.uri, { uri: row.uri, item: row.item, lot: row.lot, expiry_date: row.expiry_date }])).values()];
  if (place ? lots.length > 0 : lots.length === 0) return null;
  const item = lots[0] ? known.items.find((each) => each.code === lots[0].item) ?? null : null;
  return { outcome: lots.length > 1 ? "ambiguous" : "ok", lots, location: place?.location ?? null, item, lot: lots.length === 1 ? lots[0].lot : null, expiry_date: lots[0]?.expiry_date ?? null,
           quantities: [], findings: [], look_alikes: [], choices: [], text, offline: true };
}

/** @param {string} code @param {string | null | undefined} gtin @param {string} lot */
function saysLot(code, gtin, lot) {
  return Boolean(gtin) && code.replace(/^\x1d/, "").startsWith(`01${gtin}`) && `${code}${GS}`.includes(`10${lot}${GS}`);
}

/** @param {string} code @param {string | null | undefined} gtin @param {string} lot */
function saysLink(code, gtin, lot) {
  return Boolean(gtin) && /^https?:/.test(code) && `${code.split("?")[0]}/`.includes(`/01/${gtin}/10/${encodeURIComponent(lot)}/`);
}
