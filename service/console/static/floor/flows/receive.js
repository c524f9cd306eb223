/** Receive: scan the label (or product and lot apart, in any order), touch how many if it is another number, touch "receive". */
import { refuse, tell } from "../band.js";
import { byId } from "../dom.js";
import { show, undoNewest } from "../outbox_view.js";
import { begin as listen, named } from "../scanning.js";
import { owner, say, told } from "../told.js";
import { decimal, done, movement, plus, scanNow } from "./common.js";

const FIELDS = ["item", "lot", "expiry_date", "production_date"];
const SUPPLIER = `lotproof-supplier ${owner}`;
const OF_A_LOT = ["lot", "quantity", "expiry_date", "production_date", "manufacturer_lot"];

const form = /** @type {HTMLFormElement} */ (byId("receive"));

/** @param {string} name @returns {HTMLInputElement} */
const input = (name) => /** @type {HTMLInputElement} */ (byId(name));

export async function begin() {
  show();
  listen({ seen, takes, undo: () => void undoNewest(), confirm: () => void receive() });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void receive();
  });
  input("supplier").value ||= localStorage.getItem(SUPPLIER) ?? "";
  if (!input("lot").value) input("item").value = "";
  byId("order").addEventListener("change", () => {
    const order = told.orders.find((each) => each.id === input("order").value);
    if (order?.partner) input("supplier").value = order.partner;
  });
  scanNow(say("receive.scan_now"));
}

/** A lot that is not here yet is what one receives. @param {any} seen */
function takes(seen) {
  return seen.outcome === "unknown" && (Boolean(seen.item) || isBareLot(seen));
}

/** A code that says nothing else is the lot number, if none is known yet. @param {any} seen */
function isBareLot(seen) {
  return seen.kind === "plain" && input("lot").value === "" && /^[!-~]{1,20}$/.test(seen.text) && !seen.location;
}

/** @param {any} seen */
async function seen(seen) {
  if (seen.location && seen.lots.length === 0 && !seen.item) return placeSeen(seen.location);
  const said = saying(seen);
  const conflict = FIELDS.find((name) => said[name] && input(name).value && input(name).value !== said[name]);
  if (conflict) {
    return refuse({ title: say("receive.conflict"), scanned: `${say(conflict)} ${said[conflict]}`, expected: `${say(conflict)} ${input(conflict).value}`,
                    todo: say(conflict === "lot" || conflict === "item" ? "receive.finish_first" : "receive.conflict.do") });
  }
  const again = said.lot !== "" && input("lot").value === said.lot && input("quantity").value !== "";
  for (const name of FIELDS) if (said[name]) input(name).value = said[name];
  if (again) input("quantity").value = plus(decimal(input("quantity").value) ?? "0", said.quantity || "1");
  else if (said.quantity && !input("quantity").value) input("quantity").value = said.quantity;
  else if (said.lot && !input("quantity").value) input("quantity").value = "1";
  tell("ok", { title: named(seen) });
  scanNow(say(missing() ? `receive.missing.${missing()}` : "receive.ready"));
}

/** @param {any} seen @returns {Record<string, string>} */
function saying(seen) {
  const lot = seen.lots.length === 1 ? seen.lots[0] : null;
  const quantity = seen.quantities.find((/** @type {any} */ each) => each.ai === "30" || each.ai === "37")?.value ?? "";
  return { item: seen.item?.code ?? lot?.item ?? "", lot: lot?.lot ?? seen.lot ?? (isBareLot(seen) && !seen.item ? seen.text : ""),
           expiry_date: seen.expiry_date ?? lot?.expiry_date ?? "", production_date: seen.production_date ?? "", quantity };
}

/** @param {string} place */
function placeSeen(place) {
  input("to").value = place;
  if (input("to").value === place) return tell("ok", { title: say("receive.to_is", place) });
  return refuse({ title: say("receive.no_place"), scanned: place, expected: say("move.expect.place"), todo: say("floor.scan_it") });
}

const missing = () => ["item", "lot", "quantity", "supplier", "to"].find((name) => input(name).value.trim() === "");

async function receive() {
  const gap = missing(), quantity = decimal(input("quantity").value);
  if (gap) {
    await refuse({ title: say(`receive.missing.${gap}`), expected: say(gap === "to" ? "handoff.put" : gap), todo: say("receive.missing.do") });
    return input(gap).focus();
  }
  if (quantity === null) return refuse({ title: say("floor.bad_quantity"), scanned: input("quantity").value, expected: say("floor.expect.number"), todo: say("floor.bad_quantity.do") });
  const optional = Object.fromEntries(["expiry_date", "production_date", "manufacturer_lot"].map((name) => [name, input(name).value.trim()]).filter(([, value]) => value));
  const line = { item: input("item").value, lot: input("lot").value.trim(), quantity, ...optional };
  const body = movement({ type: "receive", to: input("to").value, supplier: input("supplier").value.trim(), lines: [line] });
  const order = input("order").value;
  const step = order ? { method: "POST", path: `/orders/${order}/receipts`, body: { movement: body } } : { method: "POST", path: "/movements", body };
  localStorage.setItem(SUPPLIER, input("supplier").value.trim());
  await done({ title: say("receive.done", `${quantity} ${line.item} ${line.lot}`, input("to").value), kind: "receive", lots: [`${line.item} ${line.lot}`], steps: [step] });
  for (const name of OF_A_LOT) input(name).value = "";
  input("item").value = "";
  scanNow(say("receive.scan_now"));
}
