/** What the server told this page: its words in the person's language, who works here, and what the page is about. */

/** @typedef {{words: Record<string, string>, language: string, party: string, person: string, may: Record<string, boolean>,
 *   pages: string[], files: string[], causes: string[], parties: {id: string, name: string}[], list: any, handoffs: any[], orders: any[], places: any[]}} Told */

const source = document.getElementById("floor-told");

/** @type {Told} */
export const told = JSON.parse(source?.textContent ?? "{}");

/** Whose work this is: what one person left unsent, another does not send. */
export const owner = `${told.party} ${told.person}`;

/** A sentence; each `{}` in it is filled in, in order, or by its number: `{0}`. @param {string} key @param {...unknown} values @returns {string} */
export function say(key, ...values) {
  const sentence = told.words[key];
  if (sentence === undefined) throw new Error(`no words for ${key}`);
  let at = 0;
  return sentence.replace(/\{(\d?)\}/g, (_, number) => String(values[number === "" ? at++ : Number(number)] ?? ""));
}

/** Whether there is such a word. @param {string} key */
export const knows = (key) => Object.hasOwn(told.words, key);
