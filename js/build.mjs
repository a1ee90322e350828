// Bundles the viewer into the Python package; `npm run build`.
import { readFile } from "node:fs/promises";

import { build } from "esbuild";

const target = "../src/skyseg/notebook/static";

// OpenLayers asks for antialiasing and has no option for it. Tiles have only upright edges,
// and without a GPU antialiasing takes a third of the time of a frame.
const withoutAntialiasing = {
  name: "without-antialiasing",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]ol[\\/]webgl\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text.replace("antialias: SAFARI_BUG_237906 ? false : true", "antialias: false");
      if (contents === text) throw new Error(`${path} asks for antialiasing in other words now`);
      return { contents };
    });
  },
};

await build({
  entryPoints: { viewer: "src/index.js" },
  outdir: target,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "eof",
  logLevel: "info",
  plugins: [withoutAntialiasing],
});
