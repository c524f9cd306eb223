/** Goods that were offered to us: scan each lot, or none; touch accept, wholly or with differences, or refuse. */
import { refuse, tell } from "../band.js";
import { byId } from "../dom.js";
import { show, undoNewest } from "../outbox_view.js";
import { begin as listen, named } from "../scanning.js";
import { say, told } from "../told.js";
import { decimal, done, movement, plus, scanNow } from "./common.js";

export async function begin() {
  show({ undone: (entry) => entry.kind === "handoff" && reopen(entry), sent: (entry) => entry.kind === "handoff" && settle(entry) });
  listen({ seen, takes: () => true, undo: () => void undoNewest() });
  for (const form of forms()) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const submitter = /** @type {HTMLButtonElement} */ (/** @type {SubmitEvent} */ (event).submitter);
      void (submitter.value === "refuse" ? refuseAll(form) : accept(form));
    });
  }
  scanNow(say(forms().length ? "handoff.scan" : "handoffs.none"));
}

const forms = () => [...document.querySelectorAll("form[data-handoff]")].map((each) => /** @type {HTMLFormElement} */ (each)).filter((each) => !each.closest("section")?.hidden);

/** @param {HTMLFormElement} form */
const handoffOf = (form) => told.handoffs.find((each) => each.id === form.dataset.handoff);

/** Ticks the line of an offer; what no offer holds is refused. @param {any} seen */
async function seen(seen) {
  const number = seen.lots[0]?.lot ?? seen.lot ?? seen.text;
  for (const form of forms()) {
    const line = handoffOf(form).lines.find((/** @type {any} */ each) => each.lot === number || each.uri === seen.text);
    if (!line) continue;
    const row = /** @type {HTMLElement} */ (form.querySelector(`[data-line="${line.line}"]`));
    row.classList.add("ticked");
    const ticked = form.querySelectorAll(".ticked").length, whole = handoffOf(form).lines.length;
    return tell(ticked === whole ? "complete" : "ok", { title: say("handoff.ticked", `${line.lot} · ${line.quantity} ${line.unit}`, ticked, whole) });
  }
  const expected = forms().flatMap((form) => handoffOf(form).lines.map((/** @type {any} */ each) => each.lot)).slice(0, 5).join(", ");
  await refuse({ title: say("handoff.not_offered"), scanned: named(seen), expected: expected || say("none"), todo: say("handoff.not_offered.do") });
}

/** @param {HTMLFormElement} form */
async function accept(form) {
  const offer = handoffOf(form), values = new FormData(form);
  const lines = offer.lines.map((/** @type {any} */ each) => ({
    line: each.line, accepted: decimal(String(values.get(`accepted-${each.line}`))), refused: decimal(String(values.get(`refused-${each.line}`) || "0")), offered: each.quantity, unit: each.unit, lot: each.lot }));
  const bad = lines.find((/** @type {any} */ each) => each.accepted === null || each.refused === null || Number(plus(each.accepted, each.refused)) > Number(each.offered));
  if (bad) return refuse({ title: say("floor.bad_quantity"), scanned: `${bad.lot}: ${values.get(`accepted-${bad.line}`)} + ${values.get(`refused-${bad.line}`)}`, expected: say("handoff.at_most", `${bad.offered} ${bad.unit}`), todo: say("floor.bad_quantity.do") });
  const whole = lines.every((/** @type {any} */ each) => Number(each.accepted) === Number(each.offered));
  const partial = whole ? {} : { lines: lines.map((/** @type {any} */ each) => ({ line: each.line, accepted: each.accepted, refused: each.refused })) };
  const body = movement({ type: "accept", handoff: offer.id, to: String(values.get("to")), ...partial });
  await answered(form, say(whole ? "handoff.done.whole" : "handoff.done.part", offer.from_party), body);
}

/** @param {HTMLFormElement} form */
async function refuseAll(form) {
  const offer = handoffOf(form), reason = String(new FormData(form).get("reason") ?? "").trim();
  if (!reason) return refuse({ title: say("handoff.reason"), expected: say("reason"), todo: say("handoff.reason.do") });
  await answered(form, say("handoff.done.refused", offer.from_party), movement({ type: "refuse", handoff: offer.id, reason }));
}

/** @param {HTMLFormElement} form @param {string} title @param {any} body */
async function answered(form, title, body) {
  if (!navigator.onLine) return refuse({ title: say("floor.needs_network"), todo: say("floor.needs_network.do") });
  await done({ title, kind: "handoff", lots: [], direct: true, steps: [{ method: "POST", path: "/movements", body }] });
  /** @type {HTMLElement} */ (form.closest("section")).hidden = true;
}

/** @param {import("../outbox.js").Entry} entry */
function reopen(entry) {
  const section = document.querySelector(`form[data-handoff="${entry.steps[0].body.handoff}"]`)?.closest("section");
  if (section) /** @type {HTMLElement} */ (section).hidden = false;
}

/** @param {import("../outbox.js").Entry} entry */
function settle(entry) {
  document.querySelector(`form[data-handoff="${entry.steps[0].body.handoff}"]`)?.closest("section")?.remove();
  if (!forms().length) byId("scan-now").textContent = say("handoff.all_answered");
}
