// What is known of a label beside its colour: whether the filter drops it, and whether it is
// selected. A texture holds a byte for each label, so that no tile is sent or drawn anew.
// Labels too large for it have a place behind the others, in the order in which they come.

import { drawPlain } from "./textures.js";

const WIDTH = 4096;
const LARGEST = WIDTH * WIDTH; // labels from here on go by the place that they are given
const DROPPED = 1;
const SELECTED = 2;

export const FLAGS = `
uniform sampler2D u_flags;
uniform float u_labelRows;
uniform float u_flagRows;
uniform float u_beyond;

// Of the bytes of a code, the lowest first: 1 where its label is dropped, plus 2 where it is
// selected.
float flagsOf(vec4 code) {
  float number = code.r + 256.0 * code.g + 65536.0 * code.b;
  float row = floor(number / ${WIDTH}.0);
  if (code.a > 0.5) row += u_labelRows;
  else if (row >= u_labelRows) return u_beyond;
  vec2 at = vec2(mod(number, ${WIDTH}.0) + 0.5, row + 0.5) / vec2(${WIDTH}.0, u_flagRows);
  return floor(texture2D(u_flags, at).r * 255.0 + 0.5);
}
`;

function bytesOf(view) {
  return new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);
}

function numbersOf(view) {
  return new Uint32Array(bytesOf(view).slice().buffer);
}

const NOTHING = new Uint8Array();

// Given to a layer as one of its palettes, which are the textures that are not tiles. Without a
// model nothing is known of its labels.
export class LabelFlags {
  constructor(model) {
    this.model = model;
    this.name = "u_flags";
    this.places = new Map(); // of large labels
    this.update();
  }

  values() {
    return {
      u_labelRows: () => this.labelRows,
      u_flagRows: () => this.rows,
      u_beyond: () => (this.filtered ? DROPPED : 0),
    };
  }

  // What stands for a label in a tile: the label itself, or for a large one its place.
  codeOf(label) {
    if (label < LARGEST) return label;
    if (!this.places.has(label)) this.places.set(label, this.places.size);
    return LARGEST + this.places.get(label);
  }

  // Takes in the large labels that a tile has brought.
  settle() {
    if (this.settled !== this.places.size) this.update();
  }

  update() {
    const told = (name) => this.model?.get(name) ?? NOTHING;
    const bits = bytesOf(told("_kept"));
    const kept = new Set(numbersOf(told("_kept_large")));
    const selected = numbersOf(told("_marked"));
    const known = Math.min(8 * bits.length, LARGEST);
    this.filtered = bits.length > 0;
    this.settled = this.places.size;
    let most = Math.max(known, 1);
    for (const number of selected) if (number < LARGEST) most = Math.max(most, number + 1);
    this.labelRows = Math.ceil(most / WIDTH);
    this.rows = this.labelRows + Math.ceil(this.settled / WIDTH);
    this.bytes = new Uint8Array(WIDTH * this.rows);
    if (this.filtered) this.bytes.fill(DROPPED);
    for (let i = 0; i < known; i++) if ((bits[i >> 3] >> (i & 7)) & 1) this.bytes[i] = 0;
    const start = WIDTH * this.labelRows;
    for (const [label, place] of this.places) if (kept.has(label)) this.bytes[start + place] = 0;
    for (const number of selected) {
      if (number < LARGEST) this.bytes[number] |= SELECTED;
      else if (this.places.has(number)) this.bytes[start + this.places.get(number)] |= SELECTED;
    }
    this.stale = true;
  }

  getTexture(gl) {
    if (this.texture && !this.stale) return this.texture;
    this.texture ??= gl.createTexture();
    this.stale = false;
    const tile = gl.getParameter(gl.TEXTURE_BINDING_2D); // the renderer has bound it already
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    drawPlain(gl);
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
