// Builds what the pages load into static/web/: hashed files, a manifest of them, and the service worker.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "..", "static", "web");
const FRESH = `${OUT}.new`;
const common = {
  absWorkingDir: HERE,
  bundle: true,
  format: "esm",
  target: ["chrome100", "safari15.4", "firefox102"],
  minify: true,
  legalComments: "none",
  logLevel: "warning",
};

// What each app is made of: its path, its scripts, the files it needs besides, and which pages it keeps for when there is no
// network.
const APPS = {
  "service-worker.js": {
    path: "/business/",
    scripts: ["app", "sign-in", "scan", "push"],
    files: ["zxing_reader.wasm"],
    keeps: "^/business/scan$",
  },
  "rider-worker.js": {
    path: "/app/",
    scripts: ["app", "sign-in", "discover", "deal", "ticket", "kept", "forms", "pickup", "push"],
    files: [],
    keeps: "^/app/(tickets|travel)(/[0-9a-f-]{36})?$",
  },
};
// The operators' console is no app: nothing of it is kept.
const SCRIPTS = [...new Set(Object.values(APPS).flatMap((app) => app.scripts)), "console"];

rmSync(FRESH, { recursive: true, force: true });
mkdirSync(FRESH, { recursive: true });

const built = await esbuild.build({
  ...common,
  entryPoints: ["css/uma.css", "css/map.css", ...SCRIPTS.map((name) => `js/${name}.mjs`)],
  outdir: FRESH,
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  assetNames: "[name]-[hash]",
  splitting: true,
  metafile: true,
  loader: { ".wasm": "file", ".svg": "dataurl" },
});

const files = {};
for (const [path, facts] of Object.entries(built.metafile.outputs)) {
  const name = basename(path);
  if (facts.entryPoint) files[basename(facts.entryPoint).replace(/\.mjs$/, ".js")] = name;
  else files[name] = name;
}
for (const [source, target] of [
  ["node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", "zxing_reader.wasm"],
  ["node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs", "map-worker.js"],
  ["icons/icon.svg", "icon.svg"],
  ["icons/icon-192.png", "icon-192.png"],
  ["icons/icon-512.png", "icon-512.png"],
  ["icons/badge-96.png", "badge-96.png"],
]) {
  const bytes = readFileSync(join(HERE, source));
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
  const [stem, ending] = target.split(/\.(?=[^.]+$)/);
  files[target] = `${stem}-${digest}.${ending}`;
  writeFileSync(join(FRESH, files[target]), bytes);
}

// A service worker keeps its app's shell under a name that changes with any of it. What a script loads later, when it needs it,
// is not part of that.
const outputs = Object.fromEntries(Object.entries(built.metafile.outputs).map(([path, facts]) => [basename(path), facts]));
function withImports(name, found = new Set()) {
  if (!found.has(name)) {
    found.add(name);
    for (const { path, kind } of outputs[name].imports) if (kind === "import-statement") withImports(basename(path), found);
  }
  return found;
}
for (const [worker, app] of Object.entries(APPS)) {
  const shell = new Set(["uma.css", "icon.svg", "icon-192.png", ...app.files].map((name) => files[name]));
  for (const name of app.scripts) for (const part of withImports(files[`${name}.js`])) shell.add(part);
  const kept = [...shell].sort();
  await esbuild.build({
    ...common,
    format: "iife",
    entryPoints: ["js/service-worker.mjs"],
    outfile: join(FRESH, worker),
    define: {
      APP: JSON.stringify(app.path),
      KEPT: JSON.stringify(app.keeps),
      ICON: JSON.stringify(`/static/web/${files["icon-192.png"]}`),
      BADGE: JSON.stringify(`/static/web/${files["badge-96.png"]}`),
      VERSION: JSON.stringify(createHash("sha256").update(kept.join("\n")).digest("hex").slice(0, 12)),
      SHELL: JSON.stringify(kept.map((name) => `/static/web/${name}`)),
    },
  });
}
writeFileSync(join(FRESH, "manifest.json"), JSON.stringify(files, null, 1));
rmSync(OUT, { recursive: true, force: true });
renameSync(FRESH, OUT);
process.stdout.write(`${Object.keys(files).length} files in ${relative(process.cwd(), OUT)}\n`);
