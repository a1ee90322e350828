// What the viewer needs of OpenLayers beyond its public interface. A version of it that has this
// in other words fails the build, where it would else draw nothing, or slowly, in silence.

export const NEEDED = {
  "ol/webgl.js": ["antialias: SAFARI_BUG_237906 ? false : true"],
  "ol/webgl/Helper.js": ["this.postProcessPasses_ = "],
  "ol/layer/WebGLTile.js": ["parseStyleForRender_(projection) {", "createRenderer() {"],
  "ol/renderer/webgl/TileLayer.js": ["createTileRepresentation(options) {"],
  "ol/webgl/TileTexture.js": ["  uploadTile() {", "this.setReady();", "this.textures = "],
  "ol/renderer/webgl/Layer.js": ["this.afterHelperCreated()"],
  "ol/renderer/webgl/TileLayerBase.js": ["this.beforeTilesRender(frameState"],
};

// Returns the text of a file of OpenLayers, after a look at what is needed of it.
export function checked(name, text) {
  for (const words of NEEDED[name]) {
    if (text.includes(words)) continue;
    throw new Error(
      `${name} has no "${words}" any more: js/src/layers.js and js/build.mjs, which build on it, ` +
        "have to follow this version of OpenLayers",
    );
  }
  return text;
}
