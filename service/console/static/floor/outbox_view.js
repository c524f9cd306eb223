/** The outbox, seen: what can still be undone with its seconds, how much waits, and what somebody has to decide. */
import { reach } from "./asking.js";
import { refuse, tell } from "./band.js";
import { button, byId, el, fill } from "./dom.js";
import { asFile } from "./outbox_file.js";
import { begin, giveUp, ofOthers, retry, send, sent, standing, undo, unsent, watch } from "./outbox.js";
import { knows, say } from "./told.js";

const TICK_MS = 250;
const SHOWN_SENT = 10;
const MINUTE_MS = 60_000, HOUR_MS = 3_600_000;
const LATE_HOURS = 4, OVERDUE_HOURS = 24;

/** @typedef {import("./outbox.js").Entry} Entry */

/** @type {Entry[]} */
let undoable = [];

/** Shows it, and begins to send. @param {{undone?: (entry: Entry) => void, sent?: (entry: Entry) => void}} [flow] */
export function show(flow = {}) {
  watch(({ what, entry }) => void heard(what, entry, flow));
  byId("outbox-send").addEventListener("click", () => void send());
  byId("outbox-save").addEventListener("click", () => void save());
  setInterval(countdown, TICK_MS);
  setInterval(() => void render(), MINUTE_MS);
  document.addEventListener("floor-reach", () => void render());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && undoable.length) void undoNewest();
  });
  begin();
  void render();
}

/** One touch, Escape, or the card's code. */
export async function undoNewest() {
  const newest = undoable.at(-1);
  if (newest && !(await undo(newest.id))) tell("warning", { title: say("floor.undo.late") });
}

/** @param {string} what @param {Entry | undefined} entry @param {{undone?: (entry: Entry) => void, sent?: (entry: Entry) => void}} flow */
async function heard(what, entry, flow) {
  if (what === "undone" && entry) {
    tell("ok", { title: say("floor.undone"), more: [entry.title] });
    flow.undone?.(entry);
  }
  if (what === "sent" && entry) flow.sent?.(entry);
  if (what === "refused" && entry) void refuse(whyRefused(entry));
  await render();
}

/** @param {Entry} entry @returns {import("./band.js").Message} */
function whyRefused(entry) {
  const { slug, detail, title } = entry.problem;
  const known = knows(`problem.${slug}`);
  return { title: say("floor.refused"), scanned: entry.title, expected: entry.problem.expected ? String(entry.problem.expected) : undefined,
           todo: say(known ? `problem.${slug}` : "problem.other"), more: [detail ?? title ?? ""].filter(Boolean) };
}

async function render() {
  const waiting = await unsent(), done = await sent(), others = await ofOthers();
  undoable = waiting.filter((each) => each.state === "waiting" && each.at === 0 && each.due > Date.now());
  chip(waiting);
  setUnsentCookie(waiting.length + others);
  fill(byId("undo"), ...undoable.map(undoRow));
  countdown();
  fill(byId("outbox-list"), ...list(waiting, done), others > 0 && el("p", { class: "attention" }, say("floor.outbox.others", others)));
  for (const id of ["outbox-send", "outbox-save"]) byId(id).hidden = waiting.length === 0;
}

/** How long the oldest waits; what waits for a day is shown without asking. @param {Entry[]} waiting */
function late(waiting) {
  const hours = Math.floor((Date.now() - Math.min(Date.now(), ...waiting.map((each) => each.made))) / HOUR_MS);
  const box = /** @type {HTMLDetailsElement} */ (byId("outbox")), age = hours >= OVERDUE_HOURS ? "overdue" : hours >= LATE_HOURS ? "late" : "";
  if (age === "overdue" && box.dataset.age !== age) box.open = true;
  box.dataset.age = age;
  byId("outbox-late").textContent = age && say(`floor.outbox.${age}`, hours);
  return age && say("floor.outbox.since", hours);
}

/** The last resort. */
async function save() {
  const url = URL.createObjectURL(new Blob([await asFile()], { type: "application/json" }));
  el("a", { href: url, download: `outbox-${new Date().toISOString().slice(0, 10)}.json` }).click();
  URL.revokeObjectURL(url);
}

/** @param {Entry[]} waiting */
function chip(waiting) {
  const count = waiting.length;
  const where = standing().signedOut ? say("floor.outbox.signed_out") : reach.lost || !navigator.onLine ? say("floor.outbox.offline") : "";
  byId("outbox-count").textContent = [say("floor.outbox.count", count), late(waiting), where].filter(Boolean).join(" · ");
  byId("outbox").dataset.count = String(count);
  navigator.storage?.persist?.().catch(() => false);
}

/** So that signing out, which clears this device for everybody, can be refused while something waits; nothing but how much. @param {number} count */
function setUnsentCookie(count) {
  document.cookie = `lotproof-unsent=${count}; path=/; samesite=lax; max-age=${count ? 31_536_000 : 0}`;
}

/** @param {Entry} entry */
function undoRow(entry) {
  return el("div", { class: "undo-row", role: "status" }, el("span", {}, entry.title), el("span", { class: "seconds", "data-due": String(entry.due), "aria-hidden": "true" }),
            button(say("floor.undo"), () => void undo(entry.id).then((done) => done || tell("warning", { title: say("floor.undo.late") })), "main"));
}

function countdown() {
  let over = false;
  for (const each of byId("undo").querySelectorAll("[data-due]")) {
    const left = Number(/** @type {HTMLElement} */ (each).dataset.due) - Date.now();
    each.textContent = say("floor.undo.seconds", Math.max(0, Math.ceil(left / 1000)));
    over ||= left <= 0;
  }
  if (over) void render();
}

/** @param {Entry[]} waiting @param {Entry[]} done */
function list(waiting, done) {
  if (waiting.length + done.length === 0) return [el("p", { class: "empty" }, say("floor.outbox.none"))];
  return [el("ul", { class: "outbox-entries" }, ...[...waiting].reverse().map(waitingRow), ...done.slice(0, SHOWN_SENT).map(sentRow))];
}

/** @param {Entry} entry */
function waitingRow(entry) {
  if (entry.state !== "refused") return el("li", { "data-state": entry.state }, entry.title, el("small", {}, ` ${say("floor.state.here")}`));
  const { todo, more } = whyRefused(entry);
  return el("li", { "data-state": "refused" }, el("strong", {}, `${say("floor.state.refused")}: `), entry.title, el("p", {}, todo ?? ""), ...(more ?? []).map((each) => el("p", {}, each)),
            button(say("floor.retry"), () => void retry(entry.id)), " ", twice(say("floor.give_up"), say("floor.give_up.sure"), () => void giveUp(entry.id)));
}

/** A button that asks once more. @param {string} text @param {string} sure @param {() => void} act */
function twice(text, sure, act) {
  const made = button(text, () => {
    if (made.textContent === sure) act();
    else made.textContent = sure;
  }, "plain");
  return made;
}

/** @param {Entry} entry */
function sentRow(entry) {
  const where = typeof entry.index === "number" ? say("floor.state.entered", entry.index) : say("floor.state.recorded");
  return el("li", { "data-state": "sent" }, entry.title, el("small", {}, ` ${where}`));
}
