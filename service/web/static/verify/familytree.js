/** A lot's family, seen: parents on the left, children on the right, as a picture; and the same as a list. */
import { el } from "./dom.js";
import { amounts, say, short } from "./saying.js";

const BOX = 150, HIGH = 46, ACROSS = 60, GAP = 12, MOST = 12, LETTERS = 18;
const SVG = "http://www.w3.org/2000/svg";

/** @typedef {import("./family.js").Family} Family */
/** @typedef {import("./family.js").Relative} Relative */
/** @typedef {{lines: string[], share: number, folded?: boolean}} Box */

/** @param {Family} family @param {string} lot @param {(uri: string) => string | null} address of another lot's page
 * @returns {HTMLElement[]} */
export function familyTree(family, lot, address) {
  const { children, hidden, parents, unknown } = family;
  const notes = [hidden.parents > 0 && say("family_hidden_parents", { number: hidden.parents }), hidden.children > 0 && say("family_hidden_children", { number: hidden.children }),
                 unknown > 0 && say("family_unknown", { number: unknown })].filter((each) => each !== false);
  const told = /** @type {string[]} */ (notes).map((each) => el("p", { class: "quiet" }, each));
  if (!parents.length && !children.length) return [...told, ...(told.length ? [] : [el("p", { class: "quiet" }, say("family_none"))])];
  const scroll = el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("family_picture") }, /** @type {any} */ (picture(parents, children, lot)));
  return [scroll, ...list("family_parents", parents, address), ...list("family_children", children, address), ...told];
}

/** @param {string} heading @param {Relative[]} relatives @param {(uri: string) => string | null} address */
function list(heading, relatives, address) {
  if (!relatives.length) return [];
  return [el("h4", {}, say(heading)), el("ul", {}, ...relatives.map((each) => {
    const to = address(each.uri), name = to ? el("a", { href: to }, short(each.uri)) : el("strong", {}, short(each.uri));
    return el("li", {}, name, ` ${amounts(each.quantity)} · `, say("family_by", { party: short(each.by), entry: each.entry }), " ", el("code", {}, each.uri));
  }))];
}

/** @param {Relative[]} parents @param {Relative[]} children @param {string} lot @returns {SVGElement} */
function picture(parents, children, lot) {
  const sides = [parents, children].map(boxes), rows = Math.max(1, ...sides.map((side) => side.length));
  const height = rows * (HIGH + GAP) - GAP, most = Math.max(1, ...parents.map(share), ...children.map(share));
  const middle = { x: parents.length ? BOX + ACROSS : 0, y: (height - HIGH) / 2 };
  const right = middle.x + BOX + ACROSS, width = children.length ? right + BOX : middle.x + BOX;
  const drawn = make("svg", { viewBox: `-2 -2 ${width + 4} ${height + 4}`, width, height, role: "img", "aria-label": say("family_picture") });
  for (const [at, side] of sides.entries()) {
    side.forEach((box, row) => {
      const x = at ? right : 0, y = place(row, side.length, height);
      drawn.append(line(at ? [middle.x + BOX, middle.y, x, y] : [BOX, y, middle.x, middle.y], box.share / most), rectangle(x, y, box.lines, box.folded ? "folded" : ""));
    });
  }
  drawn.append(rectangle(middle.x, middle.y, [short(lot), say("family_this")], "this"));
  return drawn;
}

const share = (/** @type {Relative} */ each) => each.share;

/** One for each lot, MOST of them and one that stands for the rest. @param {Relative[]} relatives @returns {Box[]} */
function boxes(relatives) {
  const shown = relatives.slice(0, relatives.length > MOST ? MOST - 1 : MOST), more = relatives.length - shown.length;
  /** @type {Box[]} */
  const made = shown.map((each) => ({ lines: [short(each.uri), amounts(each.quantity)], share: each.share }));
  return more ? [...made, { lines: [say("family_more", { more })], share: 0, folded: true }] : made;
}

/** @param {number} row @param {number} rows @param {number} height */
const place = (row, rows, height) => (height - (rows * (HIGH + GAP) - GAP)) / 2 + row * (HIGH + GAP);

/** @param {number[]} ends left edge to right edge @param {number} part of the largest quantity */
function line([x1, y1, x2, y2], part) {
  return make("line", { x1, y1: y1 + HIGH / 2, x2, y2: y2 + HIGH / 2, "stroke-width": (1 + 5 * part).toFixed(1) });
}

/** @param {number} x @param {number} y @param {string[]} lines @param {string} kind */
function rectangle(x, y, lines, kind) {
  const group = make("g", { class: kind });
  group.append(make("rect", { x, y, width: BOX, height: HIGH }));
  lines.forEach((text, at) => {
    const said = make("text", { x: x + 8, y: y + 19 + 18 * at });
    said.textContent = text.length > LETTERS ? `${text.slice(0, LETTERS - 1)}…` : text;
    group.append(said);
  });
  return group;
}

/** @param {string} name @param {Record<string, string | number>} attributes @returns {SVGElement} */
function make(name, attributes) {
  const made = /** @type {SVGElement} */ (document.createElementNS(SVG, name));
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
