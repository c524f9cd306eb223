/**
 * As much of TOML as a policy needs: names, texts in double quotes, whole numbers, true and false, lists (over several
 * lines too), and tables of one level. What else TOML may say is refused with its line; nothing is guessed.
 */
import { PolicyError } from "./policy.js";

const MOST = 1024 * 1024;
const TOKEN = /[ \t]*(?:("(?:[^"\\\u0000-\u001f]|\\.)*")|([A-Za-z0-9_-]+)|([=[\],])|(#[^\n]*)|(\r?\n))/y;
const ESCAPE = /\\(?:([btnfr"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|.)/g;

/** @typedef {{kind: "text" | "word" | "mark" | "line", value: string, line: number}} Token */

/** The values of a text, tables as Maps. @param {string} text @returns {Map<string, unknown>} */
export function parseToml(text) {
  if (text.length > MOST) throw new PolicyError(`the policy is too long: at most ${MOST} characters`);
  const tokens = new Tokens(split(text));
  const whole = new Map();
  let table = whole;
  while (tokens.left) {
    if (tokens.takes("\n")) continue;
    if (tokens.takes("[")) table = opened(whole, tokens);
    else entry(table, tokens);
    if (tokens.left && !tokens.takes("\n")) throw tokens.wrong("the end of the line");
  }
  return whole;
}

/** @param {Map<string, unknown>} whole @param {Tokens} tokens @returns {Map<string, unknown>} */
function opened(whole, tokens) {
  const name = tokens.name();
  if (!tokens.takes("]")) throw tokens.wrong("]");
  if (whole.has(name)) throw new PolicyError(`the policy names ${name} twice`);
  const table = new Map();
  whole.set(name, table);
  return table;
}

/** @param {Map<string, unknown>} table @param {Tokens} tokens */
function entry(table, tokens) {
  const name = tokens.name();
  if (!tokens.takes("=")) throw tokens.wrong("=");
  if (table.has(name)) throw new PolicyError(`the policy names ${name} twice`);
  table.set(name, value(tokens, 0));
}

/** @param {Tokens} tokens @param {number} depth @returns {unknown} */
function value(tokens, depth) {
  if (tokens.takes("[")) return list(tokens, depth + 1);
  const token = tokens.next("a value");
  if (token.kind === "text") return token.value;
  if (token.value === "true" || token.value === "false") return token.value === "true";
  if (token.kind === "word" && /^(?:0|[1-9][0-9]{0,15})$/.test(token.value)) return Number(token.value);
  throw new PolicyError(`line ${token.line}: expected a text, a whole number, true, false or a list, got ${token.value}`);
}

/** @param {Tokens} tokens @param {number} depth @returns {unknown[]} */
function list(tokens, depth) {
  if (depth > 4) throw tokens.wrong("at most four lists in each other");
  const found = [];
  for (;;) {
    while (tokens.takes("\n"));
    if (tokens.takes("]")) return found;
    found.push(value(tokens, depth));
    while (tokens.takes("\n"));
    if (!tokens.takes(",") && !tokens.sees("]")) throw tokens.wrong(", or ]");
  }
}

/** What comes next, and complaints about it. */
class Tokens {
  /** @param {Token[]} all */
  constructor(all) {
    this.all = all;
    this.at = 0;
  }

  get left() {
    return this.at < this.all.length;
  }

  /** @param {string} mark */
  sees(mark) {
    const token = this.all[this.at];
    return token !== undefined && token.kind !== "text" && token.value === mark;
  }

  /** @param {string} mark */
  takes(mark) {
    const there = this.sees(mark);
    if (there) this.at++;
    return there;
  }

  /** @param {string} expected @returns {Token} */
  next(expected) {
    if (!this.left) throw this.wrong(expected);
    return this.all[this.at++];
  }

  /** @returns {string} */
  name() {
    const token = this.next("a name");
    if (token.kind !== "word" && token.kind !== "text") throw new PolicyError(`line ${token.line}: expected a name`);
    return token.value;
  }

  /** @param {string} expected */
  wrong(expected) {
    const token = this.all[this.at];
    const line = token?.line ?? "last";
    return new PolicyError(`line ${line}: expected ${expected}, got ${token ? JSON.stringify(token.value) : "the end"}`);
  }
}

/** @param {string} text @returns {Token[]} */
function split(text) {
  /** @type {Token[]} */
  const tokens = [];
  let line = 1;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.trimEnd().length; ) {
    const at = TOKEN.lastIndex, match = TOKEN.exec(text);
    if (!match) throw new PolicyError(`line ${line}: ${JSON.stringify(text.slice(at, at + 20).trim())} is not understood here`);
    const [, quoted, word, mark, , end] = match;
    if (quoted !== undefined) tokens.push({ kind: "text", value: unescaped(quoted.slice(1, -1), line), line });
    else if (word !== undefined) tokens.push({ kind: "word", value: word, line });
    else if (mark !== undefined) tokens.push({ kind: "mark", value: mark, line });
    else if (end !== undefined) tokens.push({ kind: "line", value: "\n", line: line++ });
  }
  return tokens;
}

/** @param {string} text @param {number} line @returns {string} */
function unescaped(text, line) {
  return text.replace(ESCAPE, (all, plain, four, eight) => {
    if (plain) return { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r" }[/** @type {string} */ (plain)] ?? plain;
    const code = Number.parseInt(four ?? eight ?? "110000", 16);
    if (code > 0x10ffff) throw new PolicyError(`line ${line}: ${all} is not understood here`);
    return String.fromCodePoint(code);
  });
}
