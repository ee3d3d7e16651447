// Keeps an app's shell, so that it opens without a network: files by their hashed names, the pages that work offline as
// they were last seen, and one page that says what works. Money is never answered from here.
// Which app it is, the bundler writes in: APP is its path, KEPT says which of its pages are kept.
const NAME = `uma-${APP.replaceAll("/", "")}`;
const FILES = `${NAME}-files-${VERSION}`;
const PAGES = `${NAME}-pages`;
const OFFLINE = `${APP}offline`;
const KEEPS = new RegExp(KEPT);

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    await (await caches.open(FILES)).addAll(SHELL);
    await (await caches.open(PAGES)).add(new Request(OFFLINE, { cache: "reload" }));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(`${NAME}-files-`) && name !== FILES) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("message", (event) => {
  // What was kept belongs to whoever was signed in.
  if (event.data === "forget") event.waitUntil(forget());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/web/")) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  } else if (request.mode === "navigate" && url.pathname.startsWith(APP)) {
    event.respondWith(page(request, url));
  }
});

async function forget() {
  const pages = await caches.open(PAGES);
  for (const kept of await pages.keys()) if (KEEPS.test(new URL(kept.url).pathname)) await pages.delete(kept);
}

async function page(request, url) {
  const pages = await caches.open(PAGES);
  const keeps = KEEPS.test(url.pathname);
  try {
    const answer = await fetch(request);
    if (keeps && answer.ok && !answer.redirected) await pages.put(url.pathname, answer.clone());
    return answer;
  } catch {
    const kept = keeps && (await pages.match(url.pathname));
    return kept || (await pages.match(OFFLINE)) || Response.error();
  }
}
