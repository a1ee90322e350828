// The line under a canvas by which it is made higher or lower.

import { canvasesOf } from "./views.js";

const LEAST = 200; // pixels of the screen, as in canvas.py
const MOST = 4000;
const STEP = { ArrowUp: -20, ArrowDown: 20 };

export function drawGrip(parent, model) {
  const grip = document.createElement("div");
  grip.className = "skyseg-grip";
  grip.tabIndex = 0;
  grip.setAttribute("role", "separator");
  grip.setAttribute("aria-orientation", "horizontal");
  grip.setAttribute("aria-label", "Height of the view: drag, or arrow up and down");
  grip.title = "Drag to make the view higher or lower";
  parent.append(grip);
  const set = (height) => {
    const kept = Math.round(Math.min(Math.max(height, LEAST), MOST));
    for (const canvas of canvasesOf(model.get("_viewer"))) canvas.model.set("height", kept);
  };
  grip.addEventListener("pointerdown", (event) => {
    const start = model.get("height") - event.clientY;
    grip.setPointerCapture(event.pointerId);
    const drag = (moved) => set(start + moved.clientY);
    const end = () => {
      grip.removeEventListener("pointermove", drag);
      model.save_changes();
    };
    grip.addEventListener("pointermove", drag);
    grip.addEventListener("lostpointercapture", end, { once: true });
  });
  grip.addEventListener("keydown", (event) => {
    if (!(event.key in STEP)) return;
    event.preventDefault();
    set(model.get("height") + STEP[event.key]);
    model.save_changes();
  });
  const tell = () => grip.setAttribute("aria-valuenow", model.get("height"));
  model.on("change:height", tell);
  tell();
  return () => model.off("change:height", tell);
}
