// Keeps an app's shell, so that it opens without a network: files by their hashed names, the pages that work offline as
// they were last seen, and one page that says what works; the same where a proxy answers for a server that cannot.
// Money is never answered from here.
// Which app it is, the bundler writes in: APP is its path, KEPT says which of its pages are kept; ICON and BADGE are files.
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
  // What was kept belongs to whoever was signed in, and so does what this browser is told.
  if (event.data === "forget") event.waitUntil(Promise.all([forget(), unsubscribe()]));
});

// What our server sent (apps/notifications/push.py): shown once, however often it comes.
self.addEventListener("push", (event) => {
  const { title, body, link, messageId } = told(event.data);
  event.waitUntil(self.registration.showNotification(title || "UMA", {
    body: body ?? "", tag: messageId ?? "", icon: ICON, badge: BADGE, data: { link },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(pageOf(event.notification.data?.link)));
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

function told(data) {
  try {
    return data.json().data ?? {};
  } catch {
    return {};
  }
}

// A page of ours, whatever a message names; where it names none, the inbox has the message.
function pageOf(link) {
  const inbox = new URL(`${APP}inbox`, location.origin);
  try {
    const url = new URL(link || inbox, location.origin);
    return url.origin === location.origin ? url : inbox;
  } catch {
    return inbox;
  }
}

async function open(page) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => new URL(one.url).pathname === page.pathname);
  return there ? there.focus() : self.clients.openWindow(page.href);
}

async function unsubscribe() {
  await (await self.registration.pushManager?.getSubscription())?.unsubscribe();
}

async function forget() {
  const pages = await caches.open(PAGES);
  for (const kept of await pages.keys()) if (KEEPS.test(new URL(kept.url).pathname)) await pages.delete(kept);
}

// What a proxy says for a server that is away or has too much to do; our own pages carry the number of their request.
const isBusy = (answer) => [502, 503, 504].includes(answer.status) && !answer.headers.has("X-Request-ID");

async function page(request, url) {
  const pages = await caches.open(PAGES);
  const keeps = KEEPS.test(url.pathname);
  let busy = null;
  try {
    const answer = await fetch(request);
    if (!isBusy(answer)) {
      if (keeps && answer.ok && !answer.redirected && !answer.headers.has("X-Viewing")) await pages.put(url.pathname, answer.clone());
      return answer;
    }
    busy = answer;
  } catch {
    // No network: what was kept is shown.
  }
  const shown = (keeps && (await pages.match(url.pathname))) || (await pages.match(OFFLINE));
  if (!shown) return busy ?? Response.error();
  return busy ? saying(shown) : shown;
}

// The page as it was kept, with its word about the server shown (frame.css).
async function saying(kept) {
  const text = await kept.text();
  return new Response(text.replace("<html", "<html data-busy"), { headers: kept.headers });
}
