/** The worker: a large file must not hold up the page. One question at a time. */
import { PolicyError } from "./policy.js";
import { run } from "./running.js";

const scope = /** @type {any} */ (globalThis);

scope.onmessage = async (/** @type {MessageEvent} */ message) => {
  try {
    const judged = await run(message.data, (answer) => scope.postMessage({ answer }));
    scope.postMessage({ judged });
  } catch (problem) {
    const mistake = problem instanceof PolicyError ? problem.message : `${problem}`;
    scope.postMessage({ mistake, policy: problem instanceof PolicyError });
  }
};
