/** The words of the page, in the language in which the server wrote it; `{name}` in a sentence is filled in. */

/** @type {Record<string, string> | undefined} */
let words;

/** @param {string} key @param {Record<string, string | number>} [values] @returns {string} */
export function say(key, values = {}) {
  words ??= /** @type {Record<string, string>} */ (JSON.parse(document.getElementById("words")?.textContent ?? "{}"));
  const sentence = words[key];
  if (sentence === undefined) throw new Error(`no word for ${key}`);
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Whether there is such a word. @param {string} key @returns {boolean} */
export function known(key) {
  say("title");
  return words !== undefined && Object.hasOwn(words, key);
}

/** @param {number} milliseconds @returns {string} */
export function time(milliseconds) {
  const at = new Date(milliseconds);
  if (Number.isNaN(at.getTime())) return `${milliseconds} ms`;
  return at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
}

/** An amount, as the checks write it, in the language of the page. @param {string} text @returns {string} */
export const amounts = (text) => text.replace(/ pieces/g, ` ${say("pieces")}`);

/** The last part of a party's or lot's name, for people; the whole stands beside it. @param {string} uri @returns {string} */
export function short(uri) {
  const last = uri.slice(uri.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
