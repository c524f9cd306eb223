/** The page as one file: the checks run here, the policy stands in the file, the visitor brings the proof. */
import { start } from "./page.js";
import { PolicyError } from "./policy.js";
import { run } from "./running.js";
import { say } from "./saying.js";

/** @type {import("./page.js").Ask} */
async function ask(asked, tell) {
  await new Promise((resolve) => setTimeout(resolve, 0)); // the page first shows that it is at it
  try {
    return await run(asked, tell);
  } catch (problem) {
    throw problem instanceof PolicyError ? new Error(say("bad_policy", { why: problem.message })) : problem;
  }
}

const policy = async () => /** @type {string} */ (JSON.parse(document.getElementById("policy")?.textContent ?? '""'));

start(ask, { policy, proof: null, waits: false, here: null });
