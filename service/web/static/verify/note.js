/**
 * Signed notes (C2SP signed-note) and the checkpoint that stands in one. Reading proves nothing: nobody checked the
 * signatures yet.
 *
 *     <origin> LF <tree size> LF <base64 log root> LF lots <base64 map root> LF
 *     LF
 *     — <name> <base64 of key id(4) || signature> LF        1 to 16 of them
 */
import { concat, utf8 } from "./bytes.js";
import { parseDecimal, unb64, unb64Hash } from "./encoding.js";
import { ascii, Refuted } from "./errors.js";
import { sha256 } from "./sha256.js";

export const ED25519 = 1, COSIGNATURE = 4;
export const MAX_NOTE = 16 * 1024;
const MAX_SIGNATURES = 16;
const DASH = "\u2014 ";
// eslint-disable-next-line no-control-regex
const NAME = /^[^\u0000- \u007f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000+]{1,255}$/u;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f]/;

/** @typedef {{name: string, keyId: Uint8Array, signature: Uint8Array}} NoteSignature */
/** @typedef {{body: string, signatures: NoteSignature[]}} Note */
/** @typedef {{origin: string, size: number, logRoot: Uint8Array, mapRoot: Uint8Array}} Checkpoint */

/** The four bytes that name a key in a signature line. @param {string} name @param {number} type @param {Uint8Array} key */
export const keyId = (name, type, key) => sha256(concat(utf8(name + "\n"), Uint8Array.of(type), key)).slice(0, 4);

/** @param {string} text @returns {Note} */
export function parseNote(text) {
  if (utf8(text).length > MAX_NOTE) throw new Refuted("note", `at most ${MAX_NOTE} bytes`, [...text].length);
  if (CONTROL.test(text)) throw new Refuted("note", "no control characters", "one of them");
  const cut = text.lastIndexOf("\n\n");
  const under = text.slice(cut + 2);
  if (cut < 1 || !under.endsWith("\n")) {
    throw new Refuted("note", "a text, an empty line and signatures", ascii([...text].slice(-80).join("")));
  }
  const lines = under.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw new Refuted("note signatures", `at most ${MAX_SIGNATURES}`, lines.length);
  return { body: text.slice(0, cut) + "\n", signatures: lines.map(parseSignature) };
}

/** @param {string} line @returns {NoteSignature} */
function parseSignature(line) {
  const rest = line.startsWith(DASH) ? line.slice(DASH.length) : "";
  const space = rest.indexOf(" ");
  const name = rest.slice(0, Math.max(space, 0));
  if (space < 0 || !NAME.test(name)) {
    throw new Refuted("signature line", `${DASH}<name> <base64>`, ascii([...line].slice(0, 80).join("")));
  }
  const raw = unb64(rest.slice(space + 1));
  if (raw.length < 5) throw new Refuted("signature line", "a key id and a signature", `${raw.length} bytes`);
  return { name, keyId: raw.slice(0, 4), signature: raw.slice(4) };
}

/** @param {string} body @returns {Checkpoint} */
export function parseCheckpoint(body) {
  const lines = body.split("\n");
  if (lines.length !== 5 || lines[4] || !lines[0] || !lines[3].startsWith("lots ")) {
    const shown = ascii([...body].slice(0, 200).join(""));
    throw new Refuted("checkpoint", "four lines: origin, size, log root, lots map root", shown);
  }
  const size = parseDecimal(lines[1]);
  if (size === 0) throw new Refuted("checkpoint size", "1 to 2^53-1", 0);
  return { origin: lines[0], size, logRoot: unb64Hash(lines[2]), mapRoot: unb64Hash(lines[3].slice(5)) };
}
