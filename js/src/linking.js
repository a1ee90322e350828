// Canvases of one group move together, at once and without the kernel.

import { apply, invert } from "ol/transform.js";

import { canvasesOf } from "./views.js";

// `_link` brings pixels of this canvas to those of the group: [a, b, c, d, e, f] with
// x' = a x + c y + e and y' = b x + d y + f.
function linkOf(canvas) {
  return canvas.model.get("_link");
}

function scaleOf([a, b, c, d]) {
  return Math.sqrt(Math.abs(a * d - b * c));
}

function send(from) {
  const { group, matrix } = linkOf(from);
  const centre = apply(matrix, [...from.view.getCenter()]);
  const resolution = from.view.getResolution() * scaleOf(matrix);
  for (const to of canvasesOf(from.model.get("_viewer"))) {
    if (to === from || !to.placed || linkOf(to).group !== group) continue;
    const own = linkOf(to).matrix;
    to.moved = true;
    to.view.setCenter(apply(invert([...own]), [...centre]));
    to.view.setResolution(resolution / scaleOf(own));
    to.moved = false;
    to.settle();
  }
}

export function follow(canvas) {
  canvas.view.on(["change:center", "change:resolution"], () => {
    if (linkOf(canvas).group && !canvas.moved && canvas.placed) send(canvas);
  });
}
