/** The page as the service serves it: the proof of the lot from the service, the checks in a worker. */
import { start } from "./page.js";
import { say } from "./saying.js";

const { worker: script, policy: policyUrl, proof: proofUrl, size: wantedSize } = document.body.dataset;

/** @type {import("./page.js").Ask} */
function ask(asked, tell) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(/** @type {string} */ (script));
    const end = (/** @type {() => void} */ how) => (worker.terminate(), how());
    worker.onerror = () => end(() => reject(new Error(say("no_worker"))));
    worker.onmessage = ({ data }) => {
      if (data.answer) tell(data.answer);
      else if (data.judged) end(() => resolve(data.judged));
      else end(() => reject(new Error(data.policy ? say("bad_policy", { why: data.mistake }) : data.mistake)));
    };
    worker.postMessage(asked);
  });
}

async function policy() {
  const answer = await fetch(/** @type {string} */ (policyUrl)).catch(() => null);
  if (!answer?.ok) throw new Error(say("no_policy"));
  return answer.text();
}

/** A link by which a party shows a lot is a key: it stands behind the `#`, which no browser sends.
 * @returns {string | null} */
function shared() {
  return /^#(\/s\/[A-Za-z0-9_-]{43})$/.exec(location.hash)?.[1] ?? null;
}

/** The file, or all parts of a lot that is too long for one. @param {string | null} lot @returns {Promise<Uint8Array[]>} */
async function proof(lot) {
  const link = shared();
  const from = link ? `${link}/proof?` : `${proofUrl}?lot=${encodeURIComponent(lot ?? "")}${wantedSize ? `&size=${wantedSize}` : ""}`;
  const whole = await answered(from);
  if (whole.ok) return [whole.body];
  const { entries, part, size } = whole.long ?? { entries: 0, part: 0, size: 0 };
  if (!whole.long || link) throw refusal(whole);
  const parts = [];
  for (let first = 1; first <= entries; first += part) {
    const one = await answered(`${proofUrl}?lot=${encodeURIComponent(lot ?? "")}&size=${size}&first=${first}&last=${Math.min(first + part - 1, entries)}`);
    if (!one.ok) throw refusal(one);
    parts.push(one.body);
  }
  return parts;
}

/** @typedef {{ok: boolean, status: number, body: Uint8Array, detail: string,
 *   long: {entries: number, part: number, size: number} | null}} Answered */

/** @param {string} address @returns {Promise<Answered>} */
async function answered(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer) throw new Error(say("no_service"));
  const body = new Uint8Array(await answer.arrayBuffer()), { ok, status } = answer;
  return { ok, status, body, ...(ok ? { detail: "", long: null } : problemOf(body)) };
}

/** What the service said of it. @param {Uint8Array} body @returns {{detail: string, long: Answered["long"]}} */
function problemOf(body) {
  try {
    const { detail = "", entries, part, size } = JSON.parse(new TextDecoder().decode(body));
    const long = [entries, part, size].every((each) => Number.isSafeInteger(each) && each > 0);
    return { detail: String(detail), long: long ? { entries, part, size } : null };
  } catch {
    return { detail: "", long: null };
  }
}

/** @param {Answered} answer @returns {Error} */
const refusal = ({ status, detail }) => new Error(`${say("no_proof", { status })} ${detail}`);

start(ask, { policy, proof, waits: shared() !== null, here: location.origin });
