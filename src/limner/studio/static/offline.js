// @ts-check
// Makes an exported studio work without a network from its second visit on.
//
// The service worker is there only after the first models were fetched, so they are fetched once
// more through it; the browser's own cache has them still.

const before = navigator.serviceWorker?.controller;

navigator.serviceWorker?.addEventListener("controllerchange", () => {
  if (before) return;
  for (const { name } of performance.getEntriesByType("resource")) {
    if (name.endsWith(".safetensors")) fetch(name, { cache: "force-cache" }).catch(() => {});
  }
});
// Where it may not be, as in a private window, the studio works with the network alone.
navigator.serviceWorker?.register("sw.js").catch(() => {});
