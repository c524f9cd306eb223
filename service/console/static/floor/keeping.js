/** The floor's pages stay on the device, so that they open in a dead spot; what another person left is thrown away. */
import { all, inOne } from "./store.js";
import { owner, told } from "./told.js";

export async function keep() {
  await forgetOthers();
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/console/floor/worker.js", { scope: "/console/" });
  const ready = await navigator.serviceWorker.ready;
  const kept = new Promise((resolve) => navigator.serviceWorker.addEventListener("message", resolve, { once: true }));
  navigator.serviceWorker.startMessages();
  ready.active?.postMessage({ pages: told.pages, files: told.files, of: `${owner} ${told.language}` });
  await kept;
}

/** Lists of somebody else; never what is unsent. */
async function forgetOthers() {
  for (const each of await all("kept")) {
    if (each.owner && each.owner !== owner) await inOne(["kept"], "readwrite", (store) => void store("kept").delete(each.id));
  }
  for (const each of await all("sent")) {
    if (each.owner !== owner) await inOne(["sent"], "readwrite", (store) => void store("sent").delete(each.id));
  }
}
