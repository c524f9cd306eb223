/**
 * Statements that answer earlier ones of the same lot (check 4).
 *
 *     accepts, refuses   by another party, the owner that the shipment names where it does; one answer to a shipment in
 *                        a lot; accepted is at most what was shipped, where both lists of quantities are whole
 *     corrects           by the same party
 *     erases             by the same party or the log's own; the digests named are fields that may go
 */
import { hex } from "./bytes.js";
import { Decimal } from "./decimal.js";
import { MOVEMENT } from "./entry.js";
import { checkApproved, checkCovered, checkKept } from "./erasure.js";
import { Refuted, spelled, Unavailable } from "./errors.js";
import { ACCEPTS, CORRECTS, ERASES, REFUSES } from "./statement.js";

const OWNING_PARTY = new Set([
  "owning_party", "urn:epcglobal:cbv:sdt:owning_party", "https://ref.gs1.org/cbv/SDT-owning_party",
]);
/** @type {import("./disclosure.js").Members} */
export const NOTHING = { shown: [], whole: false, digests: [] };

/** @typedef {import("./disclosure.js").Disclosed} Disclosed */
/** @typedef {import("./statement.js").Statement} Statement */
/** @typedef {import("./statement.js").Ref} Ref */
/** One statement of a history; `statement` is null where withheld, `disclosed` where refused.
 * @typedef {{sequence: number, hash: string, statement: Statement | null, disclosed: Disclosed | null}} Said */
/** @typedef {{said: Said, statement: Statement, ref: Ref, target: Said, earlier: Statement}} Case */

/** The statements of one lot in order, each looked at against those before it. */
export class Answers {
  /** @param {string} lot @param {string | null} logParty @param {boolean} begins known from entry 1 on
   * @param {boolean} allowWithheld */
  constructor(lot, logParty, begins, allowWithheld) {
    this.lot = lot;
    this.logParty = logParty;
    this.begins = begins;
    this.allowWithheld = allowWithheld;
    /** @type {Map<string, Said>} */
    this.earlier = new Map();
    /** @type {Set<string>} */
    this.answered = new Set();
    /** @type {Map<string, Set<string>>} */
    this.erased = new Map();
  }

  /** Throws Refuted if it may not answer what it answers, Unavailable if that is not shown. @param {Said} said */
  add(said) {
    try {
      if (said.statement?.ref) this.check(said, said.statement, said.statement.ref);
    } finally {
      this.earlier.set(said.hash, said);
    }
  }

  /** The digests erased of a statement so far. @param {string} hash @returns {Set<string>} */
  gone(hash) {
    const known = this.erased.get(hash) ?? new Set();
    this.erased.set(hash, known);
    return known;
  }

  /** @param {Said} said @param {Statement} statement @param {Ref} ref */
  check(said, statement, ref) {
    const target = this.earlier.get(hex(ref.statement));
    if (target === undefined) this.notHere(said, ref);
    else if (target.statement === null) this.withheld(said, ref);
    else RULES[ref.rel](this, { said, statement, ref, target, earlier: target.statement });
  }

  /** @param {Said} said @param {Ref} ref */
  notHere(said, ref) {
    const what = `ref of entry ${said.sequence}`;
    if (this.begins) throw new Refuted(what, "an earlier statement of this history", ref.statement);
    throw new Unavailable(what, "the earlier part of the history is not in this file");
  }

  /** @param {Said} said @param {Ref} ref */
  withheld(said, ref) {
    if (ref.rel === ACCEPTS || ref.rel === REFUSES) this.once(said, ref);
    if (!this.allowWithheld) throw new Unavailable(`ref of entry ${said.sequence}`, "the statement it answers is withheld");
  }

  /** @param {Said} said @param {Ref} ref */
  once(said, ref) {
    const key = hex(ref.statement);
    if (this.answered.has(key)) throw new Refuted(`ref of entry ${said.sequence}`, "one answer to a shipment", "another one");
    this.answered.add(key);
  }
}

/** @param {Answers} answers @param {Case} given */
function answer(answers, { said, statement, ref, target, earlier }) {
  const what = `ref of entry ${said.sequence}`;
  if (earlier.kind !== MOVEMENT) throw new Refuted(what, "an answer to a movement", `kind ${earlier.kind}`);
  if (statement.issuer === earlier.issuer) throw new Refuted(what, "an answer by another party", statement.issuer);
  answers.once(said, ref);
  if (!target.disclosed || !said.disclosed) return;
  const owners = owningParties(target.disclosed);
  if (owners.length && !owners.includes(statement.issuer)) throw new Refuted(what, `an answer by ${spelled(owners)}`, statement.issuer);
  if (ref.rel === ACCEPTS) checkReceived(answers.lot, target.disclosed, said.disclosed, said.sequence);
}

/** @param {Answers} _ @param {Case} given */
function correction(_, { said, statement, earlier }) {
  if (statement.issuer !== earlier.issuer) {
    throw new Refuted(`ref of entry ${said.sequence}`, `a correction by ${earlier.issuer}`, statement.issuer);
  }
}

/** @param {Answers} answers @param {Case} given */
function erasure(answers, { said, statement, ref, target, earlier }) {
  if (statement.issuer !== earlier.issuer && statement.issuer !== answers.logParty) {
    const allowed = `an erasure by ${earlier.issuer} or the log's party`;
    throw new Refuted(`ref of entry ${said.sequence}`, allowed, statement.issuer);
  }
  const what = `entry ${said.sequence}`;
  if (said.disclosed) checkApproved(what, ref, said.disclosed);
  const gone = answers.gone(hex(ref.statement));
  for (const digest of ref.digests) gone.add(digest);
  if (target.disclosed) {
    checkCovered(what, ref, earlier, target.disclosed);
    checkKept(what, gone, earlier, target.disclosed);
  }
}

/** @type {Record<string, (answers: Answers, given: Case) => void>} */
const RULES = { [ACCEPTS]: answer, [REFUSES]: answer, [CORRECTS]: correction, [ERASES]: erasure };

/** The owning parties that the destinationList shows, each once, sorted. @param {Disclosed} shipment @returns {string[]} */
export function owningParties(shipment) {
  const owners = new Set();
  for (const member of (shipment.lists.get("destinationList") ?? NOTHING).shown) {
    if (!(member instanceof Map)) continue;
    const kind = member.get("type"), owner = member.get("destination");
    if (typeof kind === "string" && typeof owner === "string" && OWNING_PARTY.has(kind)) owners.add(owner);
  }
  return [...owners].sort();
}

/** @param {string} lot @param {Disclosed} shipped @param {Disclosed} received @param {number} sequence */
function checkReceived(lot, shipped, received, sequence) {
  const sent = shipped.lists.get("quantityList") ?? NOTHING, got = received.lists.get("quantityList") ?? NOTHING;
  if (!sent.whole || !got.whole) return;
  const totals = totalsOf(sent.shown, lot);
  for (const [unit, quantity] of totalsOf(got.shown, lot)) {
    const most = totals.get(unit) ?? Decimal.of("0");
    if (quantity.compare(most) > 0) {
      throw new Refuted(`entry ${sequence} receives at most what was shipped, in ${unit || "pieces"}`, most, quantity);
    }
  }
}

/** Quantity of this lot for each unit; null is EPCIS's unit for countable things.
 * @param {unknown[]} shown @param {string} lot @returns {Map<string | null, Decimal>} */
export function totalsOf(shown, lot) {
  /** @type {Map<string | null, Decimal>} */
  const totals = new Map();
  for (const member of shown) {
    if (!(member instanceof Map) || member.get("epcClass") !== lot) continue;
    const given = member.get("quantity"), unit = member.get("uom") ?? null;
    const quantity = typeof given === "number" ? Decimal.of(String(given)) : given;
    if (!(quantity instanceof Decimal) || (unit !== null && typeof unit !== "string")) {
      throw new Unavailable("quantity", "it is not a number with a unit");
    }
    totals.set(unit, (totals.get(unit) ?? Decimal.of("0")).plus(quantity));
  }
  return totals;
}
