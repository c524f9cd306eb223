/**
 * Reads print in a picture with Tesseract, in the browser; its program and its model lie among the files of this service and
 * are loaded when the first photograph is taken. What it reads is only ever offered.
 */

const HERE = new URL("./vendor/tesseract/", import.meta.url).href;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/.:_";
const SPARSE = "11"; // print anywhere in the picture, in no order
const NAMES = /^(?:LOT|BATCH|BN|EXP|MFG|NO)[.:]*/i;
const MOST = 8;
const PATIENCE_MS = 60_000;

/** @type {Promise<any> | undefined} */
let worker;

/** What could be a lot number, the surest first. @param {HTMLCanvasElement} canvas @returns {Promise<string[]>} */
export async function readings(canvas) {
  worker ??= started();
  const reading = worker.then((each) => each.recognize(canvas, {}, { blocks: true, text: true }));
  const { data } = await Promise.race([reading, tooLong()]);
  const words = (data.blocks ?? []).flatMap((/** @type {any} */ block) => block.paragraphs.flatMap((/** @type {any} */ each) => each.lines.flatMap((/** @type {any} */ line) => line.words)));
  words.sort((/** @type {any} */ one, /** @type {any} */ other) => other.confidence - one.confidence);
  const texts = words.map((/** @type {any} */ each) => each.text.replace(NAMES, "").replace(/^[.:_-]+|[.:_-]+$/g, ""));
  return [...new Set(/** @type {string[]} */ (texts.filter((/** @type {string} */ each) => each.length >= 3 && each.length <= 20 && /\d/.test(each))))].slice(0, MOST);
}

/** @returns {Promise<never>} it says nothing where its program cannot be loaded */
const tooLong = () => new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), PATIENCE_MS));

async function started() {
  const { default: library } = await import(`${HERE}tesseract.esm.min.js`);
  const made = await library.createWorker("eng", library.OEM.LSTM_ONLY, {
    workerPath: `${HERE}worker.min.js`, corePath: `${HERE}tesseract-core-simd-lstm.js`, langPath: HERE.slice(0, -1), workerBlobURL: false, cacheMethod: "none", gzip: true,
  });
  await made.setParameters({ tessedit_char_whitelist: LETTERS, tessedit_pageseg_mode: SPARSE, user_defined_dpi: "300" });
  return made;
}
