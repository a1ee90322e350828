// The tools that edit a SEG map: points that are clicked, ellipses and strokes that are dragged;
// and the brushes that paint on a mask.

import PointerInteraction from "ol/interaction/Pointer.js";

const CLICKED = ["seeds", "line", "outline"];
const BRUSHES = ["brush", "paint", "erase"];
const DRAGGED = ["outline", ...BRUSHES];
const NEAR = 2; // pixels of the screen between two points of what is dragged
const PAUSE = 80; // ms between two ellipses that are told

export class EditTools {
  constructor(model, kernel, map) {
    this.model = model;
    this.kernel = kernel;
    this.map = map;
    this.path = null;
    map.on("click", (event) => this.click(event));
    map.on("dblclick", () => !this.inHand); // which zooms where no tool is in hand
    map.addInteraction(
      new PointerInteraction({
        handleDownEvent: (event) => this.begin(event),
        handleDragEvent: (event) => this.drag(event),
        handleUpEvent: () => this.end(),
      }),
    );
  }

  // What a brush has run over, to be drawn until it is told.
  get stroke() {
    return this.isBrush && this.path ? this.path : [];
  }

  get isBrush() {
    return BRUSHES.includes(this.tool);
  }

  get inHand() {
    return CLICKED.includes(this.tool) || DRAGGED.includes(this.tool);
  }

  get tool() {
    return this.model.get("_tool");
  }

  // The second click of two is none: it would add the same point again.
  click({ coordinate, originalEvent }) {
    if (CLICKED.includes(this.tool) && originalEvent.detail < 2) {
      this.kernel.tell("point", { at: coordinate });
    }
  }

  begin({ coordinate, pixel, originalEvent }) {
    if (!DRAGGED.includes(this.tool) || originalEvent.button !== 0) return false;
    this.path = [coordinate];
    this.last = pixel;
    this.told = 0;
    return true;
  }

  drag({ coordinate, pixel }) {
    if (Math.hypot(pixel[0] - this.last[0], pixel[1] - this.last[1]) < NEAR) return;
    this.path.push(coordinate);
    this.last = pixel;
    this.map.render();
    if (this.tool !== "outline" || performance.now() - this.told < PAUSE) return;
    this.told = performance.now();
    this.tell();
  }

  // An ellipse is told by the corners of its box, and seen when the kernel has drawn it.
  tell() {
    const points = this.isBrush ? this.path : [this.path[0], this.path.at(-1)];
    this.kernel.tell("path", { points });
  }

  // A click with a brush paints a dot; a click with the outline is a corner, see above.
  end() {
    if (this.path.length > 1 || this.isBrush) this.tell();
    this.path = null;
    this.map.render();
    return false;
  }
}
