/**
 * What came of a scan, seen: a band over the page's width with a sign, a word and three lines (scanned, expected, do).
 * Good news stands in a status and goes by itself when the next comes; an error is an alert and stays until somebody says
 * that it was understood. Focus stays where it is.
 */
import { button, byId, el, fill } from "./dom.js";
import { alarm, silence, sound } from "./sounds.js";
import { say } from "./told.js";

/** @typedef {{title: string, scanned?: string, expected?: string, todo?: string, more?: (Node | string)[]}} Message */

const SIGNS = { ok: "✓", complete: "✓✓", duplicate: "=", warning: "!", error: "✕" };

/** @type {(() => void) | null} */
let acknowledge = null;

export const isBlocked = () => acknowledge !== null;

/** @param {"ok" | "complete" | "duplicate" | "warning"} kind @param {Message} message */
export function tell(kind, message) {
  fill(byId("floor-status"), shown(kind, message));
  sound(kind);
}

/** Nothing goes on before somebody has understood it. @param {Message} message @returns {Promise<void>} */
export function refuse(message) {
  return new Promise((resolve) => {
    acknowledge?.();
    acknowledge = () => {
      acknowledge = null;
      silence();
      fill(byId("floor-alert"));
      resolve();
    };
    const understood = button(say("floor.understood"), () => acknowledge?.(), "main");
    fill(byId("floor-status"));
    fill(byId("floor-alert"), shown("error", message), understood);
    alarm();
  });
}

/** Somebody scans on although an error stands there. */
export function stillRefused() {
  sound("error");
}

/** Escape says "understood" too; Enter does not, since a scanner types it. */
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && acknowledge) {
    event.stopImmediatePropagation();
    acknowledge();
  }
}, { capture: true });

document.addEventListener("floor-sound", (event) => {
  const root = document.documentElement;
  root.dataset.sound = /** @type {CustomEvent} */ (event).detail;
  root.dataset.sounds = String(Number(root.dataset.sounds ?? 0) + 1);
});

/** @param {keyof typeof SIGNS} kind @param {Message} message */
function shown(kind, message) {
  const lines = /** @type {[string, string | undefined][]} */ ([
    ["floor.scanned", message.scanned], ["floor.expected", message.expected], ["floor.do", message.todo],
  ]).filter(([, text]) => text);
  return el("div", { class: `band ${kind}` },
    el("p", { class: "band-title" }, el("span", { "aria-hidden": "true" }, SIGNS[kind]), ` ${message.title}`),
    ...lines.map(([label, text]) => el("p", {}, `${say(label)}: `, el("strong", {}, text ?? ""))),
    ...(message.more ?? []).map((each) => (typeof each === "string" ? el("p", {}, each) : each)));
}
