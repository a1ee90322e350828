// What turns tile bytes into colours.

import { Uniforms } from "ol/renderer/webgl/TileLayer.js";

const HEAD = `
precision highp float;
varying vec2 v_textureCoord;
varying vec2 v_localMapCoord;
uniform vec4 ${Uniforms.RENDER_EXTENT};
uniform float ${Uniforms.TRANSITION_ALPHA};
uniform float ${Uniforms.RESOLUTION};
uniform float ${Uniforms.TEXTURE_RESOLUTION};
uniform float ${Uniforms.TEXTURE_PIXEL_WIDTH};
uniform float ${Uniforms.TEXTURE_PIXEL_HEIGHT};
uniform sampler2D ${Uniforms.TILE_TEXTURE_ARRAY}[1];

vec4 bytesAt(vec2 offset) {
  vec2 size = vec2(${Uniforms.TEXTURE_PIXEL_WIDTH}, ${Uniforms.TEXTURE_PIXEL_HEIGHT});
  vec2 place = v_textureCoord + offset / size;
  return floor(texture2D(${Uniforms.TILE_TEXTURE_ARRAY}[0], place) * 255.0 + 0.5);
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
uniform float u_zero;
uniform float u_codeSoftening;
uniform float u_low;
uniform float u_high;
uniform float u_softening;
uniform float u_stretch;

float asinhOf(float x) { return sign(x) * log(abs(x) + sqrt(x * x + 1.0)); }

float stretched(float t) {
  if (u_stretch < 0.5) return t;
  if (u_stretch < 1.5) return asinhOf(t / u_softening) / asinhOf(1.0 / u_softening);
  if (u_stretch < 2.5) return sqrt(t);
  return log(1000.0 * t + 1.0) / log(1001.0);
}

void main() {
  discardOutside();
  vec4 bytes = bytesAt(vec2(0.0));
  float code = 256.0 * bytes.r + bytes.a;
  if (code < 0.5) { paint(vec3(0.255, 0.314, 0.420), 1.0); return; }
  float u = clamp((code - 32768.0) / 256.0, -80.0, 80.0);
  float value = u_zero + u_codeSoftening * (exp(u) - exp(-u)) / 2.0;
  float t = clamp((value - u_low) / (u_high - u_low), 0.0, 1.0);
  paint(vec3(stretched(t)), 1.0);
}
`;

// A label is four bytes, the lowest first: (the lower three, the highest).
const LABEL = `
vec2 labelAt(vec2 offset) {
  vec4 bytes = bytesAt(offset);
  return vec2(bytes.r + 256.0 * bytes.g + 65536.0 * bytes.b, bytes.a);
}

bool edge(vec2 label, float width) {
  for (int i = -1; i < 2; i++) {
    for (int j = -1; j < 2; j++) {
      if (labelAt(width * vec2(float(i), float(j))) != label) return true;
    }
  }
  return false;
}

// The part after the point of label * factor; the other two are that of factor times the
// size of the steps that a label is taken apart into, so that each product is small.
float spread(vec2 label, float factor, float by4096, float by16777216) {
  float upper = floor(label.x / 4096.0);
  float lower = label.x - 4096.0 * upper;
  return fract(fract(lower * factor) + fract(upper * by4096) + fract(label.y * by16777216));
}

// The same colours as skyseg.display.label_colours.
vec3 labelColour(vec2 label) {
  float hue = spread(label, 0.7548776662, 0.9789209465, 0.6601966731);
  float light = spread(label, 0.5698402910, 0.0658319280, 0.6475771945);
  float lightness = mix(0.52, 0.92, light);
  float chroma = mix(0.20, 0.08, light);
  float a = chroma * cos(6.2831853 * hue);
  float b = chroma * sin(6.2831853 * hue);
  vec3 cones = vec3(
    lightness + 0.3963377774 * a + 0.2158037573 * b,
    lightness - 0.1055613458 * a - 0.0638541728 * b,
    lightness - 0.0894841775 * a - 1.2914855480 * b
  );
  cones = cones * cones * cones;
  vec3 linear = clamp(vec3(
    dot(cones, vec3(4.0767416621, -3.3077115913, 0.2309699292)),
    dot(cones, vec3(-1.2684380046, 2.6097574011, -0.3413193965)),
    dot(cones, vec3(-0.0041960863, -0.7034186147, 1.7076147010))
  ), 0.0, 1.0);
  vec3 curved = 1.055 * pow(linear, vec3(1.0 / 2.4)) - 0.055;
  return mix(12.92 * linear, curved, step(vec3(0.0031308), linear));
}
`;

export const LABELS = `${HEAD}${LABEL}
uniform float u_opacity;
uniform float u_filled;
uniform float u_contour;
uniform vec2 u_selected;

void main() {
  discardOutside();
  vec2 label = labelAt(vec2(0.0));
  if (label == vec2(0.0)) discard;
  float texels = ${Uniforms.RESOLUTION} / ${Uniforms.TEXTURE_RESOLUTION};
  if (label == u_selected && edge(label, min(2.5 * texels, 2.0))) { paint(vec3(1.0), 1.0); return; }
  bool outlined = u_contour > 0.5 && edge(label, min(1.4 * texels, 2.0));
  if (!outlined && u_filled < 0.5) discard;
  paint(labelColour(label), u_opacity);
}
`;

// Outlines alone, in one colour that no stored label has to itself.
export const PREVIEW = `${HEAD}${LABEL}
void main() {
  discardOutside();
  vec2 label = labelAt(vec2(0.0));
  float texels = ${Uniforms.RESOLUTION} / ${Uniforms.TEXTURE_RESOLUTION};
  if (label == vec2(0.0) || !edge(label, min(1.8 * texels, 2.0))) discard;
  paint(vec3(1.0, 0.69, 0.0), 1.0);
}
`;

export const CLASSES = `${HEAD}
uniform float u_opacity;
uniform vec3 u_colour1;
uniform vec3 u_colour2;
uniform vec3 u_colour3;
uniform vec3 u_colour4;

void main() {
  discardOutside();
  float value = bytesAt(vec2(0.0)).r;
  if (value < 0.5) discard;
  vec3 colour = u_colour4;
  if (value < 1.5) colour = u_colour1;
  else if (value < 2.5) colour = u_colour2;
  else if (value < 3.5) colour = u_colour3;
  paint(colour, u_opacity);
}
`;
