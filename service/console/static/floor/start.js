/** The floor's page: sound, outbox, what is kept for a dead spot, and the flow that the page is about. */
import { unlockOnTouch } from "./sounds.js";
import { freshBook } from "./known.js";
import { keep } from "./keeping.js";
import { byId } from "./dom.js";
import { offerCamera } from "./camera.js";

const FLOWS = {
  home: () => import("./flows/home.js"),
  receive: () => import("./flows/receive.js"),
  move: () => import("./flows/move.js"),
  pick: () => import("./flows/pick.js"),
  handoffs: () => import("./flows/handoffs.js"),
  offer: () => import("./flows/offer.js"),
  count: () => import("./flows/count.js"),
  hold: () => import("./flows/hold.js"),
  label: () => import("./flows/label.js"),
  device: () => import("./flows/device.js"),
};

unlockOnTouch();
offerCamera();
const name = /** @type {keyof typeof FLOWS} */ (byId("floor").dataset.flow);
const known = freshBook().catch(() => undefined);
const { begin } = await FLOWS[name]();
await begin();
document.documentElement.dataset.ready = name;
await known;
await keep();
document.documentElement.dataset.kept = name;
