// The ground of every map. It asks nobody outside for pictures: it is drawn from what the platform has, the city's border and a
// grid of kilometres.
import { AttributionControl, LngLatBounds, Map as Chart, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";

const KM_DEGREES = 1 / 111.195;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
export const empty = { type: "FeatureCollection", features: [] };

// Lines a kilometre apart over a box, so that a distance can be seen.
function grid([[west, south], [east, north]]) {
  const lines = [];
  const wide = KM_DEGREES / Math.cos((((south + north) / 2) * Math.PI) / 180);
  for (let x = Math.floor(west / wide) * wide; x <= east; x += wide) lines.push([[x, south], [x, north]]);
  for (let y = Math.floor(south / KM_DEGREES) * KM_DEGREES; y <= north; y += KM_DEGREES) lines.push([[west, y], [east, y]]);
  return { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } };
}

const paints = () => ({
  ground: { "background-color": colour("sunk") },
  zone: { "fill-color": colour("ground") },
  grid: { "line-color": colour("line"), "line-width": 1 },
  border: { "line-color": colour("edge"), "line-width": 2, "line-dasharray": [3, 2] },
});

export function ground({ box, worker, boundary, sources = {}, layers = [] }) {
  setWorkerUrl(worker);
  const rings = boundary ? (boundary.type === "Polygon" ? [boundary.coordinates] : boundary.coordinates) : [];
  const extent = new LngLatBounds();
  rings.flat(2).forEach((at) => extent.extend(at));
  const start = rings.length ? extent : new LngLatBounds([68, 8], [97, 35]);
  const looks = paints();
  const chart = new Chart({
    container: box,
    bounds: start,
    fitBoundsOptions: { padding: 24 },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    maxZoom: 18,
    style: {
      version: 8,
      sources: {
        zone: { type: "geojson", data: boundary ? { type: "Feature", properties: {}, geometry: boundary } : empty },
        grid: { type: "geojson", data: rings.length ? grid(extent.toArray()) : empty },
        ...sources,
      },
      layers: [
        { id: "ground", type: "background", paint: looks.ground },
        { id: "zone", type: "fill", source: "zone", paint: looks.zone },
        { id: "grid", type: "line", source: "grid", paint: looks.grid },
        { id: "border", type: "line", source: "zone", paint: looks.border },
        ...layers,
      ],
    },
  });
  chart.touchZoomRotate.disableRotation();
  chart.addControl(new NavigationControl({ showCompass: false }), "top-right");
  chart.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  chart.addControl(new AttributionControl({ compact: true, customAttribution: "UMA" }), "bottom-right");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const [layer, looks] of Object.entries(paints())) {
      for (const [name, value] of Object.entries(looks)) chart.setPaintProperty(layer, name, value);
    }
  });
  return chart;
}
