// The map: moving about, picking, and the part of the image that is in view.

import OlMap from "ol/Map.js";
import View from "ol/View.js";
import { focusWithTabindex } from "ol/events/condition.js";
import { defaults as defaultInteractions } from "ol/interaction/defaults.js";
import MouseWheelZoom from "ol/interaction/MouseWheelZoom.js";

import { Layers } from "./layers.js";
import { follow } from "./linking.js";
import { pixelProjection } from "./tiles.js";

const PAN = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const FINEST = 1 / 64; // pixels of the image per pixel of the screen
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
      showFullExtent: true,
    });
    this.map = new OlMap({
      target,
      view: this.view,
      controls: [],
      interactions: defaultInteractions({ mouseWheelZoom: false, keyboard: false }).extend([
        new MouseWheelZoom({ condition: focusWithTabindex }),
      ]),
    });
    this.layers = new Layers(this.map, model, kernel, this.projection);
    this.listen(target);
    this.unlink = follow(this);
  }

  listen(target) {
    this.onExtent = () => this.goTo(this.model.get("_extent"));
    this.onFrame = () => this.drawFrame();
    this.model.on("change:_extent", this.onExtent);
    this.model.on("change:_frame", this.onFrame);
    this.map.on("postrender", () => this.drawFrame());
    this.map.on("moveend", () => this.report());
    this.map.on("loadstart", () => target.setAttribute("aria-busy", "true"));
    this.map.on("loadend", () => target.setAttribute("aria-busy", "false"));
    this.map.on("singleclick", (event) => this.pick(event.coordinate));
    this.map.on("pointermove", (event) => event.dragging || this.hover(event.coordinate));
    this.view.on("change:resolution", () => this.overlays.drawScale(this.view.getResolution()));
    target.addEventListener("pointerleave", () => this.overlays.showReadout(""));
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
      this.view.fit(extent, { size: this.map.getSize() });
    }
    this.settle();
    this.report();
  }

  visible() {
    return this.view.calculateExtent(this.map.getSize());
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
    const [left, bottom, right, top] = this.model.get("_frame");
    const corners = [[left, top], [right, bottom]].map((at) => this.map.getPixelFromCoordinate(at));
    this.overlays.showFrame(left === undefined || corners.includes(null) ? null : corners);
  }

  pick([x, y]) {
    this.kernel.tell("pick", { x, y });
  }

  // One question at a time: the last place asked for is asked when the answer is there.
  async hover(coordinate) {
    this.wanted = coordinate;
    if (this.asking) return;
    this.asking = true;
    try {
      while (this.wanted) {
        const [x, y] = this.wanted;
        this.wanted = null;
        const { content } = await this.kernel.ask("readout", { x, y });
        this.overlays.showReadout(content.text);
      }
    } catch {
      this.overlays.showReadout("");
    } finally {
      this.asking = false;
    }
  }

  fit() {
    this.view.fit(this.whole, { size: this.map.getSize(), duration: 150 });
  }

  zoom(steps) {
    this.view.animate({ zoom: this.view.getZoom() + steps, duration: 150 });
  }

  pan(key) {
    const step = STEP * this.view.getResolution();
    const [x, y] = this.view.getCenter();
    const [dx, dy] = PAN[key];
    this.view.animate({ center: [x + dx * step, y + dy * step], duration: 80 });
  }

  close() {
    this.unlink();
    this.sizing.disconnect();
    this.model.off("change:_extent", this.onExtent);
    this.model.off("change:_frame", this.onFrame);
    this.layers.close();
    this.map.setTarget(null);
    this.map.dispose();
  }
}
