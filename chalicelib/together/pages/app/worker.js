/** The service worker: keeps the page itself for when there is no connection. Answers of the API are never kept. */
const CACHE = "together-1";
const SHELL = ["app", "manifest.json", "icon.svg"].map((name) => new URL(name, location).href);
const PATIENCE = 4000; // ms until a slow network counts as none

/** Fetch a part of the shell and keep it. Only a complete answer replaces the one that is kept. */
async function renew(address) {
  const response = await fetch(address, { cache: "no-cache" });
  if (response.ok && !response.redirected) await (await caches.open(CACHE)).put(address, response.clone());
  return response;
}

/** Return the newest version, or the kept one if the network fails, is slow, or its answer is an error. */
async function answer(address) {
  const kept = await (await caches.open(CACHE)).match(address);
  const fresh = renew(address);
  if (!kept) return fresh;
  const slow = new Promise((done) => { setTimeout(done, PATIENCE, kept); });
  return Promise.race([fresh.then((response) => (response.ok ? response : kept), () => kept), slow]);
}

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(Promise.all(SHELL.map(renew)));
});

addEventListener("activate", (event) => {
  const removeOld = async () => {
    for (const name of await caches.keys()) if (name.startsWith("together-") && name !== CACHE) await caches.delete(name);
    await clients.claim();
  };
  event.waitUntil(removeOld());
});

addEventListener("fetch", (event) => {
  const address = event.request.url.split(/[?#]/)[0];
  if (event.request.method === "GET" && SHELL.includes(address)) event.respondWith(answer(address));
});
