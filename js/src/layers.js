// The layers of a canvas: image, labels and difference classes, each with its shader.

import WebGLTileLayer from "ol/layer/WebGLTile.js";
import WebGLTileLayerRenderer from "ol/renderer/webgl/TileLayer.js";

import PaletteTexture from "ol/webgl/PaletteTexture.js";

import { LabelFlags } from "./flags.js";
import { decodeClasses, decodeLabels, decodeOutlines } from "./labels.js";
import { CLASSES, IMAGE, LABELS, MASK, PREVIEW, RGB } from "./shaders.js";
import { OF_PAIRS, PairTexture } from "./textures.js";
import { interleaveFours, interleavePairs, tileSource } from "./tiles.js";

const STRETCHES = ["linear", "asinh", "sqrt", "log"];

// Draws straight to the canvas. The renderer would draw each layer into a texture and then
// that into the canvas, which without a GPU takes as long as all the rest.
class DirectRenderer extends WebGLTileLayerRenderer {
  afterHelperCreated() {
    super.afterHelperCreated();
    this.helper.postProcessPasses_ = [];
  }

  createTileRepresentation(options) {
    const pairs = this.getLayer().getSource().bandCount === OF_PAIRS;
    return pairs ? new PairTexture(options) : super.createTileRepresentation(options);
  }

  beforeTilesRender(frameState, tilesWithAlpha) {
    const gl = this.helper.getGL();
    const below = frameState.layerIndex > 0;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.colorMask(!below, !below, !below, !below);
    super.beforeTilesRender(frameState, tilesWithAlpha);
    gl.colorMask(true, true, true, true);
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }
}

class ShaderLayer extends WebGLTileLayer {
  constructor(options) {
    super({ cacheSize: 512, ...options });
    this.shader = options.shader;
    this.values = options.values;
    this.palette = options.palette;
  }

  // The renderer takes its shaders from here; ours replace those made of style expressions.
  parseStyleForRender_(projection) {
    return {
      ...super.parseStyleForRender_(projection),
      fragmentShader: this.shader,
      uniforms: this.values,
      paletteTextures: this.palette ? [this.palette] : [],
    };
  }

  createRenderer() {
    return new DirectRenderer(this, { ...this.parseStyleForRender_(), cacheSize: this.getCacheSize() });
  }
}

function channels(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
}

function bytesIn(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function imageValues(model) {
  return {
    u_zero: () => model.get("_grid").zero,
    u_codeSoftening: () => model.get("_grid").softening,
    u_low: () => model.get("limits")[0],
    u_high: () => model.get("limits")[1],
    u_softening: () => model.get("softening"),
    u_stretch: () => STRETCHES.indexOf(model.get("stretch")),
    u_colormap: () => Math.max(model.get("_palette_names").indexOf(model.get("colormap")), 0),
    u_colormaps: () => model.get("_palette_names").length,
  };
}

// The other image that takes turns with this one.
function secondValues(model) {
  const second = (name) => () => model.get("_second")[name] ?? 0;
  return {
    ...imageValues(model),
    u_zero: second("zero"),
    u_codeSoftening: second("softening"),
    u_low: second("low"),
    u_high: second("high"),
  };
}

function differenceShown(model) {
  return model.get("difference_shown") && !model.get("blink");
}

function labelValues(model, flags) {
  return {
    // the colours of labels are not mixed with those of the difference
    u_opacity: () => (differenceShown(model) ? 0 : model.get("opacity")),
    u_byMap: () => Number(model.get("colour_by") === "map"),
    u_mapColour: () => channels(model.get("_map_colour")),
    u_filled: () => Number(model.get("label_style") === "filled"),
    u_anySelected: () => Number(model.get("selected") > 0),
    u_selected: () => {
      const code = flags.codeOf(model.get("selected"));
      return [0, 8, 16, 24].map((shift) => (code >>> shift) & 255);
    },
  };
}

// The numbers of the sides are those of side a: what is selected is one of them only where that
// is what is shown.
function sideValues(model, flags) {
  const values = labelValues(model, flags);
  const same = () => model.get("_layers").side_a === model.get("_layers").labels;
  return { ...values, u_anySelected: () => Number(same() && values.u_anySelected()) };
}

function classValues(model) {
  const colour = (value) => () =>
    channels(model.get("_legend").find((entry) => entry.value === value)?.colour ?? "#000000");
  return {
    u_opacity: () => model.get("opacity"),
    u_colour1: colour(1),
    u_colour2: colour(2),
    u_colour3: colour(3),
    u_colour4: colour(4),
  };
}

function colourPalette(model) {
  return new PaletteTexture("u_palette", bytesIn(model.get("_palette")));
}

function flagsOf(model) {
  return new LabelFlags(model);
}

// What is known is of the numbers of the labels, not of those of the sides.
function noFlags() {
  return new LabelFlags();
}

function withPalette(values, palette) {
  return { palette, values: { ...values, ...palette?.values?.() } };
}

// From the lowest to the highest.
const KINDS = {
  image: { shader: IMAGE, values: imageValues, palette: colourPalette, bands: 2, decode: interleavePairs },
  second: { shader: IMAGE, values: secondValues, palette: colourPalette, bands: 2, decode: interleavePairs },
  rgb: { shader: RGB, values: () => ({}), bands: 4, decode: interleaveFours },
  mask: { shader: MASK, values: () => ({}), bands: 4, decode: interleaveFours },
  difference: { shader: CLASSES, values: classValues, bands: 2, decode: decodeClasses },
  labels: { shader: LABELS, values: labelValues, palette: flagsOf, bands: OF_PAIRS, decode: decodeLabels },
  side_a: { shader: LABELS, values: sideValues, palette: noFlags, bands: OF_PAIRS, decode: decodeLabels },
  side_b: { shader: LABELS, values: sideValues, palette: noFlags, bands: OF_PAIRS, decode: decodeLabels },
  preview: { shader: PREVIEW, values: () => ({}), bands: 1, decode: decodeOutlines },
};

const LABELLED = Object.keys(KINDS).filter((name) => KINDS[name].palette === flagsOf);

export class Layers {
  constructor(map, model, kernel, projection, overlays) {
    this.map = map;
    this.overlays = overlays;
    this.model = model;
    this.kernel = kernel;
    this.projection = projection;
    this.byName = {};
    this.versions = {};
    this.secondOn = false; // whether blinking has come to side b
    this.onChange = () => this.update();
    this.onStyle = () => this.redraw();
    model.on("change:_layers change:difference_shown change:label_style", this.onChange);
    model.on(
      "change:limits change:softening change:stretch change:colormap change:opacity " +
        "change:selected change:_legend change:colour_by change:_map_colour",
      this.onStyle,
    );
    model.on("change:blink", this.onChange);
    this.onFlags = () => {
      for (const name of LABELLED) this.byName[name]?.palette.update();
      this.redraw();
    };
    model.on("change:_kept change:_kept_large change:_marked", this.onFlags);
    this.update();
  }

  update() {
    const wanted = { ...this.model.get("_layers") };
    if (wanted.side_a === wanted.labels) delete wanted.side_a;
    Object.keys(KINDS).forEach((name, order) => {
      if (this.versions[name] !== wanted[name]) this.replace(name, wanted[name], order);
    });
    this.keepBlinking();
    this.show();
  }

  // What is replaced stays until what takes its place is drawn, so that nothing flickers.
  replace(name, version, order) {
    const former = this.byName[name];
    const drop = () => {
      this.map.removeLayer(former);
      former.dispose();
    };
    delete this.byName[name];
    this.versions[name] = version;
    if (former !== undefined) {
      if (version === undefined) drop();
      else this.map.once("rendercomplete", drop);
    }
    if (version === undefined) return;
    const { shader, values, palette, decode, ...form } = KINDS[name];
    const grid = this.model.get("_grid");
    const made = palette?.(this.model);
    this.byName[name] = new ShaderLayer({
      shader,
      ...withPalette(values(this.model, made), made),
      extent: [0, 0, grid.shape[1], grid.shape[0]],
      source: tileSource(
        this.kernel,
        grid,
        { name, version, ...form, decode: (planes, width) => decode(planes, width, made) },
        this.projection,
      ),
      zIndex: order,
    });
    this.map.addLayer(this.byName[name]);
  }

  keepBlinking() {
    const { side_b: side, second } = this.byName;
    const blinking = this.model.get("blink") && (side ?? second) !== undefined;
    if (blinking && this.timer === undefined) {
      this.timer = setInterval(() => {
        this.secondOn = !this.secondOn;
        this.show();
      }, 700);
    } else if (!blinking) {
      clearInterval(this.timer);
      this.timer = undefined;
      this.secondOn = false;
    }
  }

  show() {
    const labels = this.model.get("label_style") !== "off";
    const blinking = this.timer !== undefined;
    const images = blinking && this.byName.second !== undefined;
    this.byName.second?.setVisible(images && this.secondOn);
    const sides = blinking && !images;
    const first = sides && this.byName.side_a !== undefined ? "side_a" : "labels";
    const shown = sides && this.secondOn ? "side_b" : first;
    for (const name of ["labels", "side_a", "side_b"]) {
      this.byName[name]?.setVisible(labels && name === shown);
    }
    this.byName.difference?.setVisible(differenceShown(this.model));
    this.overlays.showSide(blinking ? Number(this.secondOn) : -1);
    this.redraw();
  }

  redraw() {
    for (const layer of Object.values(this.byName)) layer.changed();
  }

  close() {
    clearInterval(this.timer);
    this.model.off(null, this.onChange);
    this.model.off(null, this.onStyle);
    this.model.off(null, this.onFlags);
  }
}
