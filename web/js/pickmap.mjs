// The map that a place is chosen on: the pin stands still in the middle and the ground moves, by a finger or the arrow keys.
import { Marker } from "maplibre-gl";
import { ground } from "./ground.mjs";

export async function pickmap({ box, worker, boundary, drop, start, words, onPlace }) {
  const chart = ground({ box, worker, boundary });
  await new Promise((resolve) => chart.once("load", resolve));
  if (drop) {
    const end = Object.assign(document.createElement("span"), { className: "drop" });
    end.setAttribute("role", "img");
    end.setAttribute("aria-label", words.drop);
    const [latitude, longitude] = drop;
    new Marker({ element: end }).setLngLat([longitude, latitude]).addTo(chart);
  }
  const first = start ?? drop;
  if (first) chart.jumpTo({ center: [first[1], first[0]], zoom: 14 });
  const tell = ({ lat, lng }) => {
    box.dataset.at = `${lat.toFixed(5)},${lng.toFixed(5)}`;
    onPlace({ latitude: lat, longitude: lng });
  };
  // What was touched holds at once; the ground comes after it.
  chart.on("click", ({ lngLat }) => { tell(lngLat); chart.easeTo({ center: lngLat }); });
  chart.on("moveend", (told) => { if (told.originalEvent) tell(chart.getCenter()); });
  box.dataset.ready = "true";
  return chart;
}
