// One canvas of the viewer, drawn for its widget.

import "ol/ol.css";
import "./viewer.css";

import { Canvas } from "./canvas.js";
import { Controls } from "./controls.js";
import { Kernel } from "./kernel.js";
import { HELP, listen } from "./keys.js";
import { Overlays } from "./overlays.js";
import { showSaved, showStill, whyStill } from "./still.js";

const STOPPED = "The kernel that made this view has stopped: run the cell again.";
const SILENT = "The kernel does not answer. It is busy, or it is gone: then run the cell again.";

function draw(root, model, kernel) {
  const stage = document.createElement("div");
  stage.className = "skyseg-stage";
  const target = document.createElement("div");
  target.className = "skyseg-map";
  target.tabIndex = 0;
  target.setAttribute("role", "application");
  target.setAttribute("aria-label", `${model.get("_title")}: ${HELP}`);
  stage.append(target);
  const revoke = showSaved(stage, model);
  const actions = {
    fit: () => canvas.fit(),
    zoom: (steps) => canvas.zoom(steps),
    step: (what, by) => kernel.tell("step", { what, by }),
  };
  const controls = new Controls(root, model, actions);
  root.append(stage);
  const overlays = new Overlays(stage, model);
  const canvas = new Canvas(target, model, kernel, overlays);
  listen(target, model, canvas, actions);
  return () => {
    canvas.close();
    overlays.close();
    controls.close();
    revoke();
  };
}

function sayHowTheKernelIs(root, model, kernel) {
  const note = document.createElement("p");
  note.className = "skyseg-note";
  note.setAttribute("role", "alert");
  note.hidden = true;
  root.append(note);
  let stopped = false;
  const say = () => {
    note.textContent = stopped ? STOPPED : SILENT;
    note.hidden = !stopped && !kernel.silent;
    root.classList.toggle("skyseg-alone", kernel.silent && !kernel.heard);
  };
  const stop = () => {
    stopped = true;
    say();
  };
  kernel.onSilence = say;
  model.on("comm:close comm_live_update", stop);
  return () => model.off("comm:close comm_live_update", stop);
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "skyseg-viewer";
  // Keys that mean something here mean something else to the notebook.
  root.dataset.lmSuppressShortcuts = "true";
  el.classList.add("skyseg-cell");
  el.append(root);
  const kernel = new Kernel(model);
  const quiet = sayHowTheKernelIs(root, model, kernel);
  const why = whyStill();
  const close = why ? showStill(root, model, kernel, why) : draw(root, model, kernel);
  return () => {
    quiet();
    close();
    kernel.close();
  };
}

export default { render };
