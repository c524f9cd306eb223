/**
 * One bounded question to the network: a size that answers may not pass, a moment after which all waiting ends, no
 * redirect, no cookie, no referrer. Whatever goes wrong is Unavailable, never anything about the file.
 */
import { concat } from "./bytes.js";
import { Unavailable } from "./errors.js";

export const PATIENCE = 10; // seconds for everything that one verification asks
const MAX_ANSWER = 2 * 1024 * 1024;

/** The moment after which nobody is waited for. */
export class Deadline {
  constructor(seconds = PATIENCE) {
    this.end = performance.now() + seconds * 1000;
  }

  /** A signal that comes at the end; throws Unavailable where it has come. @param {string} what @returns {AbortSignal} */
  signal(what) {
    const left = this.end - performance.now();
    if (left <= 0) throw new Unavailable(what, "no answer in time");
    return AbortSignal.timeout(left);
  }
}

/** Scheme, host and port: path and query of a node's URL are where providers put their customers' keys.
 * @param {string} url @returns {string} */
export function withoutSecrets(url) {
  try {
    const { origin, href } = new URL(url);
    return href === origin || href === `${origin}/` ? origin : `${origin}/…`;
  } catch {
    return "an address that is none";
  }
}

/** The body of a good answer. @param {string} url @param {Deadline} deadline @param {RequestInit} [asked]
 * @returns {Promise<Uint8Array>} */
export async function fetched(url, deadline, asked = {}, limit = MAX_ANSWER) {
  const name = withoutSecrets(url);
  const signal = deadline.signal(name);
  try {
    const answer = await fetch(url, {
      ...asked, signal, redirect: "error", credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store",
    });
    if (!answer.ok) throw new Unavailable(name, `status ${answer.status}`);
    return await bounded(answer, limit, name);
  } catch (problem) {
    if (problem instanceof Unavailable) throw problem;
    throw new Unavailable(name, signal.aborted ? "no answer in time" : "no connection");
  }
}

/** @param {Response} answer @param {number} limit @param {string} name @returns {Promise<Uint8Array>} */
async function bounded(answer, limit, name) {
  if (!answer.body) return new Uint8Array();
  const chunks = [], reader = answer.body.getReader();
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return concat(...chunks);
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      throw new Unavailable(name, `an answer of more than ${limit} bytes`);
    }
    chunks.push(value);
  }
}
