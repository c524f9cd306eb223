/**
 * Who signed a checkpoint: the log, exactly once, and the witnesses that the policy demands (check 6). A signature of an
 * unknown key is ignored; a wrong one of a known key is refused. A witness signs the time too (C2SP tlog-cosignature).
 */
import { equal, hex, utf8 } from "./bytes.js";
import { verifySignature } from "./ed25519.js";
import { Refuted } from "./errors.js";
import { COSIGNATURE, ED25519, keyId } from "./note.js";

/** @typedef {import("./policy.js").Policy} Policy */
/** @typedef {import("./note.js").Note} Note */

/** How many witnesses signed; throws Refuted unless the log and the quorum did.
 * @param {Note} note @param {import("./note.js").Checkpoint} checkpoint @param {Policy} policy @returns {Promise<number>} */
export async function checkSigners(note, checkpoint, policy) {
  if (checkpoint.origin !== policy.origin) throw new Refuted("origin", policy.origin, checkpoint.origin);
  await checkLog(note, policy);
  let signed = 0;
  for (const witness of policy.witnesses) if (await cosigned(note, witness)) signed++;
  if (signed < policy.quorum) throw new Refuted("witness quorum", `${policy.quorum} witnesses`, signed);
  return signed;
}

/** @param {Note} note @param {Policy} policy */
async function checkLog(note, policy) {
  const named = (/** @type {string} */ name, /** @type {Uint8Array} */ id) => `${hex(id)} ${name}`;
  const known = new Map(policy.logKeys.map((key) => [named(key.name, keyId(key.name, ED25519, key.key)), key.key]));
  const lines = note.signatures.filter((line) => known.has(named(line.name, line.keyId)));
  if (lines.length !== 1) throw new Refuted(`signatures of ${policy.origin}`, 1, lines.length);
  const [line] = lines;
  const key = /** @type {Uint8Array} */ (known.get(named(line.name, line.keyId)));
  await verifySignature(key, line.signature, utf8(note.body));
}

/** @param {Note} note @param {import("./policy.js").NamedKey} witness @returns {Promise<boolean>} */
async function cosigned(note, witness) {
  const id = keyId(witness.name, COSIGNATURE, witness.key);
  const lines = note.signatures.filter((line) => line.name === witness.name && equal(line.keyId, id));
  for (const { signature } of lines) {
    let time = 0n;
    for (const byte of signature.slice(0, 8)) time = (time << 8n) | BigInt(byte);
    await verifySignature(witness.key, signature.slice(8), utf8(`cosignature/v1\ntime ${time}\n${note.body}`));
  }
  return lines.length > 0;
}
