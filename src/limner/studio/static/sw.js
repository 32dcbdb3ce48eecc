// @ts-check
// The service worker of an exported studio: what was seen once works without a network.
//
// What may change (the page, models.json, examples.json) is asked of the network first; a file with
// a hash in its name never changes, and is taken from the cache. A site beside this one, on the
// same host, has caches of its own.

/** @typedef {Event & {waitUntil: (work: Promise<unknown>) => void}} Lasting */
/** @typedef {Lasting & {request: Request, respondWith: (answer: Promise<Response>) => void}} Fetch */

/** @type {string[]} */
const SHELL = []; // the site's builder lists all files but the weights here, assets last

const worker = /** @type {any} */ (self);
/** @type {string} */
const SCOPE = worker.registration.scope;
const PREFIX = `limner ${SCOPE} `;
const SHELL_CACHE = PREFIX + SHELL.at(-1); // an asset's path holds the hash of all assets
const MODELS_CACHE = `${PREFIX}models`;

worker.addEventListener("install", (/** @type {Lasting} */ event) => {
  event.waitUntil(fill());
});

worker.addEventListener("activate", (/** @type {Lasting} */ event) => {
  event.waitUntil(forget().then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (/** @type {Fetch} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || !url.href.startsWith(SCOPE)) return;
  const path = (url.origin + url.pathname).slice(SCOPE.length);
  if (path === "" || path === "index.html") event.respondWith(newest(request, "./"));
  else if (path === "models.json" || path === "examples.json") event.respondWith(newest(request, path));
  else if (path.startsWith("models/")) event.respondWith(kept(request, MODELS_CACHE));
  else if (SHELL.includes(path)) event.respondWith(kept(request, SHELL_CACHE));
});

async function fill() {
  const cache = await caches.open(SHELL_CACHE);
  await cache.addAll(SHELL.map((path) => new Request(path, { cache: "no-cache" })));
}

async function forget() {
  for (const name of await caches.keys()) {
    const old = name.startsWith(PREFIX) && name !== SHELL_CACHE && name !== MODELS_CACHE;
    if (old) await caches.delete(name);
  }
}

/**
 * What the network says, or else what it said last.
 *
 * @param {Request} request
 * @param {string} path
 */
async function newest(request, path) {
  const cache = await caches.open(SHELL_CACHE);
  try {
    const found = await fetch(request, { cache: "no-cache" });
    if (found.ok) {
      if (path === "models.json") await forgetModels(await found.clone().json());
      await cache.put(path, found.clone());
    }
    return found;
  } catch (error) {
    const last = await cache.match(path);
    if (last === undefined) throw error;
    return last;
  }
}

/**
 * What was fetched once, or else what the network says.
 *
 * @param {Request} request
 * @param {string} name The cache's.
 */
async function kept(request, name) {
  const cache = await caches.open(name);
  const last = await cache.match(request);
  if (last !== undefined) return last;
  const found = await fetch(request);
  if (found.status === 200) await cache.put(request, found.clone());
  return found;
}

/**
 * Drop the weights of models that the site has no longer.
 *
 * @param {{models: {weights: string}[]}} listed
 */
async function forgetModels({ models }) {
  const cache = await caches.open(MODELS_CACHE);
  const known = new Set(models.map(({ weights }) => new URL(weights, SCOPE).href));
  for (const { url } of await cache.keys()) if (!known.has(url)) await cache.delete(url);
}
