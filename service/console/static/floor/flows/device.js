/** The scanner's doctor: what it sends, and which of its settings is wrong; sound, vibration, clock, and what is kept here. */
import { ask, clock } from "../asking.js";
import { refuse, tell } from "../band.js";
import { button, byId, el, fill } from "../dom.js";
import { book } from "../known.js";
import { send, unsent } from "../outbox.js";
import { load } from "../outbox_file.js";
import { show } from "../outbox_view.js";
import { hearUntouched } from "../scanning.js";
import { set, setting } from "../settings.js";
import { shake, sound, unlock } from "../sounds.js";
import { GS, visible } from "../spelling.js";
import { say, told } from "../told.js";
import { hasVoice, speak } from "../voice.js";
import { SILENCE_MS, listen } from "../wedge.js";
import { facts, scanNow } from "./common.js";

const CLOCK_OFF_MS = 5 * 60_000;

export async function begin() {
  show();
  scanNow(say("device.scan"));
  const field = /** @type {HTMLInputElement} */ (byId("code"));
  byId("typed").addEventListener("submit", (event) => event.preventDefault());
  listen({ field, scanned: diagnose, lost: () => tell("warning", { title: say("floor.ime"), todo: say("floor.ime.do") }), silence: Number(setting("silence")) });
  chooseSilence();
  chooseVoice();
  byId("outbox-file").addEventListener("change", () => void loadFile());
  hearUntouched((text) => diagnose({ text, keys: [say("camera.open")], suffix: "Enter", forms: text.includes(GS) ? ["raw"] : [], ms: 0, ime: false, caps: false }));
  byId("print").addEventListener("click", () => print());
  fill(byId("sounds"), ...["ok", "complete", "duplicate", "warning", "error"].map((kind) => button(say(`device.sound.${kind}`), () => void hear(/** @type {any} */ (kind)), "plain")),
    button(say("device.vibrate"), () => says(shake("warning") ? "device.vibrate.done" : "device.vibrate.none"), "plain"));
  await measure();
}

function chooseVoice() {
  const box = /** @type {HTMLInputElement} */ (byId("voice"));
  box.checked = setting("voice") === "on";
  box.disabled = !hasVoice();
  byId("voice-says").textContent = hasVoice() ? "" : say("device.voice.none");
  box.addEventListener("change", () => {
    set("voice", box.checked ? "on" : "");
    speak(say("device.voice.sample"));
  });
}

/** What another device of the same person could not send. */
async function loadFile() {
  const input = /** @type {HTMLInputElement} */ (byId("outbox-file")), [file] = input.files ?? [];
  if (!file) return;
  try {
    const loaded = await load(await file.text());
    tell(loaded ? "ok" : "warning", { title: say("outbox.file.loaded", loaded) });
    await send();
  } catch (problem) {
    void refuse({ title: say("outbox.file.refused"), scanned: file.name, todo: problem instanceof Error ? problem.message : String(problem) });
  } finally {
    input.value = "";
  }
}

/** How long nothing must come for a code to be over. */
function chooseSilence() {
  const select = /** @type {HTMLSelectElement} */ (byId("silence"));
  select.value = setting("silence") || String(SILENCE_MS);
  select.addEventListener("change", () => {
    set("silence", select.value);
    location.reload();
  });
}

/** @param {import("../sounds.js").Kind} kind */
async function hear(kind) {
  const heard = await unlock();
  sound(kind);
  says(heard ? "device.sound.played" : "device.sound.none");
}

/** @param {string} key */
const says = (key) => (byId("sound-says").textContent = say(key));

/** @param {import("../wedge.js").Scan} scan */
function diagnose(scan) {
  const advice = findings(scan);
  fill(byId("doctor"), facts([
    [say("device.content"), visible(scan.text)], [say("device.keys"), scan.keys.slice(0, 60).join(" ")], [say("device.suffix"), say(`device.suffix.${scan.suffix.toLowerCase()}`)],
    [say("device.gs"), scan.forms.join(", ") || say("device.gs.none")], [say("device.speed"), say("device.ms", scan.ms.toFixed(1))],
    [say("device.ime"), say(scan.ime ? "device.on" : "device.off")], [say("device.caps"), say(scan.caps ? "device.on" : "device.off")],
  ]), el("ul", {}, ...advice.map((key) => el("li", { "data-advice": key }, say(`device.advice.${key}`)))), ...prefixButton(scan));
  tell(advice[0] === "fine" ? "ok" : "warning", { title: say(`device.advice.${advice[0]}`) });
}

/** Which setting is wrong, the gravest first; of the test card only, since its content is known. @param {import("../wedge.js").Scan} scan @returns {string[]} */
export function findings(scan) {
  const card = /** @type {any} */ (told).card, bare = card.slice(3), found = [];
  const text = scan.text.slice(scan.text.indexOf("01095060001343520".slice(0, 16)) - (scan.text.includes("]d2") ? 3 : 0));
  const swapped = [...text].map((each) => (each === each.toUpperCase() ? each.toLowerCase() : each.toUpperCase())).join("");
  const plain = (/** @type {string} */ said) => said.replaceAll(GS, "").replace("]d2", "");
  if (!scan.text.includes("0109506000134352")) return [...(scan.suffix === "silence" ? ["suffix"] : []), "other"];
  if (!text.includes(GS)) found.push("gs");
  if (!text.startsWith("]d2")) found.push("symbology");
  if (scan.caps || plain(swapped).includes(plain(bare)) && !plain(text).includes(plain(bare))) found.push("caps");
  else if (!plain(text).includes(plain(bare))) found.push("layout");
  if (scan.ime) found.push("ime");
  if (scan.suffix === "silence") found.push("suffix");
  if (prefixOf(scan.text)) found.push("prefix");
  return found.length ? found : ["fine"];
}

/** What the scanner sends in front of everything. @param {string} text */
function prefixOf(text) {
  const at = text.includes("]d2") ? text.indexOf("]d2") : text.indexOf("0109506000134352");
  return at > 0 ? text.slice(0, at) : "";
}

/** @param {import("../wedge.js").Scan} scan */
function prefixButton(scan) {
  const prefix = prefixOf(scan.text);
  if (!prefix) return [];
  return [button(say("device.prefix", visible(prefix)), () => {
    set("prefix", prefix);
    tell("ok", { title: say("device.prefix.kept", visible(prefix)) });
  })];
}

async function measure() {
  await ask("GET", "/sites").catch(() => null);
  const kept = await book(), waits = (await unsent()).length, lasts = await navigator.storage?.persisted?.().catch(() => false);
  const seconds = (clock.ahead / 1000).toFixed(1);
  fill(byId("device-facts"), ...[...facts([
    [say("device.clock"), !clock.known ? say("device.clock.unknown") : say(Math.abs(clock.ahead) > CLOCK_OFF_MS ? "device.clock.off" : "device.clock.fine", seconds)],
    [say("device.network"), say(navigator.onLine ? "device.on" : "device.off")],
    [say("device.outbox"), say("floor.outbox.count", waits)],
    [say("device.kept"), kept ? say("device.kept.at", kept.rows.length, new Date(kept.at).toISOString().slice(0, 19).replace("T", " ")) : say("none")],
    [say("device.lasts"), say(lasts ? "device.lasts.yes" : "device.lasts.no")],
    [say("device.camera"), say(navigator.mediaDevices ? ("BarcodeDetector" in window ? "device.camera.native" : "device.camera.own") : "device.camera.none")],
    [say("device.offline"), say("serviceWorker" in navigator ? "device.on" : "device.offline.none")],
  ]).childNodes]);
}
