/**
 * JSON as the format allows it. Free are white space and the order of members; refused are duplicate members, a byte
 * order mark, text after the end, lone surrogates, nesting over 16. A whole number 0 to 2^53-1 becomes a Number, any
 * other of at most 15 and 9 digits a Decimal, never a float. Objects become Maps: no member is called `__proto__` here.
 *
 * `JSON.parse` keeps the last of two members and rounds numbers, so it is not used for anything that is judged.
 */
import { unutf8 } from "./bytes.js";
import { Decimal } from "./decimal.js";
import { MAX_INTEGER } from "./encoding.js";
import { Refuted } from "./errors.js";

export const MAX_DEPTH = 16;
const MAX_BRACKETS = 100_000; // a full lot proof has about 45,000 lists and objects
const MAX_COMMAS = 400_000;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const LEGAL = /^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?$/;
// eslint-disable-next-line no-control-regex
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES = new Map(Object.entries({ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }));
const HEX4 = /[0-9a-fA-F]{4}/y;

/** The value of one JSON text. @param {Uint8Array} bytes @returns {unknown} */
export function loadJson(bytes) {
  return new Reader(decoded(bytes), false).whole();
}

/** The value of a whole file of at most `limit` bytes, in which all numbers are integers 0 to 2^53-1.
 * @param {Uint8Array} bytes @param {number} limit @returns {unknown} */
export function loadDocument(bytes, limit) {
  if (bytes.length > limit) throw new Refuted("file", `at most ${limit} bytes`, bytes.length);
  let brackets = 0, commas = 0;
  for (const byte of bytes) {
    if (byte === 0x5b || byte === 0x7b) brackets++;
    else if (byte === 0x2c) commas++;
  }
  if (brackets > MAX_BRACKETS || commas > MAX_COMMAS) {
    throw new Refuted("file", `at most ${MAX_BRACKETS} lists and objects and ${MAX_COMMAS} commas`, "more");
  }
  return new Reader(decoded(bytes), true).whole();
}

/** @param {Uint8Array} bytes @returns {string} */
function decoded(bytes) {
  const text = unutf8(bytes);
  if (text === null) throw new Refuted("JSON", "UTF-8 without surrogates", "other bytes");
  return text;
}

/** One way through one text; recursion is bounded by MAX_DEPTH. */
class Reader {
  /** @param {string} text @param {boolean} onlyWhole */
  constructor(text, onlyWhole) {
    this.text = text;
    this.onlyWhole = onlyWhole;
    this.at = 0;
    this.depth = 0;
  }

  /** @returns {unknown} */
  whole() {
    const value = this.value();
    this.space();
    if (this.at !== this.text.length) throw this.wrong("Extra data");
    return value;
  }

  /** @param {string} why @returns {Refuted} */
  wrong(why) {
    return new Refuted("JSON", "one JSON value", `${why}: char ${this.at}`);
  }

  space() {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.at++;
    }
  }

  /** @returns {unknown} */
  value() {
    this.space();
    switch (this.text[this.at]) {
      case "{": return this.nested(() => this.object());
      case "[": return this.nested(() => this.array());
      case '"': return this.string();
      case "t": return this.word("true", true);
      case "f": return this.word("false", false);
      case "n": return this.word("null", null);
      default: return this.number();
    }
  }

  /** @template T @param {() => T} read @returns {T} */
  nested(read) {
    if (++this.depth > MAX_DEPTH) throw new Refuted("JSON too deep", `at most ${MAX_DEPTH} levels`, "more");
    this.at++;
    const value = read();
    this.depth--;
    return value;
  }

  /** @template T @param {string} word @param {T} value @returns {T} */
  word(word, value) {
    if (!this.text.startsWith(word, this.at)) throw this.wrong("Expecting value");
    this.at += word.length;
    return value;
  }

  /** @returns {Map<string, unknown>} */
  object() {
    const found = new Map();
    if (this.ends("}")) return found;
    do {
      this.space();
      if (this.text[this.at] !== '"') throw this.wrong("Expecting property name");
      const name = this.string();
      this.space();
      if (this.text[this.at++] !== ":") throw this.wrong("Expecting ':' delimiter");
      const value = this.value();
      if (found.has(name)) throw new Refuted("JSON", "each member once", name);
      found.set(name, value);
    } while (this.goesOn("}"));
    return found;
  }

  /** @returns {unknown[]} */
  array() {
    /** @type {unknown[]} */
    const found = [];
    if (this.ends("]")) return found;
    do found.push(this.value());
    while (this.goesOn("]"));
    return found;
  }

  /** Whether an empty one ends here. @param {string} end @returns {boolean} */
  ends(end) {
    this.space();
    if (this.text[this.at] !== end) return false;
    this.at++;
    return true;
  }

  /** Whether a comma follows and not the end. @param {string} end @returns {boolean} */
  goesOn(end) {
    this.space();
    const mark = this.text[this.at++];
    if (mark !== "," && mark !== end) throw this.wrong("Expecting ',' delimiter");
    return mark === ",";
  }

  /** @returns {string} */
  string() {
    let text = "", escaped = false;
    this.at++;
    for (;;) {
      PLAIN.lastIndex = this.at;
      const plain = /** @type {RegExpExecArray} */ (PLAIN.exec(this.text))[0];
      text += plain;
      this.at += plain.length;
      const mark = this.text[this.at++];
      if (mark === '"') break;
      if (mark !== "\\") throw this.wrong(mark === undefined ? "Unterminated string" : "Invalid control character");
      text += this.escape();
      escaped = true;
    }
    if (escaped && !text.isWellFormed()) throw new Refuted("JSON", "no lone surrogates", "a lone surrogate");
    return text;
  }

  /** @returns {string} */
  escape() {
    const mark = this.text[this.at++];
    const plain = ESCAPES.get(mark ?? "");
    if (plain !== undefined) return plain;
    HEX4.lastIndex = this.at;
    const digits = mark === "u" ? HEX4.exec(this.text) : null;
    if (digits === null) throw this.wrong("Invalid escape");
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits[0], 16));
  }

  /** @returns {number | Decimal} */
  number() {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (match === null) throw this.wrong("Expecting value");
    const text = match[0];
    this.at += text.length;
    const whole = /^[0-9]{1,16}$/.test(text) && BigInt(text) <= BigInt(MAX_INTEGER);
    if (whole) return Number(text);
    const legal = LEGAL.test(text);
    if (this.onlyWhole && (legal || /[.eE]/.test(text))) throw new Refuted("JSON number", "an integer 0 to 2^53-1", text.slice(0, 100));
    if (!legal) throw new Refuted("JSON number", LEGAL.source.slice(1, -1), text.slice(0, 100));
    return Decimal.of(text);
  }
}
