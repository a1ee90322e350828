// Bundles the viewer into the Python package; `npm run build`.
import { build } from "esbuild";

const target = "../src/skyseg/notebook/static";

await build({
  entryPoints: { viewer: "src/index.js" },
  outdir: target,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "eof",
  logLevel: "info",
});
