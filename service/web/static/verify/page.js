/**
 * The page: takes a file or fetches that of a lot, has it checked, and shows two answers that never share a colour or a
 * word, the goods and the record. Where the checks run is the business of `ask`.
 */
import { cheated } from "./cheating.js";
import { byId, el, fill } from "./dom.js";
import { familyTree } from "./familytree.js";
import { goods } from "./goods.js";
import { conclude, reset, show } from "./lines.js";
import { known } from "./memory.js";
import { REFUTED, YES } from "./report.js";
import { offerReporting, toReport } from "./reporting.js";
import { say, time } from "./saying.js";
import { saving } from "./taking.js";
import { handoffList, signers, timeline } from "./timeline.js";
import { offerForgetting, showVisit } from "./visited.js";

const MOST_FILES = 256;

/** @typedef {import("./running.js").Asked} Asked */
/** @typedef {import("./running.js").Judged} Judged */
/** @typedef {(asked: Asked, tell: (answer: import("./report.js").Answer) => void) => Promise<Judged>} Ask */

/** What is being looked at; `genuine` are the files as they came, where one of `files` was changed to see it found out.
 * @type {{files: Uint8Array[], genuine: Uint8Array[] | null, policy: string | null, own: boolean, lot: string | null}} */
const open = { files: [], genuine: null, policy: null, own: false, lot: null };

/** Where policy and proof come from; `waits` if there is a proof to fetch also without a lot; `here` is the service.
 * @typedef {{policy: () => Promise<string>, proof: ((lot: string | null) => Promise<Uint8Array[]>) | null, waits: boolean,
 *   here: string | null}} From */

/** @param {Ask} ask @param {From} from */
export function start(ask, from) {
  const again = () => void check(ask, from);
  byId("again").addEventListener("click", again);
  byId("file").addEventListener("change", () => void taken(/** @type {HTMLInputElement} */ (byId("file")).files, again));
  byId("policy-file").addEventListener("change", () => void ownPolicy(again));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    void taken(event.dataTransfer?.files ?? null, again);
  });
  for (const id of ["tools", "match", "problem"]) byId(id).hidden = false;
  offerForgetting();
  offerReporting();
  offerCheating(again);
  open.lot = document.body.dataset.lot || null;
  if (from.proof && (open.lot || from.waits)) void fetchProof(open.lot, from.proof).then(again, complain);
}

/** @param {string | null} lot @param {(lot: string | null) => Promise<Uint8Array[]>} proof */
async function fetchProof(lot, proof) {
  reset("waiting");
  open.files = await proof(lot);
  const name = lot ? lot.slice(lot.lastIndexOf("/") + 1) : "lot";
  fill(byId("save"), ...open.files.map((file, at) => saving(file, `${name}${open.files.length > 1 ? `.${at + 1}` : ""}.lotproof.json`, say("save_proof"))));
}

/** @param {() => void} again */
function offerCheating(again) {
  byId("cheat").addEventListener("click", () => {
    const what = /** @type {HTMLSelectElement} */ (byId("cheat-what")).value, [first, ...others] = open.genuine ?? open.files;
    const done = first ? cheated(first, what) : null;
    fill(byId("cheat-says"), done ? say("cheat_done", { place: done.place + 1, from: done.from, to: done.to }) : say("cheat_nothing"));
    if (!done) return;
    open.genuine ??= open.files;
    open.files = [done.file, ...others];
    byId("cheat-undo").hidden = false;
    again();
  });
  byId("cheat-undo").addEventListener("click", () => {
    if (open.genuine) open.files = open.genuine;
    honest();
    again();
  });
}

/** What is looked at is what came. */
function honest() {
  open.genuine = null;
  byId("cheat-undo").hidden = true;
  fill(byId("cheat-says"));
}

/** @param {FileList | null} files @param {() => void} again */
async function taken(files, again) {
  if (!files?.length) return;
  const chosen = [...files].slice(0, MOST_FILES);
  honest();
  open.files = await Promise.all(chosen.map(async (file) => new Uint8Array(await file.arrayBuffer())));
  fill(byId("chosen"), chosen.map((file) => file.name).join(", "));
  again();
}

/** @param {() => void} again */
async function ownPolicy(again) {
  const [file] = /** @type {HTMLInputElement} */ (byId("policy-file")).files ?? [];
  if (!file) return;
  open.policy = await file.text();
  open.own = true;
  fill(byId("policy-whose"), say("policy_own", { name: file.name }));
  if (open.files.length) again();
}

/** The nodes that the visitor names, one a line; null for those of the policy. @returns {string[] | null} */
function nodesOf() {
  const lines = /** @type {HTMLTextAreaElement} */ (byId("nodes")).value.split(/\s+/).filter(Boolean);
  return lines.length ? lines.filter((line) => /^https?:\/\//.test(line)).slice(0, 8) : null;
}

let turn = 0; // of what was asked before, nothing is shown any more

/** @param {Ask} ask @param {From} from */
async function check(ask, from) {
  const mine = ++turn;
  if (!open.files.length) return complain(say("no_file"));
  byId("complaint").hidden = true;
  delete document.body.dataset.done;
  reset("waiting");
  /** @type {number | null} */
  let broken = null;
  const tell = (/** @type {import("./report.js").Answer} */ answer) => {
    if (mine !== turn) return;
    show(answer, broken, []);
    if (answer.answer === REFUTED) broken ??= answer.check;
  };
  try {
    const policy = (open.policy ??= await from.policy());
    const network = /** @type {HTMLInputElement} */ (byId("network")).checked;
    const judged = await ask({ files: open.files, policy, nodes: nodesOf(), network, lot: open.lot, known: known(), here: from.here }, tell);
    if (mine === turn) conclusion(judged, from);
  } catch (problem) {
    if (mine === turn) complain(problem);
  }
}

/** @param {Judged} judged @param {From} from */
function conclusion({ nodes, report, summary, visit }, { here }) {
  let broken = null;
  for (const answer of report.checks) {
    show(answer, broken, nodes);
    if (answer.answer === REFUTED) broken ??= answer.check;
  }
  const stands = broken === null;
  const sure = report.checks.slice(0, 5).every((answer) => answer.answer === YES);
  const anchored = report.checks[6].answer === YES;
  conclude(report.checks, summary?.anchored ?? 0, time);
  showVisit(visit, report.checks, open.genuine === null);
  toReport({ report, visit, cheated: open.genuine !== null });
  if (open.genuine) byId("cheat-says").append(" ", broken === null ? say("cheat_unseen") : say("cheat_seen", { check: broken }));
  const none = stands && summary?.count === 0;
  fill(byId("goods-now"), ...(none ? [el("p", {}, say("goods_no_lot"))] : goods(summary?.rows ?? [], stands, Date.now())),
    stands && !sure && el("p", {}, say("goods_open")));
  byId("said").hidden = !summary;
  if (summary) {
    if (!open.lot) fill(byId("which"), summary.lot);
    fill(byId("timeline"), ...(stands ? timeline(summary, anchored) : [el("p", {}, say("rests_on_nothing"))]));
    fill(byId("signers"), signers(stands ? summary.rows : []));
    const handed = stands ? handoffList(summary.handoffs) : [];
    fill(byId("handoffs"), handed.length ? el("ul", {}, ...handed) : el("p", { class: "quiet" }, say("no_handoffs")));
    fill(byId("family"), ...(stands ? familyTree(summary.family, summary.lot, (uri) => here && pageOf(uri)) : []));
    fill(byId("permalink"), here && !location.hash && el("a", { href: `/verify?lot=${encodeURIComponent(summary.lot)}&size=${summary.size}` }, say("permalink", { size: summary.size })));
    const hidden = Number(report.facts.hidden_fields ?? 0), withheld = Number(report.facts.withheld_statements ?? 0);
    fill(byId("hidden"), say("hidden_all", { hidden, withheld, erased: Number(report.facts.erased_fields ?? 0) }));
  }
  document.body.dataset.done = String(report.exit);
}

/** Where this service answers for a lot. @param {string} uri */
const pageOf = (uri) => `/verify?lot=${encodeURIComponent(uri)}`;

/** A mistake of use or an answer that did not come: nothing was checked, and that is what stands there.
 * @param {unknown} problem */
function complain(problem) {
  reset("open");
  const place = byId("complaint");
  fill(place, problem instanceof Error ? problem.message : String(problem));
  place.hidden = false;
  byId("visit").hidden = true;
  toReport({ complaint: place.textContent });
  fill(byId("goods-now"), el("p", {}, say("goods_not_checked")));
  document.body.dataset.done = "64";
}
