// What turns tile bytes into colours.

import { Uniforms } from "ol/renderer/webgl/TileLayer.js";

import { FLAGS } from "./flags.js";

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
uniform sampler2D u_palette;
uniform float u_colormap;
uniform float u_colormaps;

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
  float step = floor(255.0 * stretched(t) + 0.5);
  float place = (256.0 * u_colormap + step + 0.5) / (256.0 * u_colormaps);
  paint(texture2D(u_palette, vec2(place, 0.5)).rgb, 1.0);
}
`;

// Red, green and blue as they are seen; the last byte is 0 where a band has no value.
export const RGB = `${HEAD}
uniform sampler2D ${Uniforms.TILE_TEXTURE_ARRAY}[1];

void main() {
  discardOutside();
  vec4 bytes = bytesOf(${Uniforms.TILE_TEXTURE_ARRAY}[0]);
  if (bytes.a < 0.5) discard;
  paint(bytes.rgb / 255.0, 1.0);
}
`;

// The same over the image, which is seen through it.
export const MASK = RGB.replace("255.0, 1.0)", "255.0, 0.45)");

// How far it is to where a label ends, which labels.js works out.
const ENDS = `
uniform float ${Uniforms.RESOLUTION};
uniform float ${Uniforms.TEXTURE_RESOLUTION};
uniform float ${Uniforms.TEXTURE_PIXEL_WIDTH};
uniform float ${Uniforms.TEXTURE_PIXEL_HEIGHT};

const float FAR = 1000.0;

// In pixels of the screen; FAR beyond two pixels of the tile.
float distanceToEnd(float ends) {
  vec2 size = vec2(${Uniforms.TEXTURE_PIXEL_WIDTH}, ${Uniforms.TEXTURE_PIXEL_HEIGHT});
  vec2 place = fract(v_textureCoord * size);
  vec4 room = vec4(place.x, 1.0 - place.x, place.y, 1.0 - place.y);
  vec4 next = mod(floor(ends / vec4(1.0, 2.0, 4.0, 8.0)), 2.0);
  vec4 second = mod(floor(ends / vec4(16.0, 32.0, 64.0, 128.0)), 2.0);
  vec4 away = mix(mix(vec4(FAR), room + 1.0, second), room, next);
  float nearest = min(min(away.x, away.y), min(away.z, away.w));
  return nearest * ${Uniforms.TEXTURE_RESOLUTION} / ${Uniforms.RESOLUTION};
}

// Whether a label is so narrow here that an outline would cover it.
bool isNarrow(float ends) {
  vec4 next = mod(floor(ends / vec4(1.0, 2.0, 4.0, 8.0)), 2.0);
  vec4 near = max(next, mod(floor(ends / vec4(16.0, 32.0, 64.0, 128.0)), 2.0));
  return next.x * near.y + next.y * near.x + next.z * near.w + next.w * near.z > 0.5;
}

// A line of one pixel of the screen with a dark one within, which sets it off from what is
// bright. From afar, where most sources are a dot, what would cover them gives way.
void outline(float ends, vec3 colour, float opacity) {
  float away = distanceToEnd(ends);
  if (away >= 2.0) discard;
  float afar = ${Uniforms.RESOLUTION};
  bool dot = afar > 1.0 && isNarrow(ends);
  float kept = dot ? clamp(1.0 / afar, 0.15, 1.0) : 1.0;
  if (away < 1.0) { paint(colour, opacity * kept); return; }
  if (dot) discard;
  paint(vec3(0.0), 0.5 * opacity);
}
`;

// The first texture is the label's code, the lowest byte first; the second its colour and its ends.
export const LABELS = `${HEAD}${ENDS}${FLAGS}
uniform sampler2D ${Uniforms.TILE_TEXTURE_ARRAY}[2];
uniform float u_opacity;
uniform float u_filled;
uniform float u_byMap;
uniform vec3 u_mapColour;
uniform float u_anySelected;
uniform vec4 u_selected;

void main() {
  discardOutside();
  vec4 look = bytesOf(${Uniforms.TILE_TEXTURE_ARRAY}[1]);
  if (look == vec4(0.0)) discard;
  vec3 colour = u_byMap > 0.5 ? u_mapColour : look.rgb / 255.0;
  vec4 code = bytesOf(${Uniforms.TILE_TEXTURE_ARRAY}[0]);
  float flags = flagsOf(code);
  if (look.a > 0.5 && (flags > 1.5 || (u_anySelected > 0.5 && code == u_selected))) {
    float away = distanceToEnd(look.a);
    if (away < 2.0) { paint(vec3(1.0), 1.0); return; }
    if (away < 3.0) { paint(vec3(0.0), 0.8); return; }
  }
  float opacity = u_opacity;
  if (mod(flags, 2.0) > 0.5) { colour = vec3(0.6); opacity *= 0.25; }
  if (u_filled > 0.5) { paint(colour, opacity); return; }
  if (look.a < 0.5) discard;
  outline(look.a, colour, min(1.5 * opacity, 1.0));
}
`;

// Outlines alone, in one colour that no stored label has to itself.
export const PREVIEW = `${HEAD}${ENDS}
uniform sampler2D ${Uniforms.TILE_TEXTURE_ARRAY}[1];

void main() {
  discardOutside();
  float ends = bytesOf(${Uniforms.TILE_TEXTURE_ARRAY}[0]).r;
  if (ends < 0.5) discard;
  outline(ends, vec3(1.0, 0.69, 0.0), 1.0);
}
`;

// Class and ends. What differs is tinted, so that its pixels are seen; what is the same is only
// outlined.
export const CLASSES = `${HEAD}${ENDS}
uniform sampler2D ${Uniforms.TILE_TEXTURE_ARRAY}[1];
uniform float u_opacity;
uniform vec3 u_colour1;
uniform vec3 u_colour2;
uniform vec3 u_colour3;
uniform vec3 u_colour4;

void main() {
  discardOutside();
  vec4 bytes = bytesOf(${Uniforms.TILE_TEXTURE_ARRAY}[0]);
  float value = bytes.r;
  if (value < 0.5) discard;
  vec3 colour = u_colour4;
  if (value < 1.5) colour = u_colour1;
  else if (value < 2.5) colour = u_colour2;
  else if (value < 3.5) colour = u_colour3;
  if (bytes.a > 0.5 && distanceToEnd(bytes.a) < 1.0) {
    paint(colour, min(1.5 * u_opacity, 1.0));
    return;
  }
  if (value < 1.5) discard;
  paint(colour, 0.5 * u_opacity);
}
`;
