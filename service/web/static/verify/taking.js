/** What a visitor takes away: files made here, in the browser. */
import { el } from "./dom.js";

/** A link that saves it. @param {Uint8Array | string} content @param {string} name @param {string} words @returns {HTMLElement} */
export function saving(content, name, words) {
  const link = el("a", { class: "button plain", download: name }, words);
  const type = name.endsWith(".json") ? "application/json" : "text/plain";
  link.setAttribute("href", URL.createObjectURL(new Blob([/** @type {any} */ (content)], { type })));
  return link;
}
