// Tiles as textures.

import TileTexture from "ol/webgl/TileTexture.js";

export const OF_PAIRS = 8; // bytes a pixel

export function drawPlain(gl) {
  for (const name of ["TEXTURE_WRAP_S", "TEXTURE_WRAP_T"]) {
    gl.texParameteri(gl.TEXTURE_2D, gl[name], gl.CLAMP_TO_EDGE);
  }
  for (const name of ["TEXTURE_MIN_FILTER", "TEXTURE_MAG_FILTER"]) {
    gl.texParameteri(gl.TEXTURE_2D, gl[name], gl.NEAREST);
  }
}

// Two textures of four bytes a pixel that follow each other in the data of a tile. OpenLayers
// would part eight bytes a pixel one by one, which holds the page up.
export class PairTexture extends TileTexture {
  uploadTile() {
    const data = this.tile.getData();
    if (!this.helper || !data) return;
    const gl = this.helper.getGL();
    const [width, height] = this.tile.getSize().map((side) => side + 2 * this.gutter);
    const half = data.length / 2;
    this.bandCount = OF_PAIRS;
    this.textures = [data.subarray(0, half), data.subarray(half)].map((pixels) => {
      const texture = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, texture);
      drawPlain(gl);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
      return texture;
    });
    this.setReady();
  }
}
