// One canvas of the viewer, drawn for its widget.

import { Canvas } from "./canvas.js";
import { drawGrip } from "./grip.js";
import { keepKeys } from "./host.js";
import { Kernel } from "./kernel.js";
import { HELP, listen } from "./keys.js";
import { Overlays } from "./overlays.js";
import { showSaved, showStill, whyStill } from "./still.js";

const SILENT = "The kernel does not answer. It is busy, or it is gone: then run the cell again.";

function draw(root, model, kernel) {
  const stage = document.createElement("div");
  stage.className = "skyseg-stage";
  const target = document.createElement("div");
  target.className = "skyseg-map";
  target.tabIndex = 0;
  target.setAttribute("role", "application");
  stage.append(target);
  const name = () => {
    const keys = [model.get("_deeds_help"), HELP].filter(Boolean).join(", ");
    target.setAttribute("aria-label", `${model.get("_title")}: ${keys}`);
  };
  const resize = () => stage.style.setProperty("--skyseg-height", `${model.get("height")}px`);
  model.on("change:_title change:_deeds_help", name);
  model.on("change:height", resize);
  name();
  resize();
  const revoke = showSaved(stage, model);
  root.append(stage);
  const ungrip = drawGrip(root, model);
  const overlays = new Overlays(stage, model);
  const canvas = new Canvas(target, model, kernel, overlays);
  listen(target, model, kernel, canvas);
  return () => {
    model.off(null, name);
    model.off("change:height", resize);
    canvas.close();
    overlays.close();
    ungrip();
    revoke();
  };
}

function sayHowTheKernelIs(root, kernel) {
  const note = document.createElement("p");
  note.className = "skyseg-note";
  note.setAttribute("role", "alert");
  note.hidden = true;
  note.textContent = SILENT;
  root.append(note);
  kernel.onSilence = () => {
    note.hidden = !kernel.silent;
    root.classList.toggle("skyseg-alone", kernel.silent && !kernel.heard);
  };
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "skyseg-viewer";
  const free = keepKeys(root);
  el.classList.add("skyseg-cell");
  el.append(root);
  const kernel = new Kernel(model);
  sayHowTheKernelIs(root, kernel);
  const why = whyStill();
  const close = why ? showStill(root, model, kernel, why) : draw(root, model, kernel);
  return () => {
    close();
    free();
    kernel.close();
  };
}

export default { render };
