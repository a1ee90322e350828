// Keys on the canvas.

import { switchFullScreen } from "./host.js";

const STYLES = ["filled", "contour", "off"];

export const HELP =
  "arrow keys pan, + and - zoom, 0 shows the whole image, n and p step through sources, " +
  "c changes how labels are drawn, d shows the difference, b blinks, [ and ] step through " +
  "changes, f fills the screen, Escape unselects";

// The name of a key that edits, such as "Shift+D".
function nameOf({ key, shiftKey }) {
  return key.length === 1 ? `${shiftKey ? "Shift+" : ""}${key.toUpperCase()}` : key;
}

export function listen(target, model, kernel, canvas) {
  const step = (what, by) => kernel.tell("step", { what, by });
  const set = (trait, value) => {
    model.set(trait, value);
    model.save_changes();
  };
  const next = () => STYLES[(STYLES.indexOf(model.get("label_style")) + 1) % STYLES.length];
  const keys = {
    "+": () => canvas.zoom(1),
    "=": () => canvas.zoom(1),
    "-": () => canvas.zoom(-1),
    0: () => canvas.fit(),
    Home: () => canvas.fit(),
    n: () => step("source", 1),
    p: () => step("source", -1),
    "]": () => step("change", 1),
    "[": () => step("change", -1),
    c: () => set("label_style", next()),
    d: () => set("difference_shown", !model.get("difference_shown")),
    b: () => set("blink", !model.get("blink")),
    f: () => switchFullScreen(target),
    Escape: () => set("selected", 0),
    ArrowLeft: (event) => canvas.pan(event.key),
    ArrowRight: (event) => canvas.pan(event.key),
    ArrowUp: (event) => canvas.pan(event.key),
    ArrowDown: (event) => canvas.pan(event.key),
  };
  // Keys that edit come before those of the same letter that look.
  const act = (event) => {
    const deed = model.get("_deeds")[nameOf(event)];
    return deed === undefined ? keys[event.key] : () => kernel.tell("deed", { what: deed });
  };
  target.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const found = act(event);
    if (found === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    found(event);
  });
}
