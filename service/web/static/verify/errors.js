/**
 * The two ways in which a check can fail to say yes, and how a value is shown in a reason.
 *
 * Refuted: the evidence is there and it is wrong. Unavailable: it could not be looked at. They are never mixed up.
 * The words are those of the Python verifier, so that both reports can be laid side by side.
 */
import { hex } from "./bytes.js";
import { Decimal } from "./decimal.js";

const MOST_SHOWN = 400;

/** The evidence contradicts what it claims: `what` was `expected`, but `seen`. */
export class Refuted extends Error {
  /** @param {string} what @param {unknown} [expected] @param {unknown} [seen] */
  constructor(what, expected = null, seen = null) {
    super(what);
    this.what = what.slice(0, MOST_SHOWN);
    this.expected = expected;
    this.seen = seen;
  }

  /** @returns {string} */
  toString() {
    if (this.expected === null && this.seen === null) return this.what;
    return `${this.what}: expected ${short(this.expected)}, seen ${short(this.seen)}`;
  }
}

/** `what` could not be checked, because of `why`. */
export class Unavailable extends Error {
  /** @param {string} what @param {string} why */
  constructor(what, why) {
    super(`${what}: ${why}`);
    this.what = what;
    this.why = why;
  }

  /** @returns {string} */
  toString() {
    return this.message;
  }
}

/** @param {unknown} value @returns {string} */
function short(value) {
  if (value === null || value === undefined) return "nothing";
  const text = spelled(value);
  return text.length <= MOST_SHOWN ? text : text.slice(0, MOST_SHOWN - 3) + "...";
}

/** A value as a reason shows it: bytes as hex, everything else as the Python verifier prints it.
 * @param {unknown} value @returns {string} */
export function spelled(value) {
  return typeof value === "string" ? value : inside(value);
}

/** @param {unknown} value @returns {string} */
function inside(value) {
  if (value === null || value === undefined) return "None";
  if (value === true || value === false) return value ? "True" : "False";
  if (value instanceof Uint8Array) return hex(value);
  if (value instanceof Decimal) return value.toString();
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.slice(0, 64).map(inside).join(", ")}]`;
  if (value instanceof Map) return `{${[...value].slice(0, 64).map(([k, v]) => `${inside(k)}: ${inside(v)}`).join(", ")}}`;
  return String(value);
}

/** @param {string} text @returns {string} */
function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}

/** What Python calls the type of a JSON value. @param {unknown} value @returns {string} */
export function typeName(value) {
  if (value === null || value === undefined) return "NoneType";
  if (value instanceof Map) return "dict";
  if (value instanceof Decimal) return "Decimal";
  if (Array.isArray(value)) return "list";
  return { boolean: "bool", number: "int", string: "str" }[/** @type {string} */ (typeof value)] ?? "object";
}

/** The end or beginning of a text in ASCII, for a reason. @param {string} text @returns {string} */
export function ascii(text) {
  const plain = [...text].map((c) => (c >= " " && c <= "~" ? c : escaped(/** @type {number} */ (c.codePointAt(0)))));
  return quoted(text).startsWith('"') ? `"${plain.join("")}"` : `'${plain.join("").replaceAll("'", "\\'")}'`;
}

/** @param {number} code @returns {string} */
function escaped(code) {
  if (code === 10) return "\\n";
  if (code < 256) return "\\x" + code.toString(16).padStart(2, "0");
  return code < 65536 ? "\\u" + code.toString(16).padStart(4, "0") : "\\U" + code.toString(16).padStart(8, "0");
}
