/**
 * The audio grammar of the floor. Whatever sounds is also seen: each sound is told to the page as an event, and the band at
 * its top shows it (`band.js`).
 *
 *   ok          one short high tone          vibration 60 ms
 *   complete    two rising                   vibration 60 ms
 *   duplicate   a soft tick                  -
 *   warning     three medium                 vibration 200-100-200
 *   error       two long low, again every 4 s until somebody says "understood"
 */

/** @typedef {"ok" | "complete" | "duplicate" | "warning" | "error"} Kind */

const REPEAT_MS = 4_000;
/** [Hz, seconds, loudness] one after the other. @type {Record<Kind, [number, number, number][]>} */
const TONES = {
  ok: [[1760, 0.08, 0.5]],
  complete: [[1320, 0.09, 0.5], [1760, 0.12, 0.5]],
  duplicate: [[880, 0.025, 0.12]],
  warning: [[880, 0.12, 0.5], [880, 0.12, 0.5], [880, 0.12, 0.5]],
  error: [[220, 0.4, 0.8], [180, 0.5, 0.8]],
};
/** @type {Partial<Record<Kind, number[]>>} */
const SHAKES = { ok: [60], complete: [60], warning: [200, 100, 200], error: [200, 100, 200] };
const GAP = 0.06;

/** @type {AudioContext | null} */
let audio = null;
/** @type {ReturnType<typeof setInterval> | null} */
let repeating = null;

/** Browsers let a page sound only after somebody touched it. */
export function unlockOnTouch() {
  for (const event of ["pointerdown", "keydown"]) addEventListener(event, () => void unlock(), { capture: true });
}

/** Whether it can be heard, as far as a page can know. */
export async function unlock() {
  audio ??= "AudioContext" in window ? new AudioContext() : null;
  if (audio?.state === "suspended") await audio.resume().catch(() => {});
  return audio?.state === "running";
}

/** @param {Kind} kind */
export function sound(kind) {
  document.dispatchEvent(new CustomEvent("floor-sound", { detail: kind }));
  if (audio?.state === "running") tones(audio, TONES[kind]);
  shake(kind);
}

/** @param {Kind} kind @returns {boolean} whether the device has it at all */
export function shake(kind) {
  if (typeof navigator.vibrate !== "function") return false; // iPhones have none
  const pattern = SHAKES[kind];
  try {
    return pattern ? navigator.vibrate(pattern) : true;
  } catch {
    return false;
  }
}

/** An error is heard until it is acknowledged. */
export function alarm() {
  silence();
  sound("error");
  repeating = setInterval(() => sound("error"), REPEAT_MS);
}

export function silence() {
  if (repeating !== null) clearInterval(repeating);
  repeating = null;
}

/** @param {AudioContext} audio @param {[number, number, number][]} tones */
function tones(audio, tones) {
  let at = audio.currentTime + 0.01;
  for (const [hertz, seconds, loudness] of tones) {
    const tone = audio.createOscillator(), level = audio.createGain();
    tone.frequency.value = hertz;
    level.gain.setValueAtTime(0, at);
    level.gain.linearRampToValueAtTime(loudness, at + 0.005);
    level.gain.setValueAtTime(loudness, at + seconds - 0.005);
    level.gain.linearRampToValueAtTime(0, at + seconds);
    tone.connect(level).connect(audio.destination);
    tone.start(at);
    tone.stop(at + seconds);
    at += seconds + GAP;
  }
}
