// What is drawn over the image: shapes, marks of tables, a frame where one went; and the tools
// that draw a rectangle, an ellipse in one, and a polygon.

import DragBox from "ol/interaction/DragBox.js";

const FAR = 1000; // pixels of the image, over which the place on the screen is measured
const SIZES = { ring: 6.5, square: 15, dot: 2 }; // pixels of the screen, half of each
const TURN = 2 * Math.PI;
const STROKE = "#ffd60a99";
const DRAGGED = ["rectangle", "ellipse"];
const SAME = 2; // pixels of the screen between two corners that are one
const UNFINISHED = "#ffffff";

function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

export class Drawn {
  constructor(target, model, kernel, map) {
    this.model = model;
    this.map = map;
    this.strokeOf = () => []; // what is painted while the mouse is down
    this.paper = document.createElement("canvas");
    this.paper.className = "skyseg-drawn";
    this.paper.setAttribute("aria-hidden", "true");
    target.after(this.paper);
    this.onDrawn = () => {
      this.items = model.get("_drawn").map((item) => ({ ...item, at: floats(item.at) }));
      map.render();
    };
    this.corners = [];
    this.onTool = () => {
      this.corners = [];
      target.classList.toggle("skyseg-drawing", model.get("_tool") !== "");
      map.render();
    };
    model.on("change:_drawn", this.onDrawn);
    model.on("change:_tool", this.onTool);
    map.on("postrender", () => this.draw());
    map.addInteraction(this.makeTool(kernel));
    map.on("click", (event) => this.addCorner(event.coordinate));
    map.on("dblclick", () => this.finishPolygon(kernel));
    this.onTool();
    this.onDrawn();
  }

  makeTool(kernel) {
    const box = new DragBox({
      className: "skyseg-dragbox",
      condition: () => DRAGGED.includes(this.model.get("_tool")),
    });
    box.on("boxend", () => {
      const corners = box.getGeometry().getCoordinates()[0].slice(0, 4);
      kernel.tell(this.model.get("_tool"), { corners });
    });
    return box;
  }

  get drawsPolygon() {
    return this.model.get("_tool") === "polygon";
  }

  addCorner(at) {
    if (!this.drawsPolygon) return;
    const near = SAME * this.map.getView().getResolution();
    const last = this.corners.at(-1);
    if (last && Math.hypot(at[0] - last[0], at[1] - last[1]) < near) return;
    this.corners.push(at);
    this.map.render();
  }

  // A double click ends the polygon, and does not zoom.
  finishPolygon(kernel) {
    if (!this.drawsPolygon) return true;
    if (this.corners.length > 2) kernel.tell("polygon", { corners: this.corners });
    this.corners = [];
    this.map.render();
    return false;
  }

  // Where the image is on the screen: x = a * column + c * row + e, and so for y.
  place() {
    const [origin, right, up] = [[0, 0], [FAR, 0], [0, FAR]].map((at) =>
      this.map.getPixelFromCoordinate(at),
    );
    if (!origin || !right || !up) return null;
    const [e, f] = origin;
    const step = (to) => [(to[0] - e) / FAR, (to[1] - f) / FAR];
    return [...step(right), ...step(up), e, f];
  }

  draw() {
    const size = this.map.getSize();
    const scale = window.devicePixelRatio || 1;
    const place = this.place();
    if (!size || !place) return;
    const [width, height] = size.map((side) => Math.round(side * scale));
    if (this.paper.width !== width || this.paper.height !== height) {
      Object.assign(this.paper, { width, height });
    }
    const pen = this.paper.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, ...size);
    pen.lineWidth = 1.5;
    for (const item of this.items) this.drawItem(pen, item, place, size);
    this.drawStroke(pen, place, size);
    if (this.corners.length) {
      const at = this.corners.flat();
      const line = { kind: "line", colour: UNFINISHED, at, parts: [this.corners.length] };
      this.drawItem(pen, line, place, size);
    }
  }

  // As wide as the brush, which on the screen is at least as wide as a line.
  drawStroke(pen, place, size) {
    const stroke = this.strokeOf();
    if (!stroke.length) return;
    const width = this.model.get("_brush") / this.map.getView().getResolution();
    pen.save();
    Object.assign(pen, { lineCap: "round", lineJoin: "round" });
    pen.lineWidth = Math.max(width, pen.lineWidth);
    const item = { kind: "line", colour: STROKE, at: stroke.flat(), parts: [stroke.length] };
    this.drawItem(pen, item, place, size);
    pen.restore();
  }

  drawItem(pen, { kind, colour, at, parts }, [a, b, c, d, e, f], [width, height]) {
    const to = (i) => [a * at[i] + c * at[i + 1] + e, b * at[i] + d * at[i + 1] + f];
    pen.beginPath();
    if (kind === "path" || kind === "line") {
      let i = 0;
      for (const count of parts) {
        pen.moveTo(...to(i));
        for (const end = i + 2 * count; i < end; i += 2) pen.lineTo(...to(i));
        if (kind === "path") pen.closePath();
      }
    } else {
      const half = SIZES[kind];
      for (let i = 0; i < at.length; i += 2) {
        const [x, y] = to(i);
        if (x < -half || y < -half || x > width + half || y > height + half) continue;
        if (kind === "square") pen.rect(x - half, y - half, 2 * half, 2 * half);
        else {
          pen.moveTo(x + half, y);
          pen.arc(x, y, half, 0, TURN);
        }
      }
    }
    pen.strokeStyle = colour;
    pen.fillStyle = colour;
    if (kind === "dot") pen.fill();
    else pen.stroke();
  }

  close() {
    this.model.off("change:_drawn", this.onDrawn);
    this.model.off("change:_tool", this.onTool);
    this.paper.remove();
  }
}
