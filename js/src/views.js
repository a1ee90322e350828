// The canvases of each viewer on the page, so that they and its bar find each other without the
// kernel. Every widget loads this code anew: the page keeps the list, not the module.

const viewers = (globalThis[Symbol.for("skyseg.viewers")] ??= new Map());

export function canvasesOf(viewer) {
  return [...(viewers.get(viewer) ?? [])];
}

// What is returned takes the canvas out again.
export function join(viewer, canvas) {
  const members = viewers.get(viewer) ?? new Set();
  viewers.set(viewer, members.add(canvas));
  return () => {
    members.delete(canvas);
    if (members.size === 0) viewers.delete(viewer);
  };
}
