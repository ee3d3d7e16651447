// A ticket that is shown: its code is drawn here, a new one every fifteen seconds, with and without a network.
import { encode } from "uqr";
import { buzz } from "./feel.mjs";
import { call, SignedOut } from "./session.mjs";
import { codeOf, digitsOf, find, forget, setClock } from "./tickets.mjs";

const words = JSON.parse(document.getElementById("words").textContent);
const STEP_S = 15;
const card = () => document.getElementById("ticket");
const isLive = () => card()?.dataset.state === "BOOKED";
let ticket = null;
let shown = "";
let timer = 0;
let lock = null;

function draw(text, digits) {
  const svg = document.getElementById("qr");
  if (!svg) return;
  if (text !== shown) {
    const { size, data } = encode(text, { ecc: "M", border: 0 });
    svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
    let path = "";
    data.forEach((row, y) => row.forEach((dark, x) => { if (dark) path += `M${x} ${y}h1v1h-1z`; }));
    svg.querySelector("path").setAttribute("d", path);
    svg.dataset.text = text;
    shown = text;
  }
  document.getElementById("digits").textContent = `${digits.slice(0, 3)} ${digits.slice(3)}`;
}

// Shows the code of this moment, and comes back when the next begins.
async function show() {
  if (!isLive()) return;
  const step = ticket?.step ?? STEP_S;
  const now = Date.now() + (ticket?.ahead ?? 0);
  if (ticket) {
    const number = Math.floor(now / 1000 / step);
    draw(await codeOf(ticket, number), await digitsOf(ticket, number));
  } else {
    await ask();
  }
  const wait = step * 1000 - (now % (step * 1000));
  const ebb = document.querySelector(".ebb span");
  ebb?.animate([{ transform: `scaleX(${wait / (step * 1000)})` }, { transform: "scaleX(0)" }], { duration: wait, fill: "forwards" });
  clearTimeout(timer);
  timer = setTimeout(show, wait + 30);
}

// Without the key the server makes each code; with it, it only tells the time.
async function ask() {
  const here = document.getElementById("code");
  if (!here || !navigator.onLine) return;
  try {
    const answer = await call(here.dataset.ask, null, { method: "GET" });
    if (!answer.ok) return;
    const ride = await answer.json();
    const serverTime = Date.parse(answer.headers.get("Date"));
    // Whole seconds: the clock is corrected where it is truly wrong, and the code with it.
    if (ticket && Math.abs(serverTime - Date.now() - ticket.ahead) > 3_000) {
      await setClock(ticket, serverTime);
      show();
    }
    if (!ticket && ride.qrCode) {
      draw(ride.qrCode, ride.spokenCode);
      say(words.elsewhere);
    }
  } catch (problem) {
    if (problem instanceof SignedOut) location.reload();
  }
}

const say = (text) => { const note = document.getElementById("code-note"); if (note) note.textContent = text; };

function left() {
  const note = document.getElementById("left");
  if (!note) return;
  const minutes = Math.max(0, Math.floor((new Date(card().dataset.until) - Date.now() - (ticket?.ahead ?? 0)) / 60_000));
  const clock = (minutes >= 60 ? words.hours : words.minutes)
    .replace("{hours}", Math.floor(minutes / 60)).replace("{minutes}", minutes >= 60 ? minutes % 60 : minutes);
  note.textContent = words.left.replace("%s", clock);
}

// A screen that goes dark in front of a camera is no code.
async function stayAwake() {
  if (document.hidden || !isLive()) return;
  try {
    lock = await navigator.wakeLock?.request("screen");
  } catch {
    // A phone that saves its battery is asked by the note to be bright.
  }
}

function changed() {
  if (isLive()) return void show();
  lock?.release().catch(() => {});
  if (!card()) return;
  forget(card().dataset.id).catch(() => {});
  const joy = document.getElementById("joy");
  if (!joy) return;
  buzz("good");
  joy.querySelector("button").focus();
  joy.querySelector("button").addEventListener("click", () => joy.remove());
}

document.addEventListener("htmx:afterSwap", () => { shown = ""; changed(); });
document.addEventListener("visibilitychange", stayAwake);
addEventListener("online", () => { if (ticket) ask(); });
addEventListener("offline", () => say(words.away));
setInterval(left, 20_000);

if (isLive()) {
  ticket = (await find(card().dataset.id).catch(() => null)) ?? null;
  if (ticket) ask();
  if (!navigator.onLine) say(words.away);
  show();
  stayAwake();
  left();
} else if (card()) {
  forget(card().dataset.id).catch(() => {});
}
