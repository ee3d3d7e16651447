// The map of deals, over the ground that all our maps stand on.
import { LngLatBounds, Marker } from "maplibre-gl";
import { empty, ground } from "./ground.mjs";

const motion = matchMedia("(prefers-reduced-motion: reduce)");

export function draw({ box, worker, boundary, words, onMove, onPick }) {
  const chart = ground({
    box, worker, boundary,
    sources: {
      deals: {
        type: "geojson", data: empty, cluster: true, clusterRadius: 56, clusterMaxZoom: 16,
        clusterProperties: { best: ["max", ["get", "rupees"]] },
      },
    },
    // What is clickable and readable stands in elements over the map; this layer makes the map place them.
    layers: [{ id: "deals", type: "circle", source: "deals", paint: { "circle-radius": 1, "circle-opacity": 0 } }],
  });

  let onMap = new Map();
  let names = [];
  let here = null;
  let lit = "";
  const byId = new Map();
  const loaded = new Promise((resolve) => chart.once("load", resolve));

  const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });

  function pinOf({ id, label, name, off, boosted }) {
    const button = element("button", label);
    button.type = "button";
    button.className = `pin${off ? " off" : ""}${boosted ? " gold" : ""}`;
    button.setAttribute("aria-label", `${name}, ${label}`);
    button.addEventListener("click", (event) => { event.stopPropagation(); onPick(id); });
    return button;
  }

  function clusterOf(id, count, best, at) {
    const button = element("button", String(count));
    button.type = "button";
    button.className = "pin many";
    if (best > 0) button.append(element("small", `₹${best}`));
    button.append(Object.assign(element("span", words.deals), { className: "unseen" }));
    button.addEventListener("click", async (event) => {
      event.stopPropagation();
      const zoom = await chart.getSource("deals").getClusterExpansionZoom(id);
      chart.easeTo({ center: at, zoom, animate: !motion.matches }, { asked: true });
    });
    return button;
  }

  // What the source shows at this zoom, as elements: those that stay keep theirs.
  function place() {
    const seen = new Map();
    for (const { properties, geometry } of chart.querySourceFeatures("deals")) {
      const key = properties.cluster ? `many:${properties.cluster_id}:${properties.point_count}` : `one:${properties.id}`;
      if (seen.has(key)) continue;
      const made = onMap.get(key) ?? new Marker({
        element: properties.cluster
          ? clusterOf(properties.cluster_id, properties.point_count, properties.best, geometry.coordinates)
          : pinOf(byId.get(properties.id) ?? properties),
        anchor: "center",
      }).setLngLat(geometry.coordinates).addTo(chart);
      seen.set(key, made);
    }
    for (const [key, marker] of onMap) if (!seen.has(key)) marker.remove();
    onMap = seen;
    box.dataset.pins = String(onMap.size);
    light(lit, true);
  }

  function light(id, on) {
    lit = on ? id : "";
    for (const [key, marker] of onMap) marker.getElement().classList.toggle("lit", on && key === `one:${id}`);
  }

  chart.on("data", (told) => { if (told.sourceId === "deals" && told.isSourceLoaded) chart.once("idle", place); });
  chart.on("idle", place);
  chart.on("zoom", () => box.classList.toggle("far", chart.getZoom() < 12.5));
  chart.on("moveend", (told) => {
    // Only a person's hand asks for other deals; a map that moves by itself would chase its own answers.
    if (!told.originalEvent && !told.asked) return;
    const view = chart.getBounds();
    onMove([view.getWest(), view.getSouth(), view.getEast(), view.getNorth()].map((one) => one.toFixed(5)).join(","));
  });

  return {
    resize: () => chart.resize(),
    light,
    async setPins(pins, { fit }) {
      await loaded;
      byId.clear();
      pins.forEach((pin) => byId.set(pin.id, pin));
      for (const [key, marker] of onMap) if (key.startsWith("one:")) { marker.remove(); onMap.delete(key); }
      chart.getSource("deals").setData({
        type: "FeatureCollection",
        features: pins.map(({ at, ...properties }) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: at } })),
      });
      names.forEach((one) => one.remove());
      const places = new Map(pins.map(({ place: name, at }) => [name, at]));
      names = [...places].map(([name, at]) => {
        const label = Object.assign(element("span", name), { className: "place" });
        label.setAttribute("aria-hidden", "true");
        return new Marker({ element: label, anchor: "top", offset: [0, 18] }).setLngLat(at).addTo(chart);
      });
      if (fit && pins.length) {
        const around = new LngLatBounds();
        pins.forEach(({ at }) => around.extend(at));
        chart.fitBounds(around, { padding: 56, maxZoom: 15, animate: !motion.matches });
      }
    },
    async setPlace(text) {
      await loaded;
      here?.remove();
      here = null;
      if (!text) return;
      const [latitude, longitude] = text.split(",").map(Number);
      const dot = Object.assign(document.createElement("span"), { className: "here" });
      dot.setAttribute("role", "img");
      dot.setAttribute("aria-label", words.here);
      here = new Marker({ element: dot }).setLngLat([longitude, latitude]).addTo(chart);
    },
  };
}
