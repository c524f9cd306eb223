/**
 * What a lot was made of and what it went into, as far as the statements of its own file show it: nothing here is told by
 * anybody else, so a viewer sees of the family what his file discloses and can check.
 */
import { Unavailable } from "./errors.js";
import { amount } from "./handoffs.js";
import { totalsOf } from "./refs.js";

/** One other lot; `share` is its quantity as a number, for the breadth of a line only.
 * @typedef {{uri: string, quantity: string, share: number, by: string, entry: number}} Relative */
/** `hidden` are lots of which the file shows that they are, and no more; `unknown` are entries that show not even that.
 * @typedef {{parents: Relative[], children: Relative[], hidden: {parents: number, children: number}, unknown: number}} Family */
/** @typedef {import("./refs.js").Said} Said */
/** @typedef {import("./disclosure.js").Members} Members */

/** @param {Said[]} history @param {string} lot @returns {Family} */
export function familyOf(history, lot) {
  /** @type {Family} */
  const family = { parents: [], children: [], hidden: { parents: 0, children: 0 }, unknown: 0 };
  for (const said of history) {
    if (said.disclosed?.properties.get("type") !== "TransformationEvent") continue;
    const inputs = said.disclosed.lists.get("inputQuantityList"), outputs = said.disclosed.lists.get("outputQuantityList");
    if (outputs && names(outputs, lot)) take(family, "parents", inputs, said, lot);
    else if (inputs && names(inputs, lot)) take(family, "children", outputs, said, lot);
    else family.unknown++;
  }
  return family;
}

/** @param {unknown} member @returns {string | null} */
const classOf = (member) => {
  const uri = member instanceof Map ? member.get("epcClass") : null;
  return typeof uri === "string" ? uri : null;
};

/** @param {Members} members @param {string} lot */
const names = (members, lot) => members.shown.some((each) => classOf(each) === lot);

/** @param {Family} family @param {"parents" | "children"} side @param {Members | undefined} members @param {Said} said @param {string} lot */
function take(family, side, members, { sequence, statement }, lot) {
  if (!members) return void family.unknown++;
  family.hidden[side] += members.digests.length - members.shown.length;
  const uris = new Set(members.shown.map(classOf).filter((uri) => uri !== null && uri !== lot));
  for (const uri of /** @type {Set<string>} */ (uris)) {
    const total = totals(members, uri);
    const share = [...(total ?? [])].reduce((sum, [, each]) => sum + Number(String(each)), 0);
    family[side].push({ uri, quantity: total ? amount(total) : "", share: Number.isFinite(share) ? share : 0, by: statement?.issuer ?? "", entry: sequence });
  }
}

/** @param {Members} members @param {string} uri @returns {Map<string | null, import("./decimal.js").Decimal> | null} */
function totals(members, uri) {
  try {
    return totalsOf(members.shown, uri);
  } catch (problem) {
    if (problem instanceof Unavailable) return null;
    throw problem;
  }
}
