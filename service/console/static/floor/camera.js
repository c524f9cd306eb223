/**
 * The camera as a scanner: the browser's own reader where there is one, since it is several times as fast, else zxing-wasm,
 * which is loaded when the camera is opened and not before. Only zxing says by what symbology a code was read, and only that
 * makes it GS1; so what the browser's reader found is read once more where it could be GS1.
 *
 * Zoom, light and lens are shown where the device has them; the screen stays on as long as the camera does.
 */
import { refuse } from "./band.js";
import { button, byId, el, fill } from "./dom.js";
import { arrived } from "./scanning.js";
import { say } from "./told.js";

const READER = "./vendor/zxing-wasm/reader/";
const LOOK_MS = 120;
const READ_MS = 1_500; // a reader that takes longer hangs
const GONE_MS = 1_500; // so long out of sight, and it is another scan
const FORMATS = /** @type {const} */ (["DataMatrix", "QRCode", "Code128", "EAN13", "EAN8", "UPCA", "ITF14", "DataBar", "DataBarExpanded"]);
const NATIVE = { data_matrix: "data_matrix", qr_code: "qr_code", code_128: "code_128", ean_13: "ean_13", ean_8: "ean_8", upc_a: "upc_a", itf: "itf" };
const MAYBE_GS1 = ["data_matrix", "qr_code", "code_128"];

/** @type {{stream: MediaStream, video: HTMLVideoElement, timer: ReturnType<typeof setTimeout> | undefined, lock: any} | null} */
let open = null;
/** @type {Map<string, number>} when each code was last in sight */
const sight = new Map();
/** @type {Promise<any> | undefined} */
let zxing;
let native = "BarcodeDetector" in window;

export function offerCamera() {
  const opener = byId("camera");
  opener.hidden = !navigator.mediaDevices?.getUserMedia;
  opener.addEventListener("click", () => void (open ? close() : start()));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && close());
}

/** @param {string} [lens] */
async function start(lens) {
  close();
  try {
    const wanted = lens ? { deviceId: { exact: lens } } : { facingMode: "environment" };
    const stream = await navigator.mediaDevices.getUserMedia({ video: { ...wanted, width: { ideal: 1280 }, height: { ideal: 720 } } });
    await show(stream);
  } catch (problem) {
    close();
    void refuse({ title: say("camera.refused"), todo: say("camera.refused.do"), more: [String(problem)] });
  }
}

function close() {
  if (!open) return;
  clearTimeout(open.timer);
  for (const track of open.stream.getTracks()) track.stop();
  void open.lock?.release?.().catch(() => {});
  open = null;
  fill(byId("camera-view"));
  byId("camera-view").hidden = true;
  byId("camera").textContent = say("camera.open");
}

/** @param {MediaStream} stream */
async function show(stream) {
  const video = /** @type {HTMLVideoElement} */ (el("video", { playsinline: true, muted: true, "aria-label": say("camera.view") }));
  video.muted = true;
  video.srcObject = stream;
  open = { stream, video, timer: undefined, lock: await navigator.wakeLock?.request("screen").catch(() => null) };
  fill(byId("camera-view"), video, el("p", {}, say("camera.looking")), ...(await controls(stream.getVideoTracks()[0])));
  byId("camera-view").hidden = false;
  byId("camera").textContent = say("camera.close");
  await video.play();
  void look();
}

/** @param {MediaStreamTrack} track */
async function controls(track) {
  const can = /** @type {any} */ (track.getCapabilities?.() ?? {}), made = [];
  if (can.zoom) made.push(zoom(track, can.zoom));
  if (can.torch) made.push(torch(track));
  const lenses = (await navigator.mediaDevices.enumerateDevices()).filter((each) => each.kind === "videoinput");
  if (lenses.length > 1) made.push(lensChoice(lenses, track.getSettings().deviceId ?? ""));
  return made;
}

/** @param {MediaStreamTrack} track @param {Record<string, any>} wanted */
const set = (track, wanted) => track.applyConstraints(/** @type {any} */ ({ advanced: [wanted] })).catch(() => {});

/** @param {MediaStreamTrack} track @param {{min: number, max: number, step: number}} range */
function zoom(track, range) {
  const slider = /** @type {HTMLInputElement} */ (el("input", { id: "zoom", type: "range", min: String(range.min), max: String(range.max), step: String(range.step || 0.1) }));
  slider.value = String(/** @type {any} */ (track.getSettings()).zoom ?? range.min);
  slider.addEventListener("input", () => void set(track, { zoom: Number(slider.value) }));
  return el("p", { class: "field" }, el("label", { for: "zoom" }, say("camera.zoom")), slider);
}

/** @param {MediaStreamTrack} track */
function torch(track) {
  const made = button(say("camera.torch"), () => {
    const on = made.getAttribute("aria-pressed") !== "true";
    made.setAttribute("aria-pressed", String(on));
    void set(track, { torch: on });
  }, "plain");
  made.setAttribute("aria-pressed", "false");
  return made;
}

/** @param {MediaDeviceInfo[]} lenses @param {string} now */
function lensChoice(lenses, now) {
  const select = /** @type {HTMLSelectElement} */ (el("select", { id: "lens" }, ...lenses.map((each, at) => el("option", { value: each.deviceId }, each.label || `${say("camera.lens")} ${at + 1}`))));
  select.value = now;
  select.addEventListener("change", () => void start(select.value));
  return el("p", { class: "field" }, el("label", { for: "lens" }, say("camera.lens")), select);
}

/** One picture after the other, each when the one before is done. */
async function look() {
  const now = open;
  if (!now) return;
  if (now.video.readyState >= 2) {
    for (const text of await codes(now.video).catch(() => [])) inSight(text);
  }
  if (open === now) now.timer = setTimeout(() => void look(), LOOK_MS);
}

/** @param {string} text */
function inSight(text) {
  const before = sight.get(text) ?? 0;
  sight.set(text, Date.now());
  if (Date.now() - before > GONE_MS) arrived(text);
}

/** @param {HTMLVideoElement} video @returns {Promise<string[]>} each with its symbology identifier, where it is known */
async function codes(video) {
  const found = native ? await byBrowser(video) : null;
  if (found === null) return byZxing(video);
  return found.some((/** @type {any} */ each) => MAYBE_GS1.includes(each.format)) ? byZxing(video) : found.map((/** @type {any} */ each) => each.rawValue);
}

/** What the browser's own reader sees; null from the first time on that it fails or hangs: it is not asked again.
 * @param {HTMLVideoElement} video @returns {Promise<{rawValue: string, format: string}[] | null>} */
async function byBrowser(video) {
  try {
    const detector = new /** @type {any} */ (window).BarcodeDetector({ formats: Object.values(NATIVE) });
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), READ_MS));
    return await Promise.race([detector.detect(video), late]);
  } catch {
    native = false;
    return null;
  }
}

/** @param {HTMLVideoElement} video */
async function byZxing(video) {
  zxing ??= loaded();
  const { readBarcodes } = await zxing, canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(video, 0, 0);
  const picture = context.getImageData(0, 0, canvas.width, canvas.height);
  const found = await readBarcodes(picture, { formats: FORMATS, maxNumberOfSymbols: 1, textMode: "Plain", tryHarder: true });
  return found.filter((/** @type {any} */ each) => each.isValid).map((/** @type {any} */ each) => `${each.symbologyIdentifier}${each.text}`);
}

async function loaded() {
  const library = await import(`${READER}index.js`), wasm = new URL(`${READER}zxing_reader.wasm`, import.meta.url).href;
  library.prepareZXingModule({ overrides: { locateFile: () => wasm } });
  return library;
}
