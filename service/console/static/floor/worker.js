/**
 * Keeps the floor's pages and their files, so that a reload in a dead spot opens them. Nothing else is kept: no answer of the
 * HTTP interface, no page of the office. Signing out clears it all (`Clear-Site-Data`), and so does another person.
 */
const NAME = "lotproof-floor";
const OWNER = "/console/floor/whose";
const PATIENCE_MS = 4_000;
const FRESH_MS = 600_000;

const scope = /** @type {any} */ (self);

scope.addEventListener("install", () => scope.skipWaiting());
scope.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener("message", (/** @type {any} */ event) => event.waitUntil(keep(event.data).then(() => event.source?.postMessage({ kept: true }))));

scope.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && isFloor(url.pathname)) event.respondWith(page(request));
  else if (url.pathname.startsWith("/console/static/")) event.respondWith(file(request));
});

/** @param {string} path */
const isFloor = (path) => path.startsWith("/console/floor/") || path.startsWith("/console/scan") || path === "/console/receive";

/** @param {{pages: string[], files: string[], of: string}} asked */
async function keep({ pages, files, of }) {
  const known = await (await (await caches.open(NAME)).match(OWNER))?.json();
  if (known?.of === of && Date.now() - known.at < FRESH_MS) return;
  if (known?.of !== of) await caches.delete(NAME);
  const cache = await caches.open(NAME);
  for (const path of [...pages, ...files]) {
    const answer = await fetch(path, { redirect: "follow" });
    if (answer.ok && !answer.redirected) await cache.put(path, answer);
  }
  await cache.put(OWNER, new Response(JSON.stringify({ of, at: Date.now() })));
}

/** From the service; from here where it does not answer, or not soon and there is one here. @param {Request} request */
async function page(request) {
  const cache = await caches.open(NAME), kept = await cache.match(new URL(request.url).pathname);
  try {
    return await fetch(request, kept ? { signal: AbortSignal.timeout(PATIENCE_MS) } : {});
  } catch (problem) {
    const shown = kept ?? (await cache.match("/console/scan"));
    if (shown) return shown;
    throw problem;
  }
}

/** @param {Request} request */
async function file(request) {
  try {
    return await fetch(request);
  } catch (problem) {
    const kept = await (await caches.open(NAME)).match(new URL(request.url).pathname);
    if (kept) return kept;
    throw problem;
  }
}
