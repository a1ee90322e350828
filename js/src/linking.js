// Canvases of one group move together, at once and without the kernel.

import { apply, invert } from "ol/transform.js";

const groups = new Map();

// `_link` brings pixels of this canvas to those of the group: [a, b, c, d, e, f] with
// x' = a x + c y + e and y' = b x + d y + f.
function toGroup(canvas) {
  return canvas.model.get("_link").matrix;
}

function scaleOf([a, b, c, d]) {
  return Math.sqrt(Math.abs(a * d - b * c));
}

function send(from, members) {
  const matrix = toGroup(from);
  const centre = apply(matrix, [...from.view.getCenter()]);
  const resolution = from.view.getResolution() * scaleOf(matrix);
  for (const to of members) {
    if (to === from || !to.placed) continue;
    const own = toGroup(to);
    const back = invert([...own]);
    to.moved = true;
    to.view.setCenter(apply(back, [...centre]));
    to.view.setResolution(resolution / scaleOf(own));
    to.moved = false;
    to.settle();
  }
}

// The group that a canvas is in may change; what is returned ends the following.
export function follow(canvas) {
  let members;
  let name;
  const leave = () => {
    members?.delete(canvas);
    if (members?.size === 0) groups.delete(name);
  };
  const join = () => {
    leave();
    name = canvas.model.get("_link").group;
    members = name ? (groups.get(name) ?? new Set()) : undefined;
    if (members) groups.set(name, members.add(canvas));
  };
  canvas.model.on("change:_link", join);
  join();
  canvas.view.on(["change:center", "change:resolution"], () => {
    if (members && !canvas.moved && canvas.placed) send(canvas, members);
  });
  return () => {
    canvas.model.off("change:_link", join);
    leave();
  };
}
