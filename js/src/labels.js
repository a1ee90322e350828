// What the labels of a tile look like, worked out once, so that shaders need only look it up.

// The parts of a label that give its hue and lightness: 1 / p and 1 / p^2, p the plastic number.
const HUE = 0.7548776662466927;
const LIGHT = 0.5698402909980532;

function byte(linear) {
  const kept = Math.min(Math.max(linear, 0), 1);
  return Math.round(255 * (kept <= 0.0031308 ? 12.92 * kept : 1.055 * kept ** (1 / 2.4) - 0.055));
}

// The same colours as skyseg.display.label_colours.
export function colourOf(label) {
  const hue = 2 * Math.PI * ((label * HUE) % 1);
  const light = (label * LIGHT) % 1;
  const lightness = 0.52 + 0.4 * light;
  const chroma = 0.2 - 0.12 * light;
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    byte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function packed([red, green, blue]) {
  return red | (green << 8) | (blue << 16);
}

// Labels of 32 bits from byte planes that follow each other, the lowest first.
function joined(planes) {
  const size = planes.length / 4;
  const labels = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    labels[i] =
      planes[i] |
      (planes[size + i] << 8) |
      (planes[2 * size + i] << 16) |
      (planes[3 * size + i] << 24);
  }
  return labels;
}

// Where the label of a pixel ends: bits 0 to 3 after this pixel, to the left, right, top and
// bottom; bits 4 to 7 after the next one. The outermost pixels of a tile are not seen.
function endsAt(labels, i, width) {
  const label = labels[i];
  let ends = 0;
  if (labels[i - 1] !== label) ends |= 1;
  else if (labels[i - 2] !== label) ends |= 16;
  if (labels[i + 1] !== label) ends |= 2;
  else if (labels[i + 2] !== label) ends |= 32;
  if (labels[i - width] !== label) ends |= 4;
  else if (labels[i - 2 * width] !== label) ends |= 64;
  if (labels[i + width] !== label) ends |= 8;
  else if (labels[i + 2 * width] !== label) ends |= 128;
  return ends;
}

// Four bytes a pixel, twice: the codes of all labels, then colours and where they end.
export function decodeLabels(planes, width, flags) {
  const labels = joined(planes);
  const size = labels.length;
  const pixels = new Uint32Array(2 * size);
  const looks = new Map();
  let last = 0;
  let look;
  for (let i = 0; i < size; i++) {
    const label = labels[i];
    if (label === 0) continue;
    if (label !== last) {
      last = label;
      look = looks.get(label) ?? { code: flags.codeOf(label), colour: packed(colourOf(label)) };
      looks.set(label, look);
    }
    pixels[i] = look.code;
    pixels[size + i] = look.colour | (endsAt(labels, i, width) << 24);
  }
  flags.settle();
  return new Uint8Array(pixels.buffer);
}

// One byte a pixel: where its label ends.
export function decodeOutlines(planes, width) {
  const labels = joined(planes);
  return Uint8Array.from(labels, (label, i) => (label === 0 ? 0 : endsAt(labels, i, width)));
}

// Two bytes a pixel: its class, and where that ends.
export function decodeClasses(classes, width) {
  const pixels = new Uint8Array(2 * classes.length);
  classes.forEach((value, i) => {
    if (value === 0) return;
    pixels[2 * i] = value;
    pixels[2 * i + 1] = endsAt(classes, i, width);
  });
  return pixels;
}
