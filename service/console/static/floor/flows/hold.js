/** Hold: scan a lot or a place, touch why, touch HOLD. */
import { refuse, tell } from "../band.js";
import { button, byId, el, fill } from "../dom.js";
import { now } from "../outbox.js";
import { show, undoNewest } from "../outbox_view.js";
import { photoField } from "../photos.js";
import { begin as listen, named } from "../scanning.js";
import { say, told } from "../told.js";
import { done, expiry, facts, field, laterScan, scanNow, valueOf } from "./common.js";

/** @type {{about: Record<string, string>, name: string, uri: string, expiry: string | null, scans: any[]} | null} */
let what = null;
let cause = "";
/** @type {import("../photos.js").Photo[]} of the damage; they go into the case */
const photos = [];

export async function begin() {
  show();
  listen({ seen, undo: () => void undoNewest(), confirm: () => void hold() });
  const asked = new URLSearchParams(location.search), [item, lot] = [asked.get("item"), asked.get("number")];
  if (item && lot) what = { about: { item, lot }, name: `${lot} · ${item}`, uri: asked.get("lot") ?? lot, expiry: null, scans: [] };
  draw();
}

/** @param {any} seen @param {string} text */
async function seen(seen, text) {
  if (seen.lots.length === 1) {
    const { item, lot, uri, expiry_date } = seen.lots[0];
    what = { about: { item, lot }, name: `${lot} · ${item}`, uri, expiry: expiry_date, scans: laterScan(seen, text) };
  } else if (seen.location) {
    what = { about: { at: seen.location }, name: seen.location, uri: seen.location, expiry: null, scans: [] };
  } else {
    return refuse({ title: say("hold.neither"), scanned: named(seen), expected: say("hold.expect"), todo: say("floor.scan_it") });
  }
  tell("ok", { title: what.name });
  draw();
}

async function hold() {
  if (!what || !cause) return refuse({ title: say("hold.incomplete"), expected: say(what ? "hold.expect.cause" : "hold.expect"), todo: say(what ? "hold.cause" : "floor.scan_it") });
  const body = { id: crypto.randomUUID(), by: told.person, cause, words: valueOf("words") || say(`cause.${cause}`), ...what.about };
  const steps = [...what.scans, { method: "POST", path: "/quarantine-cases", body }, ...photos.map((each, at) => attached(body.id, each, at))];
  await done({ title: say("hold.done", what.name), kind: "hold", lots: [what.uri], steps });
  what = null;
  photos.length = 0;
  cause = "";
  draw();
}

/** @param {string} id of the case @param {import("../photos.js").Photo} photo @param {number} at */
function attached(id, { blob }, at) {
  const name = `hold-${now().replace(/[:Z]/g, "")}-${at + 1}.jpg`, query = new URLSearchParams({ name, by: told.person });
  return { method: "POST", path: `/quarantine-cases/${id}/attachments?${query}`, body: null, file: blob };
}

function draw() {
  scanNow(say(what ? "hold.cause" : "hold.scan"));
  if (!what) return fill(byId("work"));
  fill(byId("work"), facts([[say("hold.about"), el("strong", { class: "huge" }, what.name)], [say("expiry_date"), what.expiry && expiry(what.expiry)]]),
    el("div", { class: "choose", role: "group", "aria-label": say("hold.cause") }, ...told.causes.map((each) => {
      const made = button(say(`cause.${each}`), () => pick(each), each === cause ? "" : "plain");
      made.setAttribute("aria-pressed", String(each === cause));
      return made;
    })),
    field("words", say("hold.words"), valueOf("words"), "text"), told.may.add_attachment && photoField(photos, draw), button(say("hold.do"), () => void hold(), "main danger"));
}

/** @param {string} chosen */
function pick(chosen) {
  cause = chosen;
  draw();
  /** @type {HTMLElement | null} */ (document.querySelector('[aria-pressed="true"]'))?.focus();
}
