/** A damaged label: a photograph is judged for its sharpness and read by a machine; people choose what it says. */
import { button, byId, el, fill } from "../dom.js";
import { show } from "../outbox_view.js";
import { begin as listen } from "../scanning.js";
import { say } from "../told.js";
import { SHARP, grey, sharpness } from "../sharpness.js";

const WIDEST = 1600;

export async function begin() {
  show();
  listen({ seen: (seen, text) => void open(seen, text), takes: () => true });
  byId("photo").addEventListener("change", () => void taken(/** @type {HTMLInputElement} */ (byId("photo")).files?.[0]));
}

/** What can be scanned is not damaged: it goes the usual way. @param {any} seen @param {string} text */
function open(seen, text) {
  if (seen.location) /** @type {HTMLInputElement} */ (byId("at")).value = seen.location;
  else if (seen.lots.length === 1) location.href = `/console/scan/lot?uri=${encodeURIComponent(seen.lots[0].uri)}`;
  else /** @type {HTMLInputElement} */ (byId("read")).value = text;
}

/** @param {File | undefined} file */
async function taken(file) {
  if (!file) return;
  const canvas = await drawn(file), sharp = sharpness(grey(canvas));
  const verdict = el("p", { class: sharp < SHARP ? "attention" : "", id: "sharpness", "data-sharpness": String(Math.round(sharp)) }, say(sharp < SHARP ? "label.blurred" : "label.sharp", Math.round(sharp)));
  fill(byId("photo-says"), verdict, el("p", {}, say("label.reading")));
  const { readings } = await import("../reading.js");
  const found = await readings(canvas).catch(() => null);
  const offers = (found ?? []).map((each) => button(each, () => (/** @type {HTMLInputElement} */ (byId("read")).value = each), "plain"));
  fill(byId("photo-says"), verdict, el("p", {}, say(found === null ? "label.no_machine" : offers.length ? "label.readings" : "label.no_reading")),
    offers.length > 0 && el("div", { class: "choose", id: "machine-read" }, ...offers));
}

/** @param {File} file @returns {Promise<HTMLCanvasElement>} no wider than WIDEST */
async function drawn(file) {
  const picture = await createImageBitmap(file), scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
