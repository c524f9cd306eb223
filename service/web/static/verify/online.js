/** The page as the service serves it: the proof of the lot from the service, the checks in a worker. */
import { loadJson } from "./json.js";
import { start } from "./page.js";
import { say } from "./saying.js";

const { worker: script, policy: policyUrl, proof: proofUrl } = document.body.dataset;

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

/** @param {string | null} lot @returns {Promise<Uint8Array>} */
async function proof(lot) {
  const link = shared();
  const from = link ? `${link}/proof` : `${proofUrl}?lot=${encodeURIComponent(lot ?? "")}`;
  const answer = await fetch(from).catch(() => null);
  if (!answer) throw new Error(say("no_service"));
  const body = new Uint8Array(await answer.arrayBuffer());
  if (answer.ok) return body;
  throw new Error(`${say("no_proof", { status: answer.status })} ${detail(body)}`);
}

/** What the service said of it. @param {Uint8Array} body @returns {string} */
function detail(body) {
  try {
    const problem = loadJson(body);
    return problem instanceof Map ? String(problem.get("detail") ?? "") : "";
  } catch {
    return "";
  }
}

start(ask, { policy, proof, waits: shared() !== null });
