/** What a file says, as plain values for whoever shows it. Nothing of it is truer than the answers beside it. */
import { hex } from "./bytes.js";
import { familyOf } from "./family.js";
import { amount } from "./handoffs.js";

/** @typedef {{sequence: number, index: number, kind: number, recordedAt: number, withheld: boolean, signed: boolean,
 *   issuer: string | null, step: string | null, happened: string | null, disposition: string | null,
 *   quality: string | null, set: string[], unset: string[], expiry: string | null, ref: {rel: string, entry: number | null} | null,
 *   hidden: number, anchor: {index: number, time: number, block: number} | null}} Row */
/** @typedef {{lot: string, origin: string, size: number, count: number, anchored: number, rows: Row[],
 *   handoffs: {entry: number, by: string, to: string | null, answered: number | null, outcome: string, sent: string,
 *   received: string}[], family: import("./family.js").Family}} Summary */

/** @param {any} seen what `verify` gives @returns {Summary} */
export function summary(seen) {
  const { bundle } = seen;
  const numbers = new Map(seen.said.map((/** @type {any} */ said) => [said.hash, said.sequence]));
  return {
    lot: bundle.lot,
    origin: bundle.checkpoint.origin,
    size: bundle.checkpoint.size,
    count: bundle.head.count,
    anchored: bundle.anchors[bundle.anchors.length - 1].time,
    rows: bundle.history.map((/** @type {any} */ item, /** @type {number} */ at) => row(item, seen, at, numbers)),
    handoffs: seen.handoffs.map((/** @type {any} */ each) =>
      ({ ...each, sent: each.sent && amount(each.sent), received: each.received && amount(each.received) })),
    family: familyOf(seen.said, bundle.lot),
  };
}

/** @param {any} item @param {any} seen @param {number} at @param {Map<string, number>} numbers @returns {Row} */
function row(item, seen, at, numbers) {
  const statement = seen.statements[at] ?? null, disclosed = seen.said[at]?.disclosed ?? null;
  const shown = (/** @type {string} */ name) => text(disclosed?.properties.get(name));
  const lasting = disclosed?.properties.get("persistentDisposition");
  const over = seen.bundle.anchors.find((/** @type {any} */ anchor) => anchor.size > item.index);
  return {
    sequence: item.entry.sequence, index: item.index, kind: item.entry.kind, recordedAt: item.entry.recordedAt,
    withheld: item.statement === null, signed: statement !== null, issuer: statement?.issuer ?? null,
    step: shown("bizStep"), happened: shown("eventTime"), disposition: shown("disposition"),
    quality: shown("lotproof:qualityStatus"), set: texts(lasting, "set"), unset: texts(lasting, "unset"),
    expiry: expiryOf(disclosed, seen.bundle.lot), hidden: disclosed?.hidden.size ?? 0,
    ref: statement?.ref ? { rel: statement.ref.rel, entry: numbers.get(hex(statement.ref.statement)) ?? null } : null,
    anchor: over ? { index: over.index, time: over.time, block: over.block } : null,
  };
}

/** @param {unknown} value @returns {string | null} */
const text = (value) => (typeof value === "string" ? value.slice(0, 200) : null);

/** @param {unknown} value @param {string} name @returns {string[]} */
function texts(value, name) {
  const list = value instanceof Map ? value.get(name) : null;
  return Array.isArray(list) ? list.filter((each) => typeof each === "string").slice(0, 8) : [];
}

/** The lot's own expiry date, where it is shown. @param {any} disclosed @param {string} lot @returns {string | null} */
function expiryOf(disclosed, lot) {
  for (const [name, value] of disclosed?.properties ?? []) {
    const own = name === "ilmd" || (/^lotproof:lot[0-9]+$/.test(name) && value instanceof Map && value.get("epcClass") === lot);
    const date = own && value instanceof Map ? text(value.get("cbvmda:itemExpirationDate")) : null;
    if (date && /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(date)) return date;
  }
  return null;
}
