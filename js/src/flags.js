// What is known of a label beside its colour: whether the filter drops it, and whether it is
// selected. A texture holds a byte for each label, so that no tile is sent or drawn anew.

const WIDTH = 4096;
const LARGEST = WIDTH * WIDTH; // labels from here on are drawn as if there were no filter
const DROPPED = 1;
const SELECTED = 2;

export const FLAGS = `
uniform sampler2D u_flags;
uniform float u_flagRows;
uniform float u_beyond;

// Of the bytes of a label, the lowest first: 1 where it is dropped, plus 2 where it is selected.
float flagsOf(vec4 label) {
  float number = label.r + 256.0 * label.g + 65536.0 * label.b;
  float row = floor(number / ${WIDTH}.0);
  if (label.a > 0.5) return 0.0;
  if (row >= u_flagRows) return u_beyond;
  vec2 at = vec2(mod(number, ${WIDTH}.0) + 0.5, row + 0.5) / vec2(${WIDTH}.0, u_flagRows);
  return floor(texture2D(u_flags, at).r * 255.0 + 0.5);
}
`;

// Given to a layer as one of its palettes, which are the textures that are not tiles.
export class LabelFlags {
  constructor(model) {
    this.model = model;
    this.name = "u_flags";
    this.update();
  }

  values() {
    return { u_flagRows: () => this.rows, u_beyond: () => (this.filtered ? DROPPED : 0) };
  }

  update() {
    const kept = this.model.get("_kept");
    const bits = new Uint8Array(kept.buffer ?? kept, kept.byteOffset ?? 0, kept.byteLength);
    const selected = this.model.get("_marked").filter((number) => number < LARGEST);
    const known = Math.min(8 * bits.length, LARGEST);
    this.filtered = bits.length > 0;
    this.rows = Math.ceil(selected.reduce((most, each) => Math.max(most, each + 1), Math.max(known, 1)) / WIDTH);
    this.bytes = new Uint8Array(WIDTH * this.rows);
    if (this.filtered) this.bytes.fill(DROPPED);
    for (let i = 0; i < known; i++) if ((bits[i >> 3] >> (i & 7)) & 1) this.bytes[i] = 0;
    for (const number of selected) this.bytes[number] |= SELECTED;
    this.stale = true;
  }

  getTexture(gl) {
    if (this.texture && !this.stale) return this.texture;
    this.texture ??= gl.createTexture();
    this.stale = false;
    const tile = gl.getParameter(gl.TEXTURE_BINDING_2D); // the renderer has bound it already
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    for (const name of ["TEXTURE_WRAP_S", "TEXTURE_WRAP_T"]) {
      gl.texParameteri(gl.TEXTURE_2D, gl[name], gl.CLAMP_TO_EDGE);
    }
    for (const name of ["TEXTURE_MIN_FILTER", "TEXTURE_MAG_FILTER"]) {
      gl.texParameteri(gl.TEXTURE_2D, gl[name], gl.NEAREST);
    }
    const form = [gl.LUMINANCE, WIDTH, this.rows, 0, gl.LUMINANCE, gl.UNSIGNED_BYTE];
    gl.texImage2D(gl.TEXTURE_2D, 0, ...form, this.bytes);
    gl.bindTexture(gl.TEXTURE_2D, tile);
    return this.texture;
  }

  delete(gl) {
    if (this.texture) gl.deleteTexture(this.texture);
    this.texture = null;
  }
}
