// "Notify me on this device": the browser asks on this press alone, and Firebase is loaded only then or to stay registered.
import { APP, call, SignedOut } from "./session.mjs";

const DEVICES = "/api/user/devices";
const card = document.getElementById("push");
const config = JSON.parse(document.getElementById("push-config").textContent);
let device = card.dataset.device;

const supported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
// Safari on a phone has pushes for apps of the home screen alone; an iPad says that it is a Mac.
const apples = /iP(hone|ad|od)/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
const installed = () => navigator.standalone === true || matchMedia("(display-mode: standalone)").matches;

function state() {
  if (!supported) return apples && !installed() ? "home" : "unsupported";
  if (Notification.permission === "denied") return "blocked";
  return device && Notification.permission === "granted" ? "on" : "off";
}

function show() {
  const now = state();
  for (const one of card.querySelectorAll("[data-when]")) one.hidden = one.dataset.when !== now;
  card.querySelector('[data-turn="on"]').hidden = now !== "off";
  card.querySelector('[data-turn="off"]').hidden = now !== "on";
}

async function enrol() {
  const registration = await navigator.serviceWorker.ready;
  const { addressOf } = await import("./fcm.mjs");
  const fid = await addressOf(config, { name: APP, registration });
  const answer = await call(DEVICES, { platform: "web", fid });
  if (!answer.ok) throw new Error(answer.status);
  device = (await answer.json()).id;
}

async function forget() {
  const answer = await call(`${DEVICES}/${device}`, null, { method: "DELETE" });
  if (!answer.ok && answer.status !== 404) throw new Error(answer.status);
  device = "";
  await unsubscribe();
}

async function unsubscribe() {
  const registration = await navigator.serviceWorker.ready;
  await (await registration.pushManager.getSubscription())?.unsubscribe();
}

const turn = {
  on: async () => {
    // First of all: a browser asks only while the press is fresh.
    if ((await Notification.requestPermission()) === "granted") await enrol();
  },
  off: forget,
};

card.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-turn]");
  if (!button || button.getAttribute("aria-busy")) return;
  const failed = card.querySelector("[data-failed]");
  button.setAttribute("aria-busy", "true");
  failed.hidden = true;
  try {
    await turn[button.dataset.turn]();
  } catch (problem) {
    if (problem instanceof SignedOut) return location.reload();
    failed.hidden = false;
  } finally {
    button.removeAttribute("aria-busy");
  }
  show();
  // The button that was pressed is gone; whoever goes by keys stays here.
  card.querySelector("[data-turn]:not([hidden])")?.focus();
});

show();
// The browser's address may have changed since. Where nothing is to be shown, nothing is sent: neither to whom the browser was
// denied since, nor to somebody else who was here before.
if (state() === "on") enrol().catch(() => {});
else if (supported) (device ? forget() : unsubscribe()).catch(() => {});
