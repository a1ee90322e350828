// What lies over the canvas: readout, scale bar, compass, legend.

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
    this.frame = element("div", "skyseg-frame", parent);
    this.readout = element("div", "skyseg-readout", parent);
    this.scale = element("div", "skyseg-scale", parent);
    this.bar = element("div", "skyseg-scale-bar", this.scale);
    this.length = element("div", "skyseg-scale-text", this.scale);
    this.compass = element("div", "skyseg-compass", parent);
    this.legend = element("div", "skyseg-legend", parent);
    this.title = element("div", "skyseg-title", parent);
    this.onChange = () => this.update();
    model.on("change:_sky change:_legend change:difference_shown change:_title", this.onChange);
    this.update();
  }

  update() {
    this.title.textContent = this.model.get("_title");
    this.drawCompass();
    this.drawLegend();
    if (this.resolution) this.drawScale(this.resolution);
  }

  drawScale(resolution) {
    this.resolution = resolution;
    const side = this.model.get("_sky").pix_scale;
    const most = 140 * resolution;
    const length = side ? barLength(most * side) : round(most);
    this.bar.style.width = `${length / (side || 1) / resolution}px`;
    this.length.textContent = side ? angle(length) : `${length} pix`;
  }

  drawCompass() {
    const { north, east } = this.model.get("_sky");
    this.compass.hidden = north === undefined;
    if (this.compass.hidden) return;
    const arrows = Object.entries({ N: north, E: east }).map(([name, [dx, dy]]) => {
      const at = (length) => `${32 + length * dx} ${32 - length * dy}`;
      const [x, y] = at(26).split(" ");
      return (
        `<path d="M 32 32 L ${at(18)}" marker-end="url(#skyseg-arrow)"/>` +
        `<text x="${x}" y="${y}" dy="0.35em">${name}</text>`
      );
    });
    const degrees = Math.round((Math.atan2(-north[0], north[1]) * 180) / Math.PI);
    this.compass.innerHTML =
      `<svg viewBox="0 0 64 64" role="img" aria-label="${COMPASS_TEXT.N} is ${degrees} degrees ` +
      `counterclockwise from up"><defs><marker id="skyseg-arrow" viewBox="0 0 6 6" refX="3" ` +
      `refY="3" orient="auto"><path d="M 0 0 L 6 3 L 0 6 Z"/></marker></defs>` +
      `${arrows.join("")}</svg>`;
  }

  drawLegend() {
    this.legend.hidden = !this.model.get("difference_shown");
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
    const [[left, top], [right, bottom]] = corners;
    Object.assign(this.frame.style, {
      left: `${left - 3}px`,
      top: `${top - 3}px`,
      width: `${right - left + 6}px`,
      height: `${bottom - top + 6}px`,
    });
  }

  showReadout(text) {
    this.readout.textContent = text;
  }

  close() {
    this.model.off(null, this.onChange);
  }
}
