/**
 * What the chain says of a file's anchors (check 7): the visitor's own nodes are asked, never the file. At one final
 * block, by hash, on every endpoint: chain id, genesis, code hash, epoch and rotations as in the policy; and the
 * contract holds every anchor. A node that cannot be asked and nodes that disagree leave the question open; only what
 * every one of them says by itself is held against the file.
 */
import { equal, hex } from "./bytes.js";
import { Refuted, Unavailable } from "./errors.js";
import { anchorLeaf } from "./hashing.js";
import { peakPlace, rootOfComplete } from "./merkle.js";
import { LATEST } from "./policy.js";

const GROUP_LEVEL = 6, GROUP = 64; // the contract seals groups of 64 anchors

/** @typedef {{number: number, hash: Uint8Array, time: number}} Block */
/** @typedef {{chainId: number, genesis: Uint8Array, codeHash: Uint8Array}} Identity */
/** A restart: anchors `keep` to `first - 1` are void. @typedef {{first: number, keep: number}} Epoch */
/** Peaks largest first. @typedef {{size: number, logRoot: Uint8Array, count: number, epoch: number, rotations: number,
 *   peaks: Uint8Array[], epochs: Epoch[]}} State */
/** Every method throws Unavailable if it cannot answer.
 * @typedef {{name: string, newest: (finality: string | number) => Promise<Block>, block: (number: number) => Promise<Block>,
 *   identity: (block: Block, contract: string) => Promise<Identity>,
 *   state: (block: Block, contract: string) => Promise<State>,
 *   sealed: (block: Block, contract: string, group: number) => Promise<Uint8Array>}} Node */
/** Whoever publishes the accumulator's hashes; not trusted.
 * @typedef {{upper: (index: number, count: number, low: number, high: number) => Promise<Uint8Array[]>}} Source */
/** @typedef {{block: Block, newest: number, state: State, sealed: (group: number) => Promise<Uint8Array>}} View */
/** @typedef {{block: Block, final: boolean, finalTime: number, newer: number, epochs: Epoch[]}} Anchored */
/** @typedef {import("./bundle.js").Anchor} Anchor */
/** @typedef {import("./policy.js").Policy} Policy */
/** @typedef {{anchors: Anchor[], policy: Policy, sources: Source[], now: number}} Question */

/** Where and when the contract holds every anchor; the last one is the checkpoint's own.
 * @param {import("./note.js").Checkpoint} checkpoint @param {Node[]} nodes @param {Question} question
 * @returns {Promise<Anchored>} */
export async function anchored(checkpoint, nodes, question) {
  try {
    return await look(checkpoint, nodes, question);
  } catch (problem) {
    if (!(problem instanceof Refuted) || nodes.length < 2) throw problem;
    await refutedByEach(checkpoint, nodes, question);
    throw problem;
  }
}

/** All nodes are asked at the block of the slowest one: one that is behind could refute every file.
 * @param {import("./note.js").Checkpoint} checkpoint @param {Node[]} nodes @param {Question} question */
async function refutedByEach(checkpoint, nodes, question) {
  for (const node of nodes) {
    try {
      await look(checkpoint, [node], question);
    } catch (problem) {
      if (problem instanceof Refuted) continue;
      throw problem;
    }
    throw new Unavailable("nodes", `${node.name} by itself refutes nothing; another is behind it`);
  }
}

/** @param {import("./note.js").Checkpoint} checkpoint @param {Node[]} nodes @param {Question} question */
async function look(checkpoint, nodes, { anchors, policy, sources, now }) {
  const last = anchors[anchors.length - 1];
  const own = last.size === checkpoint.size && equal(last.logRoot, checkpoint.logRoot) && equal(last.mapRoot, checkpoint.mapRoot);
  if (!own) throw new Refuted("the last anchor is the checkpoint's own", `size ${checkpoint.size}`, `size ${last.size}`);
  const final = await agreed(policy, nodes, policy.finality, now);
  const early = last.index >= final.state.count && policy.finality !== LATEST;
  const view = early ? await agreed(policy, nodes, LATEST, now) : final;
  await heldAll(anchors, view, sources);
  const newer = view.state.count - last.index - 1;
  return { block: view.block, final: view === final, finalTime: final.newest, newer, epochs: view.state.epochs };
}

/** What all nodes say at one block under the finality rule, and it is as the policy demands.
 * @param {Policy} policy @param {Node[]} nodes @param {string | number} finality @param {number} now @returns {Promise<View>} */
async function agreed(policy, nodes, finality, now) {
  if (!nodes.length) throw new Unavailable("chain", "no node");
  if (policy.maxNodeLag !== null) await checkLag(nodes, policy.maxNodeLag, now);
  const newest = await all(nodes, (node) => node.newest(finality));
  // The slowest node decides: it is the newest block that every one of them calls final.
  const block = newest.reduce((least, each) => (each.number < least.number ? each : least));
  const again = await same(nodes, `block ${block.number}`, (node) => node.block(block.number));
  if (text(again) !== text(block)) throw new Unavailable(`block ${block.number}`, "it changed while it was read");
  checkIdentity(await same(nodes, "chain and code", (node) => node.identity(block, policy.contract)), policy);
  const state = await same(nodes, "contract", (node) => node.state(block, policy.contract));
  if (state.epoch !== policy.epoch || state.rotations !== policy.rotations) {
    const told = (/** @type {{epoch: number, rotations: number}} */ of) => `epoch ${of.epoch}, ${of.rotations} rotations`;
    throw new Refuted("epoch and rotations", told(policy), told(state));
  }
  /** @type {Map<number, Promise<Uint8Array>>} */
  const known = new Map();
  const sealed = (/** @type {number} */ group) => {
    const asked = known.get(group) ?? same(nodes, `group ${group}`, (node) => node.sealed(block, policy.contract, group));
    known.set(group, asked);
    return asked;
  };
  return { block, newest: Math.max(...newest.map((each) => each.time)), state, sealed };
}

/** All nodes at once; the first failure in their order counts, whichever came first.
 * @template T @param {Node[]} nodes @param {(node: Node) => Promise<T>} ask @returns {Promise<T[]>} */
async function all(nodes, ask) {
  const answers = await Promise.allSettled(nodes.map(ask));
  const failed = answers.find((answer) => answer.status === "rejected");
  if (failed) throw /** @type {PromiseRejectedResult} */ (failed).reason;
  return answers.map((answer) => /** @type {PromiseFulfilledResult<T>} */ (answer).value);
}

/** The one answer of all nodes. Which of two contradicting nodes lies is not for us to guess.
 * @template T @param {Node[]} nodes @param {string} what @param {(node: Node) => Promise<T>} ask @returns {Promise<T>} */
async function same(nodes, what, ask) {
  const answers = await all(nodes, ask);
  const other = answers.findIndex((answer) => text(answer) !== text(answers[0]));
  if (other > 0) throw new Unavailable(what, `${nodes[0].name} and ${nodes[other].name} disagree`);
  return answers[0];
}

/** @param {unknown} value @returns {string} */
const text = (value) => JSON.stringify(value, (_, v) => (v instanceof Uint8Array ? hex(v) : v));

/** Whether an epoch voided the anchor at this index. @param {number} index @param {Epoch[]} epochs */
const voided = (index, epochs) => epochs.some((epoch) => epoch.keep <= index && index < epoch.first);

/** Index of the valid anchor before this one, null if it is the first. @param {number} index @param {Epoch[]} epochs */
export function before(index, epochs) {
  let at = index - 1;
  for (const epoch of [...epochs].reverse()) if (epoch.keep <= at && at < epoch.first) at = epoch.keep - 1;
  return at >= 0 ? at : null;
}

/** @param {Node[]} nodes @param {number} limit @param {number} now */
async function checkLag(nodes, limit, now) {
  const newest = await all(nodes, (node) => node.newest(LATEST));
  newest.forEach((block, at) => {
    const lag = now - block.time;
    if (lag > limit) throw new Unavailable(nodes[at].name, `its newest block is ${lag} s old, at most ${limit} s are allowed`);
  });
}

/** @param {Identity} seen @param {Policy} policy */
function checkIdentity(seen, policy) {
  if (seen.chainId !== policy.chainId) throw new Refuted("chain id", policy.chainId, seen.chainId);
  if (!equal(seen.genesis, policy.genesis)) throw new Refuted("genesis hash", policy.genesis, seen.genesis);
  if (!equal(seen.codeHash, policy.codeHash)) {
    throw new Refuted(`code hash of ${policy.contract}`, policy.codeHash, seen.codeHash);
  }
}

/** Every anchor is in the accumulator and none is void; a refutation counts before an open question.
 * @param {Anchor[]} anchors @param {View} view @param {Source[]} sources */
async function heldAll(anchors, view, sources) {
  let open = null;
  for (const anchor of anchors) {
    if (voided(anchor.index, view.state.epochs)) {
      throw new Refuted(`anchor ${anchor.index}`, "an anchor in force", "voided by a new epoch");
    }
    try {
      await held(anchor, view, sources);
    } catch (problem) {
      if (!(problem instanceof Unavailable)) throw problem;
      open ??= problem;
    }
  }
  if (open) throw open;
}

/** @param {Anchor} anchor @param {View} view @param {Source[]} sources */
async function held(anchor, view, sources) {
  const { count, peaks } = view.state;
  const { height, number } = peakPlace(anchor.index, count);
  if (anchor.path.length > height) {
    await led(anchor, anchor.path.slice(0, height), height, peaks[number], count, sources);
    // Made for a later block, which a slower node does not know yet, or lengthened by somebody.
    throw new Unavailable(`path of anchor ${anchor.index}`, `it goes on beyond the peak at block ${view.block.number}`);
  }
  const group = Math.floor(anchor.index / GROUP);
  if (anchor.path.length < height && (group + 1) * GROUP <= count) {
    // The upper hashes of a path longer than six say nothing more and are not looked at.
    await led(anchor, anchor.path.slice(0, GROUP_LEVEL), GROUP_LEVEL, await view.sealed(group), count, sources);
  } else await led(anchor, anchor.path, height, peaks[number], count, sources);
}

/** Throws Refuted unless leaf and path, extended to `height` where it is short, lead to `target`.
 * @param {Anchor} anchor @param {Uint8Array[]} path @param {number} height @param {Uint8Array} target @param {number} count
 * @param {Source[]} sources */
async function led(anchor, path, height, target, count, sources) {
  const leaf = anchorLeaf(anchor);
  let seen = null;
  for (const longer of await extensions(anchor.index, path, height, count, sources)) {
    seen = rootOfComplete(anchor.index, leaf, longer);
    if (equal(seen, target)) return;
  }
  if (!seen) {
    throw new Unavailable(`anchor ${anchor.index}`, "the path ends below today's peak and no source extends it");
  }
  throw new Refuted(`the contract holds anchor ${anchor.index}`, target, seen);
}

/** @param {number} index @param {Uint8Array[]} path @param {number} height @param {number} count @param {Source[]} sources */
async function extensions(index, path, height, count, sources) {
  if (path.length === height) return [path];
  const found = [];
  for (const source of sources) {
    try {
      found.push([...path, ...(await source.upper(index, count, path.length, height))]);
    } catch (problem) {
      if (!(problem instanceof Unavailable)) throw problem;
    }
  }
  return found;
}
