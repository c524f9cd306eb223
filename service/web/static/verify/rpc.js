/**
 * An Ethereum node asked by JSON-RPC, as far as an anchor needs it. All state is read at one block by its hash
 * (EIP-1898); a node that does not know this way is asked by number, and the hash is compared again afterwards. A wrong
 * shape is the node's fault, never the file's: Unavailable.
 */
import { equal, hex, unhex } from "./bytes.js";
import { Unavailable } from "./errors.js";
import { fetched, withoutSecrets } from "./fetching.js";
import { MAX_ANCHOR_PATH } from "./merkle.js";
import { LATEST } from "./policy.js";
import { sha256 } from "./sha256.js";

const HEAD = "8f7dcfa3", ACCUMULATOR = "03381154", SEALED_GROUP = "b2063262", EPOCHS = "4bd2d7f9";
/** @type {Record<string, number>} */
const WORDS = { [HEAD]: 6, [ACCUMULATOR]: 3, [SEALED_GROUP]: 1, [EPOCHS]: 4 };
const MAX_EPOCHS = 64; // one opens three days after it is proposed, at the soonest

/** @typedef {import("./chain.js").Block} Block */
/** @typedef {{blockHash: string} | string} Where */

/** The node understood the question and answered with an error. */
class RpcError extends Unavailable {}

/** One endpoint; every question counts against one deadline. */
export class RpcNode {
  /** @param {string} url @param {import("./fetching.js").Deadline} deadline */
  constructor(url, deadline) {
    this.url = url;
    this.deadline = deadline;
    this.name = withoutSecrets(url);
    this.byNumber = false;
  }

  /** The newest block under a finality rule. @param {string | number} finality @returns {Promise<Block>} */
  async newest(finality) {
    if (typeof finality === "string") return this.blockOf(finality);
    const latest = await this.blockOf(LATEST);
    return this.block(Math.max(0, latest.number - finality));
  }

  /** @param {number} number @returns {Promise<Block>} */
  block(number) {
    return this.blockOf("0x" + number.toString(16));
  }

  /** @param {Block} block @param {string} contract @returns {Promise<import("./chain.js").Identity>} */
  async identity(block, contract) {
    const code = await this.at(block, async (where) => bytes(await this.ask("eth_getCode", [contract, where])));
    const chainId = numeral(await this.ask("eth_chainId", []));
    return { chainId, genesis: (await this.block(0)).hash, codeHash: sha256(code) };
  }

  /** @param {Block} block @param {string} contract @returns {Promise<import("./chain.js").State>} */
  state(block, contract) {
    return this.at(block, (where) => this.stateAt(contract, where));
  }

  /** @param {Block} block @param {string} contract @param {number} group @returns {Promise<Uint8Array>} */
  sealed(block, contract, group) {
    return this.at(block, async (where) => (await this.words(contract, SEALED_GROUP, where, group))[0]);
  }

  /** @param {string} contract @param {Where} where @returns {Promise<import("./chain.js").State>} */
  async stateAt(contract, where) {
    const [size, logRoot, anchors, , epochWord, rotations] = await this.words(contract, HEAD, where);
    const peaks = await this.words(contract, ACCUMULATOR, where);
    const count = uint(anchors), ones = [...count.toString(2)].filter((bit) => bit === "1").length;
    const fits = uint(peaks[0]) === count && uint(peaks[2]) === ones && peaks.length - 3 === ones;
    if (!fits || peaks.length > MAX_ANCHOR_PATH + 3) {
      throw new Unavailable(this.name, "an accumulator that contradicts the head");
    }
    const epoch = uint(epochWord);
    if (epoch > MAX_EPOCHS) throw new Unavailable(this.name, `more than ${MAX_EPOCHS} epochs`);
    const epochs = [];
    for (let number = 1; number <= epoch; number++) {
      const [first, keep] = await this.words(contract, EPOCHS, where, number);
      epochs.push({ first: uint(first), keep: uint(keep) });
    }
    return { size: uint(size), logRoot, count, epoch, rotations: uint(rotations), peaks: peaks.slice(3), epochs };
  }

  /** What a view of the contract answers. @param {string} contract @param {string} selector @param {Where} where
   * @param {number[]} given @returns {Promise<Uint8Array[]>} */
  async words(contract, selector, where, ...given) {
    const data = "0x" + selector + given.map((number) => number.toString(16).padStart(64, "0")).join("");
    const raw = bytes(await this.ask("eth_call", [{ to: contract, data }, where]));
    const words = Array.from({ length: raw.length >> 5 }, (_, at) => raw.slice(32 * at, 32 * at + 32));
    if (words.length < WORDS[selector]) throw new Unavailable(this.name, `${words.length} words in answer to 0x${selector}`);
    return words;
  }

  /** What `read` finds at this very block. @template T @param {Block} block @param {(where: Where) => Promise<T>} read */
  async at(block, read) {
    if (!this.byNumber) {
      try {
        return await read({ blockHash: "0x" + hex(block.hash) });
      } catch (problem) {
        if (!(problem instanceof RpcError)) throw problem;
        this.byNumber = true;
      }
    }
    const found = await read("0x" + block.number.toString(16));
    if (!equal((await this.block(block.number)).hash, block.hash)) {
      throw new Unavailable(this.name, `block ${block.number} changed while it was read`);
    }
    return found;
  }

  /** @param {string} which @returns {Promise<Block>} */
  async blockOf(which) {
    const block = await this.ask("eth_getBlockByNumber", [which, false]);
    if (!block || typeof block !== "object") throw new Unavailable(this.name, `no block ${which}`);
    const { hash, number, timestamp } = /** @type {Record<string, unknown>} */ (block);
    const digest = bytes(hash);
    if (digest.length !== 32) throw new Unavailable(this.name, `block ${which} without a hash`);
    return { number: numeral(number), hash: digest, time: numeral(timestamp) };
  }

  /** @param {string} method @param {unknown[]} params @returns {Promise<unknown>} */
  async ask(method, params) {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "Content-Type": "application/json" };
    const raw = await fetched(this.url, this.deadline, { method: "POST", headers, body });
    const answer = parsed(raw);
    if (answer === undefined) throw new Unavailable(this.name, "an answer that is not JSON");
    const shape = answer && typeof answer === "object" && ("result" in answer || "error" in answer);
    if (!shape) throw new Unavailable(this.name, "an answer that is not JSON-RPC");
    const { result, error } = /** @type {Record<string, unknown>} */ (answer);
    if (error !== undefined && error !== null) throw new RpcError(this.name, `${method}: ${JSON.stringify(error)}`.slice(0, 200));
    return result;
  }
}

/** A node's answer is no evidence: the browser's own parser will do. @param {Uint8Array} raw @returns {unknown} */
function parsed(raw) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  } catch {
    return undefined;
  }
}

/** @param {unknown} value @returns {Uint8Array} */
function bytes(value) {
  if (typeof value !== "string" || !/^0x(?:[0-9a-fA-F]{2})*$/.test(value)) {
    throw new Unavailable("node", "an answer that is not hex");
  }
  return unhex(value.slice(2));
}

/** @param {unknown} value @returns {number} */
function numeral(value) {
  const right = typeof value === "string" && /^0x[0-9a-fA-F]{1,16}$/.test(value);
  return right ? small(BigInt(/** @type {string} */ (value))) : small(-1n);
}

/** @param {Uint8Array} word @returns {number} */
const uint = (word) => small(BigInt("0x" + hex(word)));

/** Numbers above 2^53 mean nothing here: no log, chain or clock has come so far. @param {bigint} value @returns {number} */
function small(value) {
  if (value < 0n) throw new Unavailable("node", "an answer that is no number");
  if (value > Number.MAX_SAFE_INTEGER) throw new Unavailable("node", "a number of more than 53 bits");
  return Number(value);
}
