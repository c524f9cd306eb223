/** What others use of the verifier: the page, the worker, the offline file, and the tests that compare it with Python's. */
import { hex, utf8 } from "./bytes.js";
import { passes } from "./ed25519.js";
import { ownVerify } from "./ed25519-own.js";
import { Refuted, Unavailable } from "./errors.js";
import { Deadline } from "./fetching.js";
import { parsePolicy, PolicyError } from "./policy.js";
import { RpcNode } from "./rpc.js";
import { sha256 } from "./sha256.js";
import { sha512 } from "./sha512.js";
import { TileSource } from "./tiles.js";
import { parseToml } from "./toml.js";
import { verify } from "./verify.js";

/** @type {any} */ (globalThis).lotproof = {
  Deadline, hex, ownVerify, parsePolicy, parseToml, passes, PolicyError, Refuted, RpcNode, sha256, sha512, TileSource,
  Unavailable, utf8, verify,
};
