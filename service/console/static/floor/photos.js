/**
 * Photographs that go with what is done: made small on the device, so that they come through from the end of a hall, and drawn
 * anew, so that neither place nor camera is in the file.
 */
import { button, el, fill } from "./dom.js";
import { say } from "./told.js";

const LONGEST = 1600, QUALITY = 0.8, THUMB = 96, MOST = 4;

/** @typedef {{blob: Blob, seen: string}} Photo `seen` is a small picture of it as a data: address */

/** @param {Photo[]} taken changed in place @param {() => void} changed @returns {HTMLElement} */
export function photoField(taken, changed) {
  const input = /** @type {HTMLInputElement} */ (el("input", { type: "file", id: "photo", accept: "image/*", capture: "environment" }));
  const says = el("p", { role: "status", id: "photo-says" });
  input.disabled = taken.length >= MOST;
  input.addEventListener("change", () => void add(input, taken, says).then((added) => added && changed()));
  const shown = taken.map((each, at) => el("li", {}, el("img", { src: each.seen, alt: say("photo.number", at + 1) }),
    button(say("photo.drop"), () => { taken.splice(at, 1); changed(); }, "plain")));
  return el("div", { class: "photos" }, el("p", { class: "field" }, el("label", { for: "photo" }, say("photo.take")), input), says, el("ul", {}, ...shown));
}

/** @param {HTMLInputElement} input @param {Photo[]} taken @param {HTMLElement} says */
async function add(input, taken, says) {
  const [file] = input.files ?? [];
  if (!file) return false;
  try {
    taken.push(await small(file));
    return true;
  } catch {
    fill(says, say("photo.unreadable"));
    return false;
  } finally {
    input.value = "";
  }
}

/** @param {File} file @returns {Promise<Photo>} */
async function small(file) {
  const picture = await createImageBitmap(file);
  const blob = await new Promise((resolve) => drawn(picture, LONGEST).toBlob(resolve, "image/jpeg", QUALITY));
  if (!blob) throw new Error("no picture");
  return { blob: /** @type {Blob} */ (blob), seen: drawn(picture, THUMB).toDataURL("image/jpeg", QUALITY) };
}

/** @param {ImageBitmap} picture @param {number} longest pixels of its longer side, at most */
function drawn(picture, longest) {
  const canvas = document.createElement("canvas"), by = Math.min(1, longest / Math.max(picture.width, picture.height));
  [canvas.width, canvas.height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * by)));
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
