// What every page loads: HTMX, the live stream, the service worker, and who is told when the network is away.
import htmx from "htmx.org";
import "./failing.mjs";
import { leave } from "./leaving.mjs";
import { follow } from "./live.mjs";
import { look } from "./viewing.mjs";

const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrf();
});
// What somebody opened stays open when its part of the page is drawn anew.
let opened = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  opened = [...event.detail.target.querySelectorAll("details[open][id]")].map((one) => one.id);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  opened = [];
});
window.htmx = htmx;

const online = () => {
  document.querySelectorAll("[data-offline]").forEach((one) => one.toggleAttribute("hidden", navigator.onLine));
};
addEventListener("online", online);
addEventListener("offline", online);
online();

// A chip writes its amount into the field that it belongs to.
document.addEventListener("click", (event) => {
  const chip = event.target.closest?.("[data-fill]");
  if (!chip) return;
  const field = document.getElementById(chip.dataset.fill);
  field.value = chip.value;
  chip.parentElement.querySelectorAll("[data-fill]").forEach((one) => one.setAttribute("aria-pressed", String(one === chip)));
  field.focus();
});

// A form that leaves the page is sent once.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.defaultPrevented || !button || event.target.matches("[hx-post], [data-by-script]")) return;
  setTimeout(() => button.setAttribute("disabled", ""), 0);
  addEventListener("pageshow", () => button.removeAttribute("disabled"), { once: true });
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-sends]")) event.target.form.requestSubmit();
});

// The way to the checkout goes on by itself; the button is for whoever comes back to it.
if (!performance.getEntriesByType("navigation").some((one) => one.type === "back_forward")) {
  document.querySelector("form[data-go]")?.submit();
}

look(document.querySelector("[data-viewing]"));

const stream = document.body.dataset.live;
if (stream) follow(stream, document.body.dataset.since);

if ("serviceWorker" in navigator && document.body.dataset.worker) {
  navigator.serviceWorker.register(document.body.dataset.worker, { scope: document.body.dataset.app });
  // Capturing: what is asked about first is not sent for the handlers above.
  document.addEventListener("submit", leave, true);
}
