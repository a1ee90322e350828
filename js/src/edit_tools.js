// The tools that edit a SEG map: points that are clicked, outlines and strokes that are dragged.

import PointerInteraction from "ol/interaction/Pointer.js";

const CLICKED = ["seeds", "line", "outline"];
const DRAGGED = ["outline", "brush"];
const NEAR = 2; // pixels of the screen between two points of what is dragged

export class EditTools {
  constructor(model, kernel, map) {
    this.model = model;
    this.kernel = kernel;
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
    return true;
  }

  drag({ coordinate, pixel }) {
    if (Math.hypot(pixel[0] - this.last[0], pixel[1] - this.last[1]) < NEAR) return;
    this.path.push(coordinate);
    this.last = pixel;
  }

  // A click with the brush paints a dot; a click with the outline is a corner, see above.
  end() {
    if (this.path.length > 1 || this.tool === "brush") {
      this.kernel.tell("path", { points: this.path });
    }
    this.path = null;
    return false;
  }
}
