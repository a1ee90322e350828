// What turns tile bytes into colours.

import { Uniforms } from "ol/renderer/webgl/TileLayer.js";

const HEAD = `
precision highp float;
varying vec2 v_textureCoord;
varying vec2 v_localMapCoord;
uniform vec4 ${Uniforms.RENDER_EXTENT};
uniform float ${Uniforms.TRANSITION_ALPHA};

vec4 bytesOf(sampler2D tile) {
  return floor(texture2D(tile, v_textureCoord) * 255.0 + 0.5);
}

void discardOutside() {
  vec4 extent = ${Uniforms.RENDER_EXTENT};
  if (v_localMapCoord.x < extent[0] || v_localMapCoord.y < extent[1] ||
      v_localMapCoord.x > extent[2] || v_localMapCoord.y > extent[3]) discard;
}

void paint(vec3 colour, float alpha) {
  gl_FragColor = vec4(colour * alpha, alpha) * ${Uniforms.TRANSITION_ALPHA};
}
`;

// A code is 0 where there is no value, else 32768 + 256 asinh((value - zero) / softening).
export const IMAGE = `${HEAD}
uniform sampler2D ${Uniforms.TILE_TEXTURE_ARRAY}[1];
uniform float u_zero;
uniform float u_codeSoftening;
uniform float u_low;
uniform float u_high;
uniform float u_softening;
uniform float u_stretch;

float asinhOf(float x) { return log(x + sqrt(x * x + 1.0)); }

float stretched(float t) {
  if (u_stretch < 0.5) return t;
  if (u_stretch < 1.5) return asinhOf(t / u_softening) / asinhOf(1.0 / u_softening);
  if (u_stretch < 2.5) return sqrt(t);
  return log(1000.0 * t + 1.0) / log(1001.0);
}

void main() {
  discardOutside();
  vec4 bytes = bytesOf(${Uniforms.TILE_TEXTURE_ARRAY}[0]);
  float code = 256.0 * bytes.r + bytes.a;
  if (code < 0.5) { paint(vec3(0.255, 0.314, 0.420), 1.0); return; }
  float u = clamp((code - 32768.0) / 256.0, -80.0, 80.0);
  float e = exp(u);
  float value = u_zero + u_codeSoftening * (e - 1.0 / e) / 2.0;
  float t = clamp((value - u_low) / (u_high - u_low), 0.0, 1.0);
  paint(vec3(stretched(t)), 1.0);
}
`;

// Where a label ends, as labels.js works it out, and how far that is from here.
const ENDS = `
uniform float ${Uniforms.RESOLUTION};
uniform float ${Uniforms.TEXTURE_RESOLUTION};
uniform float ${Uniforms.TEXTURE_PIXEL_WIDTH};
uniform float ${Uniforms.TEXTURE_PIXEL_HEIGHT};

// Whether a label ends within some pixels of the screen, and two of the tile.
bool endsWithin(float ends, float width) {
  float reach = min(width * ${Uniforms.RESOLUTION} / ${Uniforms.TEXTURE_RESOLUTION}, 2.0);
  vec2 size = vec2(${Uniforms.TEXTURE_PIXEL_WIDTH}, ${Uniforms.TEXTURE_PIXEL_HEIGHT});
  vec2 place = fract(v_textureCoord * size);
  vec4 room = vec4(place.x, 1.0 - place.x, place.y, 1.0 - place.y);
  vec4 next = mod(floor(ends / vec4(1.0, 2.0, 4.0, 8.0)), 2.0);
  vec4 second = mod(floor(ends / vec4(16.0, 32.0, 64.0, 128.0)), 2.0);
  return any(greaterThan(max(next * (reach - room), second * (reach - 1.0 - room)), vec4(0.0)));
}
`;

// The first texture is the label, the lowest byte first; the second its colour and its ends.
export const LABELS = `${HEAD}${ENDS}
uniform sampler2D ${Uniforms.TILE_TEXTURE_ARRAY}[2];
uniform float u_opacity;
uniform float u_filled;
uniform float u_anySelected;
uniform vec4 u_selected;

void main() {
  discardOutside();
  vec4 look = bytesOf(${Uniforms.TILE_TEXTURE_ARRAY}[1]);
  if (look == vec4(0.0)) discard;
  if (look.a > 0.5) {
    if (u_anySelected > 0.5 && bytesOf(${Uniforms.TILE_TEXTURE_ARRAY}[0]) == u_selected &&
        endsWithin(look.a, 2.5)) { paint(vec3(1.0), 1.0); return; }
    if (u_filled < 0.5 && !endsWithin(look.a, 1.4)) discard;
  } else if (u_filled < 0.5) discard;
  paint(look.rgb / 255.0, u_opacity);
}
`;

// Outlines alone, in one colour that no stored label has to itself.
export const PREVIEW = `${HEAD}${ENDS}
uniform sampler2D ${Uniforms.TILE_TEXTURE_ARRAY}[1];

void main() {
  discardOutside();
  float ends = bytesOf(${Uniforms.TILE_TEXTURE_ARRAY}[0]).r;
  if (ends < 0.5 || !endsWithin(ends, 1.8)) discard;
  paint(vec3(1.0, 0.69, 0.0), 1.0);
}
`;

export const CLASSES = `${HEAD}
uniform sampler2D ${Uniforms.TILE_TEXTURE_ARRAY}[1];
uniform float u_opacity;
uniform vec3 u_colour1;
uniform vec3 u_colour2;
uniform vec3 u_colour3;
uniform vec3 u_colour4;

void main() {
  discardOutside();
  float value = bytesOf(${Uniforms.TILE_TEXTURE_ARRAY}[0]).r;
  if (value < 0.5) discard;
  vec3 colour = u_colour4;
  if (value < 1.5) colour = u_colour1;
  else if (value < 2.5) colour = u_colour2;
  else if (value < 3.5) colour = u_colour3;
  paint(colour, u_opacity);
}
`;
