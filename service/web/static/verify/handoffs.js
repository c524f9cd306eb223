/**
 * Goods that one party hands to another: two statements, signed by two, that belong together. A shipment to an owner
 * other than its issuer without an answer is one-sided: the sender says so and nobody else. Told, not judged.
 */
import { hex } from "./bytes.js";
import { MOVEMENT } from "./entry.js";
import { Unavailable } from "./errors.js";
import { NOTHING, owningParties, totalsOf } from "./refs.js";
import { ACCEPTS, CORRECTS, REFUSES } from "./statement.js";

const SHIPPING = new Set(["shipping", "urn:epcglobal:cbv:bizstep:shipping", "https://ref.gs1.org/cbv/BizStep-shipping"]);
export const BOTH = "signed by both", LESS = "received less", REFUSED = "refused";
export const TAKEN_BACK = "taken back or corrected", ONE_SIDED = "one-sided";
const MOST_TOLD = 16; // a hostile file must not make an endless report

/** @typedef {import("./refs.js").Said} Said */
/** @typedef {Map<string | null, import("./decimal.js").Decimal> | null} Quantity null where a list is not shown whole */
/** @typedef {{entry: number, by: string, to: string | null, answered: number | null, outcome: string, sent: Quantity,
 *   received: Quantity}} Handoff */

/** The handoffs of one lot, in the order of their shipments. @param {Said[]} history @param {string} lot @returns {Handoff[]} */
export function handoffs(history, lot) {
  /** @type {Map<string, Said>} */
  const answers = new Map();
  for (const said of history) {
    const ref = said.statement?.ref;
    if (!ref || ![ACCEPTS, REFUSES, CORRECTS].includes(ref.rel)) continue;
    const key = hex(ref.statement);
    if (!answers.has(key)) answers.set(key, said); // a second one is refuted elsewhere
  }
  return history.flatMap((said) => handoff(said, answers.get(said.hash) ?? null, lot));
}

/** How many came out how, and the first of those that two do not agree on.
 * @param {Handoff[]} found @param {number} withheld @returns {Record<string, unknown>} */
export function told(found, withheld) {
  if (!found.length) return {};
  const outcomes = [BOTH, LESS, REFUSED, TAKEN_BACK, ONE_SIDED];
  const counts = outcomes.map((outcome) => [outcome, found.filter((each) => each.outcome === outcome).length]);
  const open = found.filter((each) => each.outcome === ONE_SIDED || each.outcome === LESS);
  const lines = open.slice(0, MOST_TOLD).map((each) => line(each, withheld));
  return { handoffs: Object.fromEntries(counts), ...(lines.length ? { not_agreed: lines } : {}) };
}

/** @param {Said} said @param {Said | null} answer @param {string} lot @returns {Handoff[]} */
function handoff(said, answer, lot) {
  const { statement } = said;
  if (!statement || statement.kind !== MOVEMENT || statement.ref) return [];
  const to = receiver(said);
  const byAnother = Boolean(answer?.statement && answer.statement.issuer !== statement.issuer);
  if (to === null && !byAnother) return [];
  const sent = quantity(said, lot), received = quantity(answer, lot);
  const outcome = outcomeOf(answer, sent, received);
  return [{ entry: said.sequence, by: statement.issuer, to, answered: answer?.sequence ?? null, outcome, sent, received }];
}

/** The other party to which a shipment says it goes. @param {Said} said @returns {string | null} */
function receiver({ statement, disclosed }) {
  const step = disclosed?.properties.get("bizStep");
  if (!disclosed || typeof step !== "string" || !SHIPPING.has(step)) return null;
  return owningParties(disclosed).filter((owner) => owner !== statement?.issuer)[0] ?? null;
}

/** @param {Said | null} said @param {string} lot @returns {Quantity} */
function quantity(said, lot) {
  const members = said?.disclosed?.lists.get("quantityList") ?? NOTHING;
  try {
    return members.whole ? totalsOf(members.shown, lot) : null;
  } catch (problem) {
    if (problem instanceof Unavailable) return null;
    throw problem;
  }
}

/** @param {Said | null} answer @param {Quantity} sent @param {Quantity} received @returns {string} */
function outcomeOf(answer, sent, received) {
  const rel = answer?.statement?.ref?.rel;
  if (rel === undefined) return ONE_SIDED;
  if (rel !== ACCEPTS) return rel === REFUSES ? REFUSED : TAKEN_BACK;
  return sent && received && !same(sent, received) ? LESS : BOTH;
}

/** @param {Map<string | null, import("./decimal.js").Decimal>} a @param {typeof a} b @returns {boolean} */
function same(a, b) {
  return a.size === b.size && [...a].every(([unit, total]) => b.get(unit)?.compare(total) === 0);
}

/** @param {Handoff} handoff @param {number} withheld @returns {string} */
function line({ entry, by, to, answered, outcome, sent, received }, withheld) {
  const where = `entry ${entry}, ${by} to ${to ?? "somebody not shown"}`;
  if (outcome === LESS) return `${where}: sent ${amount(sent)}, received ${amount(received)} (entry ${answered})`;
  const hidden = withheld ? `, as far as is shown: ${withheld} statements are withheld` : "";
  return `${where}: only the sender says so${hidden}`;
}

/** @param {Quantity} quantity @returns {string} */
export function amount(quantity) {
  const parts = [...(quantity ?? [])].map(([unit, total]) => `${total} ${unit || "pieces"}`);
  return parts.join(" + ").slice(0, 100) || "nothing";
}
