// What lies over the canvas: title, legend and compass above, readout and scale bar below.

import { rotate } from "ol/coordinate.js";

function element(tag, className, parent) {
  const made = document.createElement(tag);
  made.className = className;
  parent.append(made);
  return made;
}

// The longest of 1, 2, 5, 10, 20 ... that is not over a length.
function round(length) {
  const power = 10 ** Math.floor(Math.log10(length));
  return [5, 2, 1].find((step) => step * power <= length) * power;
}

function angle(arcsec) {
  if (arcsec >= 3600) return `${arcsec / 3600}°`;
  if (arcsec >= 60) return `${arcsec / 60}′`;
  return `${Number(arcsec.toPrecision(3))}″`;
}

// Round in the unit that is shown, so that minutes and degrees are whole.
function barLength(arcsec) {
  const unit = arcsec >= 3600 ? 3600 : arcsec >= 60 ? 60 : 1;
  return round(arcsec / unit) * unit;
}

const COMPASS_TEXT = { N: "north", E: "east" };

export class Overlays {
  constructor(parent, model) {
    this.model = model;
    this.side = -1; // which of the two maps is shown while they blink; -1 is neither
    this.turned = 0;
    this.frame = element("div", "skyseg-frame", parent);
    this.frame.innerHTML = '<svg><polygon vector-effect="non-scaling-stroke"/></svg>';
    const top = element("div", "skyseg-edge skyseg-top", parent);
    const named = element("div", "skyseg-named-map", top);
    this.title = element("div", "skyseg-title", named);
    this.note = element("div", "skyseg-map-note", named);
    this.legend = element("div", "skyseg-legend", named);
    this.compass = element("div", "skyseg-compass", top);
    const bottom = element("div", "skyseg-edge skyseg-bottom", parent);
    this.readout = element("div", "skyseg-readout", bottom);
    this.scale = element("div", "skyseg-scale", bottom);
    this.bar = element("div", "skyseg-scale-bar", this.scale);
    this.length = element("div", "skyseg-scale-text", this.scale);
    this.parent = parent;
    this.onChange = () => this.update();
    model.on(
      "change:_sky change:_legend change:difference_shown change:_title change:_note change:_sides " +
        "change:_second",
      this.onChange,
    );
    this.update();
  }

  update() {
    this.drawTitle();
    this.drawCompass(this.turned);
    this.drawLegend();
    if (this.resolution) this.drawScale(this.resolution);
  }

  drawTitle() {
    const side = (this.model.get("_second").names ?? this.model.get("_sides"))[this.side];
    this.title.textContent = side === undefined ? this.model.get("_title") : `Blink: ${side}`;
    this.note.textContent = this.model.get("_note");
  }

  showSide(side) {
    if (side === this.side) return;
    this.side = side;
    this.drawTitle();
    this.drawLegend();
  }

  drawScale(resolution) {
    this.resolution = resolution;
    const side = this.model.get("_sky").pix_scale;
    const most = Math.min(140, this.parent.clientWidth / 4) * resolution;
    const length = side ? barLength(most * side) : round(most);
    this.bar.style.width = `${length / (side || 1) / resolution}px`;
    this.length.textContent = side ? angle(length) : `${length} pix`;
  }

  // North and east on a canvas that is turned by an angle, clockwise.
  drawCompass(turned) {
    this.turned = turned;
    const { north, east } = this.model.get("_sky");
    this.compass.hidden = north === undefined;
    if (this.compass.hidden) return;
    const arrows = Object.entries({ N: north, E: east }).map(([name, direction]) => {
      const [dx, dy] = rotate([...direction], -turned);
      const at = (length) => `${32 + length * dx} ${32 - length * dy}`;
      const [x, y] = at(26).split(" ");
      return (
        `<path d="M 32 32 L ${at(18)}" marker-end="url(#skyseg-arrow)"/>` +
        `<text x="${x}" y="${y}" dy="0.35em">${name}</text>`
      );
    });
    const up = Math.atan2(-north[0], north[1]) - turned;
    const degrees = Math.round((up * 180) / Math.PI);
    this.compass.innerHTML =
      `<svg viewBox="0 0 64 64" role="img" aria-label="${COMPASS_TEXT.N} is ${degrees} degrees ` +
      `counterclockwise from up"><defs><marker id="skyseg-arrow" viewBox="0 0 6 6" refX="3" ` +
      `refY="3" orient="auto"><path d="M 0 0 L 6 3 L 0 6 Z"/></marker></defs>` +
      `${arrows.join("")}</svg>`;
  }

  drawLegend() {
    this.legend.hidden = this.side >= 0 || !this.model.get("difference_shown");
    this.legend.replaceChildren();
    for (const { colour, text } of this.model.get("_legend")) {
      const row = element("div", "skyseg-legend-row", this.legend);
      element("span", "skyseg-legend-colour", row).style.background = colour;
      element("span", "", row).textContent = text;
    }
  }

  // A dashed box around what is pointed out, given as its corners on the screen.
  showFrame(corners) {
    this.frame.hidden = corners === null;
    if (this.frame.hidden) return;
    const points = corners.map(([x, y]) => `${x},${y}`).join(" ");
    this.frame.querySelector("polygon").setAttribute("points", points);
  }

  showReadout(text) {
    this.readout.replaceChildren();
    for (const part of text.split(/(  |\n)/)) {
      if (part.trim()) element("span", "", this.readout).textContent = part;
      else this.readout.append(part);
    }
  }

  close() {
    this.model.off(null, this.onChange);
  }
}
