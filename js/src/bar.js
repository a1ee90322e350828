// The bar over the canvases: one set of controls for all of them.

import { Form } from "./form.js";
import { keepKeys, rootOf, switchFullScreen, whenPlaced } from "./host.js";
import { canvasesOf } from "./views.js";

const OF_CANVASES = new Set(["label_style", "colour_by", "opacity", "north_up", "height"]);

const FULL_SCREEN =
  '<svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true"><path d="M1 5V1h4M9 1h4v4' +
  'M13 9v4H9M5 13H1V9" fill="none" stroke="currentColor" stroke-width="1.6"/></svg>';

class Bar {
  constructor(parent, model) {
    this.model = model;
    this.form = new Form(model, (trait, value) => this.set(trait, value));
    this.rows = ["Image", "Labels"].map((name) => {
      const row = document.createElement("div");
      row.className = "skyseg-controls";
      row.setAttribute("role", "toolbar");
      row.setAttribute("aria-label", name);
      parent.append(row);
      return row;
    });
    this.drawImageRow(this.rows[0]);
    this.drawLabelRow(this.rows[1]);
    this.drawRefusal(parent);
  }

  // The canvases are told at once, the kernel tells them again.
  set(trait, value) {
    this.model.set(trait, value);
    this.model.save_changes();
    if (!OF_CANVASES.has(trait)) return;
    for (const canvas of this.canvases()) canvas.model.set(trait, value);
  }

  canvases() {
    return canvasesOf(this.model.get("_viewer"));
  }

  drawImageRow(row) {
    const { form } = this;
    form.select(row, "Stretch", "stretch", "How values between Low and High are drawn");
    form.select(row, "Colours", "colormap", "Colours from Low to High");
    form.select(row, "Cuts", "cuts", "How Low and High are found in each image");
    form.limit(row, "Low", 0, "Value drawn with the first colour, in the active band");
    form.limit(row, "High", 1, "Value drawn with the last colour, in the active band");
    form.select(row, "RGB", "_rgb_text", "Three bands as red, green and blue, over the image");
    const zoom = form.group(row, "Zoom");
    const first = () => this.canvases()[0];
    form.button(zoom, "−", "Zoom out (−)", () => first()?.zoom(-1));
    form.button(zoom, "+", "Zoom in (+)", () => first()?.zoom(1));
    form.button(zoom, "Fit", "Show the whole image (0)", () => first()?.fit());
    const north = form.group(row);
    form.check(north, "North up", "north_up", "Turn every image so that north is up");
    form.follow("_has_sky", () => {
      north.hidden = !this.model.get("_has_sky");
    });
    this.drawWindow(row);
  }

  drawWindow(row) {
    const { form } = this;
    const own = form.group(row);
    own.classList.add("skyseg-at-end");
    const panel = form.group(own);
    form.check(panel, "Panel", "panel_shown", "Show or hide the panel at the side");
    form.follow("_has_panel", () => {
      panel.hidden = !this.model.get("_has_panel");
    });
    if (!document.fullscreenEnabled) return;
    const full = form.button(own, "", "Full screen (f)", () => switchFullScreen(row));
    full.innerHTML = FULL_SCREEN;
    this.unwatch = whenPlaced(row, () => {
      full.hidden = rootOf(row) === undefined;
    });
  }

  drawLabelRow(row) {
    const { form } = this;
    const step = (what, by) => this.model.send({ kind: "step", what, by });
    form.select(row, "Labels", "label_style", "How the SEG map is drawn (c)");
    form.select(row, "Colour by", "colour_by", "One colour a source, or one a band's map");
    form.select(row, "Outlines of", "outlines_of", "Whose SEG map is drawn over all bands");
    form.range(row, "Opacity", "opacity", "Of labels and differences");
    const source = form.group(row, "Source");
    form.button(source, "‹", "Previous source (p)", () => step("source", -1));
    form.button(source, "›", "Next source (n)", () => step("source", 1));
    const difference = form.group(row);
    form.check(difference, "Difference", "difference_shown", "Show what differs (d)");
    form.check(difference, "Blink", "blink", "Show the two maps in turn (b)");
    const change = form.group(difference, "Change");
    form.button(change, "‹", "Previous change ([)", () => step("change", -1));
    form.button(change, "›", "Next change (])", () => step("change", 1));
    form.follow("_has_difference", () => {
      difference.hidden = !this.model.get("_has_difference");
    });
  }

  drawRefusal(parent) {
    const note = document.createElement("p");
    note.className = "skyseg-note";
    note.setAttribute("role", "alert");
    parent.append(note);
    this.form.follow("_refused", () => {
      note.textContent = this.model.get("_refused").text ?? "";
      note.hidden = !note.textContent;
    });
  }

  close() {
    this.unwatch?.();
    this.form.close();
  }
}

const STOPPED =
  "The kernel that made this view has stopped, and its controls do nothing any more: run the " +
  "cell again.";

// What is left of a viewer whose kernel is gone can be looked at, but not used.
function sayWhenStopped(parent, model) {
  const note = document.createElement("p");
  note.className = "skyseg-note";
  note.setAttribute("role", "alert");
  note.hidden = true;
  parent.append(note);
  const stop = () => {
    note.textContent = STOPPED;
    note.hidden = false;
    for (const part of rootOf(parent)?.querySelectorAll(".skyseg-side, .skyseg-drawer") ?? []) {
      part.inert = true;
    }
  };
  model.on("comm:close comm_live_update", stop);
  return () => model.off("comm:close comm_live_update", stop);
}

function render({ model, el }) {
  const parent = document.createElement("div");
  parent.className = "skyseg-bar";
  el.append(parent);
  const quiet = sayWhenStopped(parent, model);
  const bar = new Bar(parent, model);
  let free = () => {};
  const unwatch = whenPlaced(parent, () => {
    free = keepKeys(rootOf(parent) ?? parent);
  });
  return () => {
    unwatch();
    free();
    quiet();
    bar.close();
  };
}

export default { render };
