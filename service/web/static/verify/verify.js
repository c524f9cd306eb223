/**
 * The check of a lot proof, step by step; a second implementation of what `docs/ledger-format.md` section 8 says, in the
 * browser, sharing no code with the server. The numbers, words and verdicts are those of the Python verifier.
 *
 * 1 Form · 2 Chain · 3 Who said so · 4 What was said · 5 Complete · 6 Signed by the log · 7 Anchored · 8 In time
 *
 * Evidence: tests/service/web/test_agreement.py feeds both the same files, true and hostile.
 */
import { parseBundle } from "./bundle.js";
import { equal, hex } from "./bytes.js";
import { anchored } from "./chain.js";
import { disclose } from "./disclosure.js";
import { verifySignature } from "./ed25519.js";
import { ERASURE, MOVEMENT } from "./entry.js";
import { Refuted, Unavailable } from "./errors.js";
import { handoffs, told } from "./handoffs.js";
import { checkHead, checkInclusion, checkSequence } from "./history.js";
import { partyKeys } from "./keychain.js";
import { join } from "./parts.js";
import { Answers } from "./refs.js";
import { exitCode, Findings, REFUTED, UNKNOWN, unanswered } from "./report.js";
import { checkSigners } from "./signers.js";
import { read } from "./statement.js";
import { Timeline } from "./timing.js";
import { LOT, subject } from "./uri.js";
import { sinceLast } from "./visit.js";

/** @typedef {import("./bundle.js").Bundle} Bundle */
/** @typedef {import("./bundle.js").Item} Item */
/** @typedef {import("./statement.js").Statement} Statement */
/** @typedef {import("./keychain.js").PartyKeys} PartyKeys */
/** What is trusted and who is asked; `now` in seconds, `lot` if it must be that one; `known` is what this browser saw
 * before, `logs` serve the log's tiles, both for whoever remembers.
 * @typedef {{policy: import("./policy.js").Policy, nodes: import("./chain.js").Node[], sources: import("./chain.js").Source[],
 *   now: number, lot: string | null, known?: import("./visit.js").Seen[], logs?: import("./logtree.js").Hashes[]}} Given */

/** One file under examination: what the checks found so far. */
class Case {
  /** @param {Bundle} bundle @param {Given} given */
  constructor(bundle, { policy, nodes, sources, now, lot, known = [], logs = [] }) {
    this.bundle = bundle;
    this.policy = policy;
    this.nodes = nodes;
    this.sources = sources;
    this.now = now;
    this.lot = lot;
    this.known = known;
    this.logs = logs;
    /** @type {import("./visit.js").Visit | null} */
    this.visit = null;
    /** @type {(Statement | null)[]} */
    this.statements = [];
    /** @type {import("./refs.js").Said[]} */
    this.said = [];
    this.whoSaidSo = UNKNOWN;
    /** @type {import("./chain.js").Anchored | null} */
    this.anchored = null;
    this.hidden = 0;
    this.erased = 0;
    this.withheld = 0;
    /** @type {import("./handoffs.js").Handoff[]} */
    this.handoffs = [];
  }
}

/** The report on one lot proof file, or on several parts of one lot. Throws nothing: whatever is in the files ends as an
 * answer. `tell` hears of each check as it is answered; `seen` afterwards holds what the file says, for whoever shows it.
 * @param {Uint8Array[]} files @param {Given} given @param {(answer: import("./report.js").Answer) => void} [tell]
 * @returns {Promise<import("./report.js").Report & {seen: Case | null}>} */
export async function verify(files, given, tell = () => {}) {
  const form = new Findings(1);
  const bundle = form.attempt(() => (files.length === 1 ? parseBundle(files[0]) : join(files.map(parseBundle))));
  const answers = [form.answer()];
  tell(answers[0]);
  const answered = (/** @type {import("./report.js").Answer} */ answer) => {
    answers.push(answer);
    tell(answer);
  };
  if (!bundle) {
    for (let check = 2; check <= 8; check++) answered(unanswered(check, "the form was refused"));
    return { subject: "lot proof", exit: exitCode(answers), checks: answers, facts: {}, seen: null };
  }
  const seen = new Case(bundle, given);
  for (const [at, check] of CHECKS.entries()) {
    const found = new Findings(at + 2);
    await found.attemptSlowly(() => check(seen, found));
    answered(found.answer());
  }
  return { subject: bundle.lot, exit: exitCode(answers), checks: answers, facts: facts(seen), seen };
}

/** 2. Chain. @param {Case} on */
async function chain({ bundle, lot, policy }) {
  if (lot !== null && bundle.lot !== lot) throw new Refuted("lot of the file", lot, bundle.lot);
  checkSequence(bundle.history, subject(LOT, policy.origin, bundle.lot), [MOVEMENT, ERASURE], bundle.first);
}

/** 3. Who said so. @param {Case} on @param {Findings} found */
async function whoSaidSo(on, found) {
  const { bundle, policy } = on;
  const chains = await allKeys(on, found);
  for (const item of bundle.history) {
    on.statements.push(await found.attemptSlowly(() => signed(item, chains, policy.origin)));
  }
  on.withheld = bundle.history.filter((item) => !item.statement).length;
  if (on.withheld && !policy.allowWithheld) found.note(new Unavailable("statements", `${on.withheld} withheld`));
  found.attempt(() => checkOnce(bundle.history, on.statements, chains));
  checkFirstKeys(on, chains, found);
  on.whoSaidSo = found.verdict;
}

/** @param {Case} on @param {Findings} found @returns {Promise<Map<string, PartyKeys>>} */
async function allKeys({ bundle, policy }, found) {
  const chains = new Map();
  for (const [party, keys] of bundle.keys) {
    const checked = await found.attemptSlowly(() => partyKeys(party, keys, bundle.checkpoint, policy.origin));
    if (checked) chains.set(party, checked);
  }
  return chains;
}

/** The statement of an entry, signed by a key that was its party's at that index; null if withheld.
 * @param {Item} item @param {Map<string, PartyKeys>} chains @param {string} origin @returns {Promise<Statement | null>} */
async function signed({ entry, index, statement: parts }, chains, origin) {
  if (!parts) return null;
  const statement = read(parts.jwt, entry.kind, origin);
  if (!equal(statement.hash, entry.statementHash)) {
    throw new Refuted(`statement of entry ${entry.sequence}`, entry.statementHash, statement.hash);
  }
  const keys = chains.get(statement.issuer);
  if (!keys) throw new Unavailable(`keys of ${statement.issuer}`, "the file holds no key chain that stands");
  await verifySignature(keys.at(index, statement.key), statement.signature, statement.signed);
  return statement;
}

/** @param {Item[]} history @param {(Statement | null)[]} statements @param {Map<string, PartyKeys>} chains */
function checkOnce(history, statements, chains) {
  const again = history.length - new Set(history.map((item) => hex(item.entry.statementHash))).size;
  if (again) throw new Refuted("statements", "each entered once", `${again} of them again`);
  const said = [...statements, ...[...chains.values()].flatMap((keys) => keys.statements)].filter((each) => each !== null);
  const twice = said.length - new Set(said.map((each) => `${each.id} ${each.issuer}`)).size;
  if (twice) throw new Refuted("movement ids of one party", "each used once", `${twice} of them again`);
}

/** @param {Case} on @param {Map<string, PartyKeys>} chains @param {Findings} found */
function checkFirstKeys({ statements, policy }, chains, found) {
  const signers = new Set(statements.flatMap((statement) => (statement ? [statement.issuer] : [])));
  for (const party of [...signers].sort()) {
    const keys = chains.get(party);
    if (keys && !(policy.parties.get(party) ?? []).includes(keys.firstKey)) {
      found.note(new Unavailable(`first key of ${party}`, "it is not in the policy"));
    }
  }
}

/** 4. What was said. @param {Case} on @param {Findings} found */
async function whatWasSaid(on, found) {
  if (on.whoSaidSo === REFUTED) throw new Unavailable("disclosures", "check 3 failed");
  const { bundle, policy } = on;
  const answers = new Answers(bundle.lot, policy.logParty, bundle.first === 1, policy.allowWithheld);
  found.attempt(() => checkTraced(on));
  for (const [at, item] of bundle.history.entries()) {
    const statement = on.statements[at];
    const disclosed = found.attempt(() =>
      statement && item.statement ? disclose(statement, item.statement.disclosures, bundle.lot) : null);
    const said = { sequence: item.entry.sequence, hash: hex(item.entry.statementHash), statement, disclosed };
    found.attempt(() => answers.add(said));
    on.said.push(said);
  }
  for (const { hash, disclosed } of on.said) {
    const gone = answers.gone(hash);
    for (const digest of disclosed?.hidden ?? []) gone.has(digest) ? on.erased++ : on.hidden++;
  }
  on.handoffs = handoffs(on.said, bundle.lot);
  countHidden(on, found);
}

/** Throws Unavailable if the file shows a statement that check 3 left open: nobody looked into it. @param {Case} on */
function checkTraced({ bundle, statements, whoSaidSo }) {
  if (whoSaidSo !== UNKNOWN) return;
  const unread = bundle.history.filter((item, at) => item.statement && !statements[at]);
  if (unread.length) {
    const what = `statement of entry ${unread[0].entry.sequence}`;
    throw new Unavailable(what, `check 3 left it open, and ${unread.length - 1} more`);
  }
}

/** @param {Case} on @param {Findings} found */
function countHidden({ hidden, erased, withheld, policy }, found) {
  if (erased) found.remarks.push(`${erased} fields erased`);
  if (hidden) found.remarks.push(`${hidden} fields withheld`);
  if (policy.requireFull && (hidden || withheld)) {
    const why = `${hidden} fields and ${withheld} statements withheld without an erasure notice`;
    found.note(new Unavailable("fields", why));
  }
}

/** 5. Complete. @param {Case} on @param {Findings} found */
async function complete({ bundle, policy }, found) {
  const { checkpoint, first, head, history, last, lot } = bundle;
  found.attempt(() => checkInclusion(history, checkpoint));
  const reachesEnd = !bundle.part || last === head.count;
  if (reachesEnd) found.attempt(() => checkHead(history, head, subject(LOT, policy.origin, lot), checkpoint, first));
  if (head.count === 0) found.remarks.push("this log holds no such lot");
  const missing = [];
  if (first !== 1) missing.push(`1 to ${first - 1}`);
  if (!reachesEnd) missing.push(`${last + 1} to ${head.count}`);
  if (missing.length) found.note(new Unavailable(`entries ${missing.join(" and ")}`, "not in this file"));
}

/** 6. Signed by the log, and nothing else than what this browser saw before. @param {Case} on @param {Findings} found */
async function signedByTheLog(on, found) {
  const { bundle, known, logs, now, policy } = on;
  const signers = await checkSigners(bundle.note, bundle.checkpoint, policy);
  if (policy.witnesses.length) found.remarks.push(`${signers} of ${policy.witnesses.length} known witnesses signed`);
  on.visit = await sinceLast(bundle, known, { policy, logs, now }, found);
}

/** 7. Anchored. @param {Case} on @param {Findings} found */
async function isAnchored(on, found) {
  const { bundle, nodes, now, policy, sources } = on;
  const at = await anchored(bundle.checkpoint, nodes, { anchors: bundle.anchors, policy, sources, now });
  on.anchored = at;
  if (!at.final) {
    found.late = true;
    found.remarks.push("not final");
  }
  if (at.newer) found.remarks.push(`${at.newer} newer anchors exist`);
}

/** 8. In time. @param {Case} on @param {Findings} found */
async function inTime(on, found) {
  const { bundle, policy, statements } = on;
  if (!on.anchored) throw new Unavailable("times", "no trusted anchor times");
  found.attempt(() => checkTraced(on));
  const timeline = new Timeline(bundle.anchors, on.anchored.epochs, policy);
  for (const [at, { entry, index }] of bundle.history.entries()) {
    const issuedAt = statements[at]?.issuedAt ?? null;
    found.attempt(() => timeline.check(entry.sequence, index, entry.recordedAt, issuedAt));
  }
  const age = on.anchored.finalTime - bundle.anchors[bundle.anchors.length - 1].time;
  if (age > policy.maxAge) {
    found.late = true;
    found.remarks.push(`checkpoint is ${age} s old, the policy allows ${policy.maxAge} s`);
  }
}

const CHECKS = [chain, whoSaidSo, whatWasSaid, complete, signedByTheLog, isAnchored, inTime];

/** @param {Case} on @returns {Record<string, unknown>} */
function facts(on) {
  const { anchors, checkpoint, head } = on.bundle;
  const parties = new Set(on.statements.flatMap((statement) => (statement ? [statement.issuer] : [])));
  const at = on.anchored && {
    anchor: anchors[anchors.length - 1].index,
    anchored_at: anchors[anchors.length - 1].time,
    block: on.anchored.block.number,
    block_hash: "0x" + hex(on.anchored.block.hash),
    nodes: on.nodes.map((node) => node.name),
  };
  return {
    entries: head.count,
    checkpoint_size: checkpoint.size,
    parties: [...parties].sort(),
    hidden_fields: on.hidden,
    erased_fields: on.erased,
    withheld_statements: on.withheld,
    ...told(on.handoffs, on.withheld),
    ...at,
  };
}
