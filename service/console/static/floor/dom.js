/** Elements made by name; text is only ever set as text. */

/** @typedef {Node | string | null | false | undefined} Child */

/** @param {string} name @param {Record<string, string | boolean>} [attributes] @param {...Child} children @returns {HTMLElement} */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false) made.setAttribute(key, value);
  }
  for (const child of children) if (child) made.append(child);
  return made;
}

/** @param {string} text @param {() => void} act @param {string} [kind] @returns {HTMLButtonElement} */
export function button(text, act, kind = "") {
  const made = /** @type {HTMLButtonElement} */ (el("button", { type: "button", class: kind }, text));
  made.addEventListener("click", act);
  return made;
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** @param {HTMLElement} place @param {...Child} children */
export function fill(place, ...children) {
  place.replaceChildren(.../** @type {(Node | string)[]} */ (children.filter(Boolean)));
}

/** How goods stand: the same sign, colour and word as on every other page. @param {string} state @returns {Node | string} */
export function goods(state) {
  const signs = /** @type {HTMLTemplateElement} */ (byId("goods-signs")).content;
  return signs.querySelector(`.goods.${state}`)?.cloneNode(true) ?? state;
}
