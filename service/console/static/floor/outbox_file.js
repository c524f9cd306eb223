/**
 * The outbox as a file, the last resort of a device that cannot send: saved here, loaded on another one where the same person
 * has signed in. Each step has an id of its own, so what both devices send is recorded once.
 *
 *   {"format": "lotproof-outbox/1", "owner", "saved", "entries": [...]}      photographs as data: addresses
 *
 * A file can come from anywhere, so only what the floor itself does is taken from it, and it waits until somebody sends it.
 */
import { unsent } from "./outbox.js";
import { all, put } from "./store.js";
import { owner, say } from "./told.js";

const JPEG = "data:image/jpeg;base64,";
const FORMAT = "lotproof-outbox/1", MOST_ENTRIES = 1000, MOST_STEPS = 200;
const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const PATHS = ["scans", "movements", "quarantine-cases", "counts", `quarantine-cases/${UUID}/attachments\\?[\\w=&.%-]+`, `counts/${UUID}/(?:lines|finish)`,
               `pick-lists/${UUID}/lines/\\d{1,4}/confirm`, `orders/${UUID}/receipts`].map((each) => new RegExp(`^/${each}$`));
const OVER = new RegExp(`^/counts/${UUID}$`);

/** @typedef {import("./outbox.js").Entry} Entry */
/** @typedef {import("./outbox.js").Step} Step */

/** @returns {Promise<string>} */
export async function asFile() {
  const entries = await Promise.all((await unsent()).map(async (entry) => ({ ...entry, steps: await Promise.all(entry.steps.map(packed)) })));
  return JSON.stringify({ format: FORMAT, owner, saved: new Date().toISOString(), entries });
}

/** How many of it are new here; throws with a sentence for the person where it is no file of hers. @param {string} text @returns {Promise<number>} */
export async function load(text) {
  const file = parsed(text);
  if (file?.format !== FORMAT || !Array.isArray(file.entries) || file.entries.length > MOST_ENTRIES) throw new Error(say("outbox.file.other"));
  if (file.owner !== owner) throw new Error(say("outbox.file.owner", owner, String(file.owner).slice(0, 80)));
  /** @type {Entry[]} */
  const entries = file.entries.map(entryOf), here = new Set([...(await all("outbox")), ...(await all("sent"))].map((each) => each.id));
  const fresh = entries.filter((each) => !here.has(each.id));
  for (const entry of fresh) await put("outbox", entry);
  return fresh.length;
}

/** @param {string} text @returns {any} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {any} each @returns {Entry} */
function entryOf(each) {
  const { at, id, kind, lots, made, order, steps, title } = each ?? {};
  const whole = [at, made, order].every((value) => Number.isSafeInteger(value) && value >= 0) && [id, kind, title].every(isText)
    && Array.isArray(lots) && lots.every(isText) && Array.isArray(steps) && steps.length > 0 && steps.length <= MOST_STEPS && at <= steps.length;
  if (!whole || !new RegExp(`^${UUID}$`).test(id)) throw new Error(say("outbox.file.other"));
  return { id, kind, lots, made, order, title, at, owner, due: Date.now(), state: at ? "sending" : "waiting", direct: each.direct === true, problem: null,
           steps: steps.map(unpacked) };
}

/** @param {unknown} value */
const isText = (value) => typeof value === "string" && value.length > 0 && value.length <= 400;

/** @param {Step} step */
async function packed(step) {
  return step.file ? { ...step, file: await dataUrl(step.file) } : step;
}

/** @param {any} step @returns {Step} */
function unpacked(step) {
  const { body, file, matches, method, over, path } = step ?? {};
  const known = method === "POST" && isText(path) && PATHS.some((each) => each.test(path)) && (over === undefined || OVER.test(over?.path ?? ""));
  if (!known) throw new Error(say("outbox.file.step", `${method} ${path}`.slice(0, 80)));
  const picture = typeof file === "string" && file.startsWith(JPEG) ? blobOf(file.slice(JPEG.length)) : undefined;
  return { method, path, body, ...(isText(matches) ? { matches } : {}), ...(over ? { over: { path: over.path, member: String(over.member), open: String(over.open) } } : {}), ...(picture ? { file: picture } : {}) };
}

/** @param {string} letters base64; throws a DOMException where it is none */
const blobOf = (letters) => new Blob([Uint8Array.from(atob(letters), (each) => each.charCodeAt(0))], { type: "image/jpeg" });

/** @param {Blob} blob @returns {Promise<string>} */
function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
