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

// The bytes of each plane follow each other, which compresses better than pixel by pixel.
function interleave(planes, count) {
  const size = planes.length / count;
  const pixels = new Uint8Array(planes.length);
  for (let plane = 0; plane < count; plane++) {
    for (let pixel = 0, at = plane; pixel < size; pixel++, at += count) {
      pixels[at] = planes[plane * size + pixel];
    }
  }
  return pixels;
}

export function tileSource(kernel, grid, name, version, bytes, projection) {
  const side = grid.tile + 2 * GUTTER;
  const empty = new Uint8Array(side * side * bytes);
  return new DataTileSource({
    projection,
    tileGrid: tileGrid(grid),
    tileSize: grid.tile,
    gutter: GUTTER,
    bandCount: bytes,
    interpolate: false,
    transition: 0,
    wrapX: false,
    key: `${name}-${version}`,
    loader: async (z, x, y) => {
      const answer = await kernel.ask("tile", { layer: name, version, z, x, y });
      if (answer.buffers.length === 0) return empty;
      return interleave(await inflate(answer.buffers[0]), bytes);
    },
  });
}
