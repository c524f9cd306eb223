/**
 * Ed25519 verification in BigInt, RFC 8032 section 5.1.7 without cofactor: [S]B - [h]A, encoded, must be the bytes of R.
 * Slow (some milliseconds) and not in constant time, which is no matter: everything here is public.
 */
import { concat, equal } from "./bytes.js";
import { sha512 } from "./sha512.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const ROOT_OF_MINUS_1 = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;

/** Extended coordinates: x = X/Z, y = Y/Z, xy = T/Z. @typedef {[bigint, bigint, bigint, bigint]} Point */

const mod = (/** @type {bigint} */ a) => ((a %= P) < 0n ? a + P : a);

/** @param {bigint} base @param {bigint} exponent @returns {bigint} */
function power(base, exponent) {
  let result = 1n;
  for (let b = base, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) result = (result * b) % P;
  return result;
}

/** @param {Point} p @param {Point} q @returns {Point} */
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2)), b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * D * t1 * t2), d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

/** @param {Point} p @returns {Point} */
const negative = ([x, y, z, t]) => [mod(-x), y, z, mod(-t)];

/** @param {Uint8Array} bytes @returns {bigint} */
function littleEndian(bytes) {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at]);
  return value;
}

/** The point of 32 bytes; null if there is none. @param {Uint8Array} bytes @returns {Point | null} */
function decode(bytes) {
  const spelled = littleEndian(bytes), sign = spelled >> 255n, y = spelled & ((1n << 255n) - 1n);
  const u = mod(y * y - 1n), v = mod(D * y * y + 1n);
  let x = mod(u * power(v, 3n) * power(mod(u * power(v, 7n)), (P - 5n) / 8n));
  const square = mod(v * x * x);
  if (square === mod(-u)) x = mod(x * ROOT_OF_MINUS_1);
  else if (square !== u) return null;
  if (x === 0n && sign) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

/** @param {Point} point @returns {Uint8Array} */
function encode([x, y, z]) {
  const inverse = power(z, P - 2n);
  let value = mod(y * inverse) | ((mod(x * inverse) & 1n) << 255n);
  const bytes = new Uint8Array(32);
  for (let at = 0; at < 32; at++, value >>= 8n) bytes[at] = Number(value & 255n);
  return bytes;
}

/** [a]P + [b]Q, both at once from the highest bit down. @param {bigint} a @param {Point} p @param {bigint} b @param {Point} q */
function both(a, p, b, q) {
  /** @type {Point} */
  let sum = [0n, 1n, 1n, 0n];
  const p_q = add(p, q);
  for (let bit = 255n; bit >= 0n; bit--) {
    sum = add(sum, sum);
    const [ofA, ofB] = [(a >> bit) & 1n, (b >> bit) & 1n];
    if (ofA && ofB) sum = add(sum, p_q);
    else if (ofA) sum = add(sum, p);
    else if (ofB) sum = add(sum, q);
  }
  return sum;
}

const BASE = /** @type {Point} */ (decode(Uint8Array.from({ length: 32 }, (_, at) => (at ? 0x66 : 0x58))));

/** The caller has checked the lengths, the key's spelling and that S is below L.
 * @param {Uint8Array} key @param {Uint8Array} signature @param {Uint8Array} message @returns {boolean} */
export function ownVerify(key, signature, message) {
  const point = decode(key);
  if (!point) return false;
  const r = signature.subarray(0, 32), s = littleEndian(signature.subarray(32));
  const h = littleEndian(sha512(concat(r, key, message))) % L;
  return equal(encode(both(s, BASE, h, negative(point))), r);
}
