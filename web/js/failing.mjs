// Requests that failed, and how the page goes on. What somebody asked for, they may ask for again. What the page asks for by
// itself leaves what is shown, is said to be behind, and is asked for again by the page.
import htmx from "htmx.org";

const SOON_MS = 2_000;
const LATE_MS = 60_000;
const note = document.getElementById("unreached");
const behind = new Set();
const tries = new Map();
let failed = null;

// Nobody pressed anything: it came with the news, or with the clock.
export const byItself = (elt) => /^(live:|every )/.test(elt.getAttribute("hx-trigger") ?? "");

export function stale(what, is) {
  if (is) behind.add(what);
  else behind.delete(what);
  document.querySelector("[data-stale]")?.toggleAttribute("hidden", behind.size === 0);
}

function again({ verb, path, elt, triggeringEvent: event }) {
  htmx.ajax(verb, path, { source: elt, event }).catch(() => {});
}

// Longer and longer pauses, or as long as the server asks for; nobody looks at a page that is hidden.
function later(config, xhr) {
  const before = tries.get(config.path) ?? 0;
  tries.set(config.path, before + 1);
  const asked = Number(xhr.getResponseHeader("Retry-After")) * 1_000 || 0;
  const retry = () => (document.hidden ? document.addEventListener("visibilitychange", retry, { once: true }) : again(config));
  setTimeout(retry, Math.min(LATE_MS, Math.max(asked, SOON_MS * 2 ** before)));
}

function fail({ detail: { requestConfig, xhr } }) {
  if (byItself(requestConfig.elt)) {
    stale(requestConfig.path, true);
    // The clock comes by again anyway.
    if (!requestConfig.elt.matches('[hx-trigger^="every"]')) later(requestConfig, xhr);
    return;
  }
  failed = requestConfig;
  for (const one of note?.querySelectorAll("[data-when]") ?? []) one.hidden = (one.dataset.when === "away") !== (xhr.status === 0);
  note?.removeAttribute("hidden");
}
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, fail);
note?.querySelector("button").addEventListener("click", () => again(failed));

// What waits for an answer says so: the part that is to change, and what was pressed.
function waits({ requestConfig, target }, is) {
  const pressed = requestConfig.triggeringEvent?.submitter ?? requestConfig.elt.closest("button");
  for (const one of [target, pressed]) {
    if (is) one?.setAttribute("aria-busy", "true");
    else one?.removeAttribute("aria-busy");
  }
}
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (byItself(detail.requestConfig.elt)) return;
  note?.setAttribute("hidden", "");
  waits(detail, true);
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  waits(detail, false);
  if (!detail.successful) return;
  tries.delete(detail.requestConfig.path);
  stale(detail.requestConfig.path, false);
});

// A refusal is a fragment like any other: it says on the page what was refused, and why. One that knows nothing of the part it
// was asked for stands before what is shown there.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { requestConfig, target, xhr } = detail;
  const kind = xhr.getResponseHeader("X-Fragment");
  target.querySelector(":scope > [data-refusal]")?.remove();
  if (xhr.status < 400 || !kind || byItself(requestConfig.elt)) return;
  detail.shouldSwap = true;
  detail.isError = false;
  if (kind === "refusal") detail.swapOverride = "afterbegin";
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  detail.target.querySelector(":scope > [data-refusal]")?.scrollIntoView({ block: "nearest" });
});
