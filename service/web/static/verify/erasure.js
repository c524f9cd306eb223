/**
 * Erasure notices: what may be erased of a movement, as far as a reader can tell (check 4). A hidden field has no name,
 * so it is found from both ends: a member of a list that is shown is known by its list; and when everything else is
 * shown, what must stand in a movement must be there.
 */
import { utf8 } from "./bytes.js";
import { b64url } from "./encoding.js";
import { MOVEMENT } from "./entry.js";
import { Refuted, spelled } from "./errors.js";
import { sha256 } from "./sha256.js";

const MAY_GO = ["bizTransactionList", "sensorElementList"];
const KEPT = ["bizStep", "eventTime", "type"];
/** The history of an event about others' goods: it may have neither step nor quantities. */
const EVIDENCE = /^https:\/\/[^/]+\/lot\/[^/]+\/epcis\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;
export const QUANTITIES = ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"];

/** @typedef {import("./disclosure.js").Disclosed} Disclosed */
/** @typedef {import("./statement.js").Statement} Statement */
/** @typedef {import("./statement.js").Ref} Ref */

/** Each digest is one of the target's, and of nothing that is never erased.
 * @param {string} what @param {Ref} ref @param {Statement} target @param {Disclosed} shown */
export function checkCovered(what, ref, target, shown) {
  const named = new Set(/** @type {string[]} */ (target.payload.get("_sd")));
  const lists = new Map([...shown.lists].flatMap(([name, { digests }]) => digests.map((digest) => [digest, name])));
  const lots = new Set(/** @type {Map<string, string>[]} */ (target.payload.get("lots")).map((each) => each.get("...")));
  const whole = ![...shown.hidden].some((digest) => named.has(digest)); // else a hidden one may be a list that holds it
  for (const digest of ref.digests) {
    const list = lists.get(digest);
    if (lots.has(digest) || (list !== undefined && !MAY_GO.includes(list))) {
      throw new Refuted(`${what} erases what may go`, "a note, a name or a document", list ?? "lots");
    }
    if (!named.has(digest) && list === undefined && whole) {
      throw new Refuted(`${what} erases`, "a digest of the statement it answers", digest);
    }
  }
}

/** Once all that is hidden was erased, the rest of a movement is there.
 * @param {string} what @param {Set<string>} erased @param {Statement} target @param {Disclosed} shown */
export function checkKept(what, erased, target, shown) {
  if (target.kind !== MOVEMENT || [...shown.hidden].some((digest) => !erased.has(digest))) return;
  const evidence = shown.lots.length > 0 && shown.lots.every((lot) => EVIDENCE.test(lot));
  const missing = KEPT.filter((name) => !(evidence && name === "bizStep") && !shown.properties.has(name));
  if (!evidence && !QUANTITIES.some((name) => shown.lists.has(name))) missing.push("a list of quantities");
  if (missing.length) throw new Refuted(`${what} erases`, "nothing that is never erased", missing.join(", "));
}

/** What is erased is what was approved, where the notice shows both.
 * @param {string} what @param {Ref} ref @param {Disclosed} notice */
export function checkApproved(what, ref, notice) {
  const names = ["lotproof:approved", "lotproof:erased", "lotproof:legalBasis"];
  const said = names.map((name) => notice.properties.get(name) ?? null);
  if (said.includes(null)) return;
  const [approved, property, basis] = said.map(spelled);
  for (const digest of ref.digests) {
    const lines = ["lotproof/erasure/v1", b64url(ref.statement), digest, property, basis];
    const seen = b64url(sha256(utf8(lines.map((line) => line + "\n").join(""))));
    if (seen !== approved) throw new Refuted(`${what} erases what was approved`, approved, seen);
  }
}
