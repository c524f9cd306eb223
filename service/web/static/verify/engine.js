/** The whole verifier in one name, for the tests that compare it with Python's; the page needs none of this. */
import { hex, unhex, utf8 } from "./bytes.js";
import { cheated, CHEATS } from "./cheating.js";
import { disclose } from "./disclosure.js";
import { passes, verifySignature } from "./ed25519.js";
import { ownVerify } from "./ed25519-own.js";
import { parseEntry } from "./entry.js";
import { Refuted, Unavailable } from "./errors.js";
import { familyOf } from "./family.js";
import { stateOf } from "./goods.js";
import { anchorLeaf, leafHash, mapValue, nodeHash } from "./hashing.js";
import { bothRoots, pathOf } from "./logtree.js";
import { rootFromAbsence, rootFromMembership } from "./lotmap.js";
import { peakPlace, rootOfComplete, verifyInclusion } from "./merkle.js";
import { parseCheckpoint, parseNote } from "./note.js";
import { parsePolicy, PolicyError } from "./policy.js";
import { sha256 } from "./sha256.js";
import { sha512 } from "./sha512.js";
import { checkSigners } from "./signers.js";
import { keySet, read, split } from "./statement.js";
import { parseToml } from "./toml.js";
import { checkUri, subject } from "./uri.js";
import { verify } from "./verify.js";

/** @type {any} */ (globalThis).lotproof = {
  anchorLeaf, bothRoots, cheated, CHEATS, checkSigners, checkUri, disclose, familyOf, hex, keySet, leafHash, mapValue, nodeHash,
  ownVerify, parseCheckpoint, parseEntry, parseNote, parsePolicy, parseToml, passes, pathOf, peakPlace, PolicyError, read, Refuted, rootFromAbsence, rootFromMembership,
  rootOfComplete, sha256, sha512, split, stateOf, subject, Unavailable, unhex, utf8, verify, verifyInclusion, verifySignature,
};
