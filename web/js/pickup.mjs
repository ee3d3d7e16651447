// Where something is, a ride's beginning or an outlet: where the phone is, or the place that is moved under the pin of a map that is fetched when it is wanted.
import { whereAmI } from "./place.mjs";

const words = JSON.parse(document.getElementById("words").textContent);
const field = document.getElementById("pickup");
const from = document.getElementById("from");
const here = document.getElementById("here");
const point = document.getElementById("point");
const side = document.getElementById("pickmap");
const wrong = document.getElementById("place-wrong");
let chart = null;

function say(text) {
  wrong.textContent = text;
  wrong.hidden = !text;
}

function choose(button, place, text) {
  field.value = `${place.latitude.toFixed(6)},${place.longitude.toFixed(6)}`;
  from.textContent = text;
  for (const one of [here, point]) one.setAttribute("aria-pressed", String(one === button));
  say("");
}

here.addEventListener("click", async () => {
  here.setAttribute("aria-busy", "true");
  const place = await whereAmI();
  here.removeAttribute("aria-busy");
  if (!place) return say(words.no_place);
  choose(here, place, words.here);
  chart?.then((map) => map.jumpTo({ center: [place.longitude, place.latitude], zoom: 15 })).catch(() => {});
});

const numbers = (text) => text.split(",").map(Number);

async function draw() {
  const styles = document.createElement("link");
  styles.rel = "stylesheet";
  styles.href = side.dataset.styles;
  document.head.append(styles);
  const { pickmap } = await import("./pickmap.mjs");
  const boundary = document.getElementById("boundary");
  return pickmap({
    box: document.getElementById("map"),
    worker: side.dataset.worker,
    boundary: boundary ? JSON.parse(boundary.textContent) : null,
    drop: side.dataset.to ? numbers(side.dataset.to) : null,
    start: field.value ? numbers(field.value) : null,
    words,
    onPlace: (place) => choose(point, place, words.point),
  });
}

point.addEventListener("click", async () => {
  side.hidden = false;
  point.setAttribute("aria-expanded", "true");
  chart ??= draw();
  try {
    const map = await chart;
    map.resize();
    map.getCanvas().focus();
  } catch {
    chart = null;
    side.hidden = true;
    say(words.no_map);
  }
});
