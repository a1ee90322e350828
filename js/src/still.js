// The picture that stands for the canvas where it cannot be drawn.

function hasWebGL() {
  const context = document.createElement("canvas").getContext("webgl");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return Boolean(context);
}

const NO_WEBGL =
  "This browser has no WebGL, so the view does not move: switch on hardware acceleration " +
  "or WebGL in its settings.";

export function whyStill() {
  return hasWebGL() ? "" : NO_WEBGL;
}

export function showStill(parent, model, kernel, why) {
  const note = document.createElement("p");
  note.className = "skyseg-note";
  note.setAttribute("role", "alert");
  note.textContent = why;
  const picture = document.createElement("img");
  picture.className = "skyseg-still";
  picture.alt = `${model.get("_title")}, not moving`;
  parent.append(note, picture);
  let address = "";
  const draw = async () => {
    const { buffers } = await kernel.ask("snapshot");
    URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([buffers[0]], { type: "image/png" }));
    picture.src = address;
  };
  const traits =
    "change:_extent change:limits change:stretch change:selected change:_layers " +
    "change:label_style change:difference_shown change:opacity";
  model.on(traits, draw);
  draw();
  return () => {
    model.off(traits, draw);
    URL.revokeObjectURL(address);
  };
}
