/**
 * Ed25519 as the ledger format says: without cofactor, strictly. Browsers differ in the odd corners of RFC 8032, so
 * they are closed here first: a key is the canonical encoding of a point that is not of small order, S is below L.
 *
 * What is left to differ is whether R is compared as bytes. WebCrypto does the arithmetic where a trial of five
 * signatures shows that it answers as it must (forty times as fast); our own (`ed25519-own.js`) everywhere else: on
 * plain http, in an old browser, and where the trial fails. So no browser ever gives another answer.
 */
import { unhex } from "./bytes.js";
import { ownVerify } from "./ed25519-own.js";
import { Refuted } from "./errors.js";
import { TRIAL } from "./ed25519-trial.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const ORDER_8_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER_Y = [0n, 1n, P - 1n, ORDER_8_Y, P - ORDER_8_Y];

/** @typedef {(key: Uint8Array, signature: Uint8Array, message: Uint8Array) => boolean | Promise<boolean>} Verify */

/** @param {Uint8Array} bytes @returns {bigint} */
function littleEndian(bytes) {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at]);
  return value;
}

/** `key`, if it is one that may sign; whether it is a point at all shows when it is used. @param {Uint8Array} key */
export function checkKey(key) {
  if (key.length !== 32) throw new Refuted("key", "32 bytes", `${key.length} bytes`);
  const y = littleEndian(key) & ((1n << 255n) - 1n);
  if (y >= P) throw new Refuted("key", "the canonical encoding of a point", key);
  if (SMALL_ORDER_Y.includes(y)) throw new Refuted("key", "a point that is not of small order", key);
  return key;
}

/** Throws Refuted unless `signature` is the strict signature of `message` by `key`.
 * @param {Uint8Array} key @param {Uint8Array} signature @param {Uint8Array} message */
export async function verifySignature(key, signature, message) {
  if (signature.length !== 64) throw new Refuted("signature", "64 bytes", `${signature.length} bytes`);
  if (littleEndian(signature.subarray(32)) >= L) throw new Refuted("signature", "S below L", "S >= L");
  checkKey(key);
  const verify = await (chosen ??= choose());
  if (!(await verify(key, signature, message))) throw new Refuted("signature", "a valid signature by the key", "another");
}

/** @type {Promise<Verify> | undefined} */
let chosen;

/** @returns {Promise<Verify>} */
async function choose() {
  return (await passes(webVerify)) ? webVerify : ownVerify;
}

/** Whether it answers the trial as it must. @param {Verify} verify @returns {Promise<boolean>} */
export async function passes(verify) {
  try {
    for (const { key, signature, message, valid } of TRIAL) {
      if ((await verify(unhex(key), unhex(signature), unhex(message))) !== valid) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/** @type {Verify} */
async function webVerify(key, signature, message) {
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", buffer(key), "Ed25519", false, ["verify"]);
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "DataError") return false; // no point at all
    throw problem;
  }
  return crypto.subtle.verify("Ed25519", imported, buffer(signature), buffer(message));
}

/** @param {Uint8Array} bytes @returns {Uint8Array<ArrayBuffer>} */
const buffer = (bytes) => new Uint8Array(bytes);
