// The widgets of the viewer, each drawn by its kind.

import "ol/ol.css";
import "./viewer.css";

import { drawBar } from "./bar.js";
import { drawCanvas } from "./canvas_view.js";
import { drawTable } from "./table.js";

const KINDS = { bar: drawBar, canvas: drawCanvas, table: drawTable };

function render({ model, el }) {
  return KINDS[model.get("_kind")]({ model, el });
}

export default { render };
