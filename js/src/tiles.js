// Tiles of the kernel's pyramids as OpenLayers sources.

import Projection from "ol/proj/Projection.js";
import DataTileSource from "ol/source/DataTile.js";
import TileGrid from "ol/tilegrid/TileGrid.js";

export const GUTTER = 2; // pixels around a tile, so that outlines go on across its edges

// One unit is one pixel; (0, 0) is the lower left corner of the first pixel.
export function pixelProjection(extent) {
  return new Projection({ code: "skyseg-pixels", units: "pixels", extent });
}

export function tileGrid(grid) {
  const [ny, nx] = grid.shape;
  const coarsest = 2 ** (grid.levels - 1);
  const step = grid.tile * coarsest;
  return new TileGrid({
    extent: [0, 0, nx, ny],
    origin: [0, Math.ceil(ny / step) * step],
    resolutions: Array.from({ length: grid.levels }, (_, z) => coarsest / 2 ** z),
    tileSize: grid.tile,
  });
}

async function inflate(buffer) {
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Some bytes a pixel from planes that follow each other, which compress better.
function interleaved(number) {
  return (planes) => {
    const size = planes.length / number;
    const pixels = new Uint8Array(planes.length);
    for (let i = 0; i < size; i++) {
      for (let byte = 0; byte < number; byte++) pixels[number * i + byte] = planes[byte * size + i];
    }
    return pixels;
  };
}

export const interleavePairs = interleaved(2);
export const interleaveFours = interleaved(4);

export function tileSource(kernel, grid, { name, version, bands, decode }, projection) {
  const side = grid.tile + 2 * GUTTER;
  const empty = new Uint8Array(side * side * bands);
  return new DataTileSource({
    projection,
    tileGrid: tileGrid(grid),
    tileSize: grid.tile,
    gutter: GUTTER,
    bandCount: bands,
    interpolate: false,
    transition: 0,
    wrapX: false,
    key: `${name}-${version}`,
    loader: async (z, x, y) => {
      const answer = await kernel.askForTile({ layer: name, version, z, x, y });
      return answer.buffers.length === 0 ? empty : decode(await inflate(answer.buffers[0]), side);
    },
  });
}
