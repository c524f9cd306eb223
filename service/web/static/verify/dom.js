/** Elements made by name; text is only ever set as text, so nothing in a file becomes markup. */

/** @typedef {Node | string | null | false} Child */

/** @param {string} name @param {Record<string, string>} [attributes] @param {...Child} children @returns {HTMLElement} */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  for (const child of children) if (child !== null && child !== false) made.append(child);
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
  place.replaceChildren(...children.filter((child) => child !== null && child !== false));
}
