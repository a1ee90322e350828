// The picture that stands for the canvas where it cannot be drawn.

function addressOf(bytes) {
  return URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
}

// The picture of a saved notebook, over the canvas while no kernel has ever answered.
export function showSaved(stage, model) {
  const saved = model.get("_picture");
  if (!saved?.byteLength) return () => {};
  const picture = document.createElement("img");
  picture.className = "skyseg-saved";
  picture.alt = `${model.get("_title")}, as it was saved`;
  picture.src = addressOf(saved);
  stage.append(picture);
  return () => URL.revokeObjectURL(picture.src);
}

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
    address = addressOf(buffers[0]);
    picture.src = address;
  };
  const traits =
    "change:_extent change:limits change:stretch change:colormap change:selected change:_layers " +
    "change:label_style change:colour_by change:difference_shown change:opacity";
  model.on(traits, draw);
  draw();
  return () => {
    model.off(traits, draw);
    URL.revokeObjectURL(address);
  };
}
