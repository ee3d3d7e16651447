// The first page: a form that narrows the list, and a map that is fetched when somebody wants to see it.
import { whereAmI } from "./place.mjs";

const words = JSON.parse(document.getElementById("words").textContent);
const form = document.getElementById("filters");
const side = document.getElementById("mapside");
const flip = document.getElementById("flip");
const near = document.getElementById("near");
const wrong = document.getElementById("map-wrong");
const wide = matchMedia("(min-width: 900px)");
let map = null;
let asked = null;

const pins = () => {
  const all = new Map();
  for (const one of document.querySelectorAll("#found [data-pins]")) {
    for (const pin of JSON.parse(one.dataset.pins)) all.set(pin.id, pin);
  }
  return [...all.values()];
};
const send = () => htmx.trigger(form, "change");

async function showMap() {
  side.hidden = false;
  asked ??= (async () => {
    const styles = document.createElement("link");
    styles.rel = "stylesheet";
    styles.href = side.dataset.styles;
    document.head.append(styles);
    const { draw } = await import("./map.mjs");
    const boundary = document.getElementById("boundary");
    return draw({
      box: document.getElementById("map"),
      worker: side.dataset.worker,
      boundary: boundary ? JSON.parse(boundary.textContent) : null,
      words,
      onMove: (bbox) => { form.elements.bbox.value = bbox; send(); },
      onPick: (id) => pick(id),
    });
  })();
  try {
    map = await asked;
    map.setPins(pins(), { fit: !form.elements.bbox.value });
    map.setPlace(form.elements.near.value);
  } catch {
    asked = null;
    wrong.textContent = words.no_map;
    wrong.hidden = false;
  }
}

function setMap(on) {
  flip.setAttribute("aria-pressed", String(on));
  document.querySelectorAll("[data-flip]").forEach((one) => { one.hidden = (one.dataset.flip === "map") === on; });
  document.body.classList.toggle("mapped", on);
  if (on) showMap().then(() => map?.resize());
  else side.hidden = true;
}

// A pin and its deal are one thing, wherever one touches it.
function pick(id) {
  const card = document.querySelector(`[data-deal="${CSS.escape(id)}"]`);
  if (!card) return;
  document.querySelectorAll("[data-deal].picked").forEach((one) => one.classList.remove("picked"));
  card.classList.add("picked");
  card.scrollIntoView({ block: "nearest", inline: "center", behavior: "smooth" });
  card.focus({ preventScroll: true });
}
for (const [event, on] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) {
  document.getElementById("found").addEventListener(event, (told) => {
    const card = told.target.closest?.("[data-deal]");
    if (card) map?.light(card.dataset.deal, on);
  }, true);
}

flip.addEventListener("click", () => setMap(flip.getAttribute("aria-pressed") !== "true"));
wide.addEventListener("change", () => setMap(wide.matches));
document.getElementById("zone").addEventListener("change", () => {
  form.elements.near.value = form.elements.bbox.value = "";
  // Another city is another map.
  form.submit();
});
near.addEventListener("click", async () => {
  const on = near.getAttribute("aria-pressed") !== "true";
  const place = on ? await whereAmI() : null;
  if (on && !place) {
    wrong.textContent = words.no_place;
    wrong.hidden = false;
    return;
  }
  wrong.hidden = true;
  near.setAttribute("aria-pressed", String(on));
  form.elements.near.value = place ? `${place.latitude.toFixed(5)},${place.longitude.toFixed(5)}` : "";
  form.elements.bbox.value = "";
  form.elements.sort.value = on ? "distance" : "cashback";
  map?.setPlace(form.elements.near.value);
  send();
});
document.addEventListener("htmx:afterSwap", () => map?.setPins(pins(), { fit: !form.elements.bbox.value }));
if (wide.matches) setMap(true);
