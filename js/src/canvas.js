// The map: moving about, picking, and the part of the image that is in view.

import OlMap from "ol/Map.js";
import View from "ol/View.js";
import { rotate } from "ol/coordinate.js";
import { focusWithTabindex } from "ol/events/condition.js";
import { defaults as defaultInteractions } from "ol/interaction/defaults.js";
import MouseWheelZoom from "ol/interaction/MouseWheelZoom.js";

import { Drawn } from "./drawn.js";
import { EditTools } from "./edit_tools.js";
import { Layers } from "./layers.js";
import { follow } from "./linking.js";
import { pixelProjection } from "./tiles.js";
import { canvasesOf, join } from "./views.js";

const PAN = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const FINEST = 1 / 64; // pixels of the image per pixel of the screen
const TILES_AT_ONCE = 32; // image and labels of a whole view, which are then asked for together
const STEP = 80; // pixels of the screen that an arrow key pans

export class Canvas {
  constructor(target, model, kernel, overlays) {
    this.model = model;
    this.kernel = kernel;
    this.overlays = overlays;
    const [ny, nx] = model.get("_grid").shape;
    this.whole = [0, 0, nx, ny];
    this.projection = pixelProjection(this.whole);
    this.view = new View({
      projection: this.projection,
      center: [nx / 2, ny / 2],
      resolution: Math.max(nx, ny) / 500,
      minResolution: FINEST,
      maxResolution: Math.max(nx, ny) / 50,
      constrainResolution: false,
      constrainRotation: false,
      showFullExtent: true,
    });
    this.map = new OlMap({
      target,
      view: this.view,
      controls: [],
      maxTilesLoading: TILES_AT_ONCE,
      interactions: defaultInteractions({
        mouseWheelZoom: false,
        keyboard: false,
        altShiftDragRotate: false,
        pinchRotate: false,
      }).extend([new MouseWheelZoom({ condition: focusWithTabindex })]),
    });
    this.layers = new Layers(this.map, model, kernel, this.projection, overlays);
    this.drawn = new Drawn(target, model, kernel, this.map);
    this.tools = new EditTools(model, kernel, this.map);
    this.drawn.strokeOf = () => this.tools.stroke;
    this.listen(target);
    follow(this);
    this.leave = join(model.get("_viewer"), this);
  }

  listen(target) {
    this.onExtent = () => this.goTo(this.model.get("_extent"));
    this.onFrame = () => this.drawFrame();
    this.onNorth = () => this.turn();
    this.onReadout = () => this.place && this.hover(this.place);
    this.model.on("change:_extent", this.onExtent);
    this.model.on("change:_frame", this.onFrame);
    this.model.on("change:north_up change:_sky", this.onNorth);
    this.model.on("change:_layers change:_title change:selected", this.onReadout);
    this.turn();
    this.map.on("postrender", () => this.drawFrame());
    this.map.on("moveend", () => {
      this.report();
      this.onReadout();
    });
    this.map.on("loadstart", () => target.setAttribute("aria-busy", "true"));
    this.map.on("loadend", () => target.setAttribute("aria-busy", "false"));
    this.map.on("singleclick", ({ coordinate, originalEvent: { ctrlKey, metaKey, shiftKey } }) => {
      if (this.tools.inHand || this.drawn.drawsPolygon) return;
      this.pick(coordinate, ctrlKey || metaKey || shiftKey);
    });
    this.map.on("pointermove", (event) => {
      this.place = event.pixel;
      if (!event.dragging) this.hover(event.pixel);
    });
    this.view.on("change:resolution", () => this.overlays.drawScale(this.view.getResolution()));
    target.addEventListener("pointerleave", () => this.leavePointer());
    this.sizing = new ResizeObserver(() => this.resize());
    this.sizing.observe(target);
  }

  // The first size is known when the page has laid the canvas out. What is looked at stays in
  // view when the canvas becomes wider or narrower.
  resize() {
    this.map.updateSize();
    const size = this.map.getSize();
    if (!size || size[0] === 0 || size[1] === 0) return;
    this.placed = true;
    const extent = this.model.get("_extent");
    this.goTo(extent.length ? extent : this.whole);
    this.overlays.drawScale(this.view.getResolution());
  }

  goTo(extent) {
    if (!this.placed || extent.length === 0) return;
    if (!this.isAt(extent)) {
      this.view.cancelAnimations();
      this.fitTo(extent);
    }
    this.settle();
    this.report();
  }

  fitTo([left, lower, right, upper], duration = 0) {
    const [width, height] = this.map.getSize();
    const centre = [(left + right) / 2, (lower + upper) / 2];
    const resolution = Math.max((right - left) / width, (upper - lower) / height);
    if (duration) this.view.animate({ center: centre, resolution, duration });
    else {
      this.view.setCenter(centre);
      this.view.setResolution(resolution);
    }
  }

  // What is in view, as if the image were not turned: so it says the same, turned or not.
  visible() {
    const [x, y] = this.view.getCenter();
    const [width, height] = this.map.getSize().map((side) => (side * this.view.getResolution()) / 2);
    return [x - width, y - height, x + width, y + height];
  }

  // An image whose north is up lies as all others do whose north is.
  turn() {
    const { north } = this.model.get("_sky");
    const turned = this.model.get("north_up") && north !== undefined;
    this.view.setRotation(turned ? -Math.atan2(north[0], north[1]) : 0);
    this.overlays.drawCompass(this.view.getRotation());
  }

  isAt(extent) {
    const near = this.view.getResolution() / 2;
    return this.visible().every((edge, i) => Math.abs(edge - extent[i]) < near);
  }

  // Where the view is now, nobody went by hand.
  settle() {
    this.settled = this.visible();
  }

  // What is in view is always told; that a person went there, only when it was a person.
  report() {
    if (!this.placed) return;
    const extent = this.visible();
    this.model.set("_visible", extent);
    if (!this.isAt(this.settled)) {
      this.settle();
      this.model.set("_extent", extent);
    }
    this.model.save_changes();
  }

  drawFrame() {
    const [left, lower, right, upper] = this.model.get("_frame");
    const corners = [
      [left, lower],
      [right, lower],
      [right, upper],
      [left, upper],
    ].map((at) => this.map.getPixelFromCoordinate(at));
    this.overlays.showFrame(left === undefined || corners.includes(null) ? null : corners);
  }

  pick([x, y], add) {
    this.kernel.tell("pick", { x, y, add });
  }

  // One question at a time: the last place asked for is asked when the answer is there. The
  // answer has a text for every canvas of the viewer.
  async hover(pixel) {
    this.wanted = pixel;
    if (this.asking) return;
    this.asking = true;
    try {
      while (this.wanted) {
        const at = this.map.getCoordinateFromPixel(this.wanted);
        this.wanted = null;
        if (at === null) break;
        const { content } = await this.kernel.ask("readout", { x: at[0], y: at[1] });
        if (this.place) this.showReadouts(content.texts);
      }
    } catch {
      this.showReadouts([]);
    } finally {
      this.asking = false;
    }
  }

  showReadouts(texts) {
    for (const canvas of canvasesOf(this.model.get("_viewer"))) {
      canvas.overlays.showReadout(texts[canvas.model.get("_place")] ?? "");
    }
  }

  leavePointer() {
    this.place = null;
    this.wanted = null;
    this.showReadouts([]);
  }

  fit() {
    this.fitTo(this.whole, 150);
  }

  zoom(steps) {
    this.view.animate({ zoom: this.view.getZoom() + steps, duration: 150 });
  }

  pan(key) {
    const step = STEP * this.view.getResolution();
    const [x, y] = this.view.getCenter();
    const [dx, dy] = rotate([...PAN[key]], this.view.getRotation());
    this.view.animate({ center: [x + dx * step, y + dy * step], duration: 80 });
  }

  close() {
    this.leave();
    this.sizing.disconnect();
    this.model.off("change:_extent", this.onExtent);
    this.model.off("change:_frame", this.onFrame);
    this.model.off(null, this.onNorth);
    this.model.off(null, this.onReadout);
    this.drawn.close();
    this.layers.close();
    this.map.setTarget(null);
    this.map.dispose();
  }
}
