// Bundles the viewer into the Python package; `npm run build`. Each kind of widget has a bundle of
// its own: a host loads the code of each widget anew, and OpenLayers is the most of it.
import { readFile } from "node:fs/promises";

import { build } from "esbuild";

import { writeLicences } from "./licences.mjs";
import { NEEDED, checked } from "./openlayers.mjs";

const target = "../src/skyseg/notebook/static";

const unchecked = new Set(Object.keys(NEEDED));
const openlayers = {
  name: "openlayers",
  setup({ onLoad, onEnd }) {
    onLoad({ filter: /[\\/]node_modules[\\/]ol[\\/].*\.js$/ }, async ({ path }) => {
      const name = path.split(/[\\/]node_modules[\\/]/).pop().replaceAll("\\", "/");
      if (!unchecked.delete(name)) return undefined;
      const text = checked(name, await readFile(path, "utf8"));
      return { contents: name === "ol/webgl.js" ? withoutAntialiasing(text) : text };
    });
    onEnd(() => {
      if (unchecked.size) throw new Error(`${[...unchecked]} is not in this version of OpenLayers`);
    });
  },
};

// OpenLayers asks for antialiasing and has no option for it. Tiles have only upright edges,
// and without a GPU antialiasing takes a third of the time of a frame.
function withoutAntialiasing(text) {
  return text.replace(NEEDED["ol/webgl.js"][0], "antialias: false");
}

const { metafile } = await build({
  entryPoints: [
    { in: "src/canvas_view.js", out: "viewer" },
    { in: "src/bar.js", out: "bar" },
    { in: "src/table.js", out: "table" },
    { in: "src/style.css", out: "viewer" },
  ],
  outdir: target,
  bundle: true,
  metafile: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "eof",
  logLevel: "info",
  plugins: [openlayers],
});
await writeLicences(metafile.inputs, `${target}/LICENCES.txt`);
