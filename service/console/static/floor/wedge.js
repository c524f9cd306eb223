/**
 * Listens for a scanner that types (a "keyboard wedge"), on the page and not in a field.
 *
 *   nothing focused        every key belongs to a scan; it ends with Enter, Tab, or silence
 *   another field focused  a burst that no hand types is a scan: the field gets back what it had
 *   the scan field         where Android's scanners put whole texts at once; Enter ends it, or silence after a burst
 *
 * An input method may be on: then signs come as "Process" and are taken by the place of their keys; where even that is
 * missing, `lost` is told instead of half a code. Enter never submits anything.
 */
import { byPlace } from "./keys.js";
import { GS, saysGs, spelled } from "./spelling.js";

export const SILENCE_MS = 120; // unless this device says otherwise: some Bluetooth scanners are slow
const HAND_MS = 35; // between two keys of a hand at its fastest, about
const LEAST_BURST = 6;
const LEAST_SILENT = 3; // signs; fewer without an Enter are somebody leaning on the keyboard

/**
 * @typedef {{text: string, keys: string[], suffix: "Enter" | "Tab" | "silence", forms: string[], ms: number, ime: boolean, caps: boolean}} Scan
 * @typedef {{scanned: (scan: Scan) => void, lost: () => void, field: HTMLInputElement | null, prefix?: () => string, silence?: number}} Ears
 */

/** @param {Ears} ears @returns {() => void} stops listening */
export function listen(ears) {
  const wedge = new Wedge(ears);
  const stop = new AbortController();
  const options = { capture: true, signal: stop.signal };
  document.addEventListener("keydown", (event) => wedge.down(event), options);
  document.addEventListener("keyup", (event) => wedge.up(event), options);
  document.addEventListener("compositionend", (event) => wedge.composed(event), options);
  document.addEventListener("input", (event) => wedge.input(event), options);
  return () => stop.abort();
}

class Wedge {
  /** @param {Ears} ears */
  constructor(ears) {
    this.ears = ears;
    this.silence = ears.silence || SILENCE_MS;
    this.text = "";
    /** @type {string[]} */
    this.keys = [];
    /** @type {Set<string>} */
    this.forms = new Set();
    /** @type {number[]} */
    this.times = [];
    this.swallowed = this.ime = this.caps = false;
    this.alt = "";
    /** What a field held before the burst began. @type {{field: HTMLInputElement, value: string} | null} */
    this.before = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  clear() {
    clearTimeout(this.timer);
    Object.assign(this, new Wedge(this.ears));
  }

  /** @param {KeyboardEvent} event */
  down(event) {
    if (event.repeat && this.text === "") return;
    const target = editable(event.target);
    const inScanField = target !== null && target === this.ears.field;
    const enter = event.key === "Enter" || (event.key === "Process" && event.code === "Enter");
    if (enter || (event.key === "Tab" && this.text !== "" && this.isBurst())) return this.ended(event, target, inScanField);
    if (this.isAfterSilence(event)) this.clear();
    const sign = this.signOf(event);
    if (sign === null) return;
    if (target && !this.before) this.before = { field: target, value: target.value };
    this.times.push(event.timeStamp);
    this.keys.push(event.key === "Process" ? `Process/${event.code}` : event.key);
    this.caps ||= event.getModifierState("CapsLock");
    this.text += sign;
    this.wait();
    if (sign === GS) this.putSeparator(event, target);
  }

  /** F8 and Ctrl+] mean something else to a browser, and no field takes a GS by itself. @param {KeyboardEvent} event @param {HTMLInputElement | null} target */
  putSeparator(event, target) {
    event.preventDefault();
    if (target && target === this.ears.field) target.value += GS;
  }

  /** The sign of a key, GS for one of its spellings; null for a key that is no part of a code. @param {KeyboardEvent} event */
  signOf(event) {
    if (event.key === "Process" || (event.keyCode === 229 && event.code !== "")) return this.fromInputMethod(event);
    if (event.altKey) return this.altDigit(event);
    if (event.key === GS || event.keyCode === 29) return this.separator("raw");
    if (event.key === "F8") return this.separator("F8");
    if (event.ctrlKey && (event.key === "]" || event.code === "BracketRight")) return this.separator("Ctrl+]");
    if (event.ctrlKey || event.metaKey || event.key.length !== 1) return null;
    return event.key;
  }

  /** @param {KeyboardEvent} event */
  fromInputMethod(event) {
    this.ime = true;
    const sign = byPlace(event);
    if (sign === "" && !/^(Shift|Control|Alt|CapsLock)/.test(event.code)) this.swallowed = true;
    return sign === "" ? null : sign;
  }

  /** Alt held, 0 2 9 on the number pad, Alt let go. @param {KeyboardEvent} event */
  altDigit(event) {
    if (/^(Numpad|Digit)\d$/.test(event.code)) this.alt += event.code.at(-1);
    return null;
  }

  /** @param {string} form */
  separator(form) {
    this.forms.add(form);
    return GS;
  }

  /** @param {KeyboardEvent} event */
  up(event) {
    if (event.key !== "Alt" || this.alt === "") return;
    if (Number(this.alt) === 29) {
      this.text += this.separator("Alt+029");
      this.times.push(event.timeStamp);
      this.keys.push("Alt+029");
      this.putSeparator(event, editable(event.target));
      this.wait();
    }
    this.alt = "";
  }

  /** @param {CompositionEvent} event */
  composed(event) {
    this.ime = true;
    if (editable(event.target) === this.ears.field && this.text === "" && /[^\x20-\x7e]/.test(event.data)) this.swallowed = true;
  }

  /** Android's scanners commit text into the field without keys. @param {Event} event */
  input(event) {
    const field = this.ears.field;
    if (!field || event.target !== field || this.text !== "" || this.ime) return;
    const typed = /** @type {InputEvent} */ (event);
    if ((typed.data?.length ?? 0) < LEAST_BURST && typed.inputType !== "insertFromPaste") return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.takeField("silence"), this.silence);
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.silent(), this.silence);
  }

  /** Whether so long nothing came before this that it is no part of what came. @param {Event} event */
  isAfterSilence(event) {
    const before = this.times.at(-1);
    return before !== undefined && event.timeStamp - before > this.silence;
  }

  /** Too fast and too long for a hand. */
  isBurst() {
    const spans = this.times.slice(1).map((time, place) => time - this.times[place]).sort((one, other) => one - other);
    return this.times.length >= LEAST_BURST && spans[Math.floor(spans.length / 2)] < HAND_MS;
  }

  silent() {
    const inField = this.before !== null;
    const isScan = inField ? this.isBurst() : this.text.length >= LEAST_SILENT;
    if (isScan) this.give("silence");
    else if (!inField || this.before?.field !== this.ears.field) this.clear();
    else this.forgetBurst();
  }

  /** A hand is typing into the scan field: what it types stays there, and Enter will take the field. */
  forgetBurst() {
    const swallowed = this.swallowed, ime = this.ime;
    this.clear();
    this.swallowed = swallowed;
    this.ime = ime;
  }

  /** @param {KeyboardEvent} event @param {HTMLInputElement | null} target @param {boolean} inScanField */
  ended(event, target, inScanField) {
    const suffix = event.key === "Tab" ? "Tab" : "Enter";
    const scanning = this.text !== "" && !this.isAfterSilence(event);
    const byPlaces = this.ime && this.text.length >= LEAST_BURST; // what stands in the field is the input method's
    if (scanning && (!target || this.isBurst() || (inScanField && byPlaces))) {
      swallow(event);
      this.give(suffix);
    } else if (inScanField) {
      swallow(event);
      this.takeField(suffix);
    } else if (target) {
      swallow(event); // Enter in any field never submits
      this.clear();
    } else {
      this.clear();
    }
  }

  /** @param {"Enter" | "Tab" | "silence"} suffix */
  give(suffix) {
    const scan = this.scan(suffix, this.inScanField() ?? this.text);
    if (this.before) {
      this.before.field.value = this.before.field === this.ears.field ? "" : this.before.value;
      this.before.field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const lost = this.swallowed;
    this.clear();
    if (lost) this.ears.lost();
    else this.ears.scanned(scan);
  }

  /** What the burst put into the scan field, which takes signs that are no keys; null elsewhere, and with an input method. */
  inScanField() {
    if (!this.before || this.before.field !== this.ears.field || this.ime) return null;
    const { field, value } = this.before;
    return field.value.startsWith(value) ? field.value.slice(value.length) : field.value;
  }

  /** What stands in the scan field, typed by hand or put there at once. @param {"Enter" | "Tab" | "silence"} suffix */
  takeField(suffix) {
    const field = this.ears.field, lost = this.swallowed;
    if (!field) return;
    const text = field.value;
    field.value = "";
    const scan = this.scan(suffix, text);
    this.clear();
    if (lost) this.ears.lost();
    else if (text !== "") this.ears.scanned(scan);
  }

  /** @param {"Enter" | "Tab" | "silence"} suffix @param {string} typed @returns {Scan} */
  scan(suffix, typed) {
    const took = this.times.length > 1 ? (this.times.at(-1) ?? 0) - this.times[0] : 0;
    const forms = saysGs(typed) ? [...this.forms, "text"] : [...this.forms];
    const text = spelled(typed, this.ears.prefix?.() ?? "");
    return { text, keys: [...this.keys, suffix], suffix, forms, ms: this.times.length > 1 ? took / (this.times.length - 1) : 0, ime: this.ime, caps: this.caps };
  }
}

/** @param {Event} event */
function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** A field that takes text, else null. @param {EventTarget | null} target @returns {HTMLInputElement | null} */
function editable(target) {
  const field = /** @type {HTMLInputElement} */ (target);
  const takes = field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && !/^(checkbox|radio|button|submit|file|range)$/.test(field.type));
  return takes ? field : null;
}
