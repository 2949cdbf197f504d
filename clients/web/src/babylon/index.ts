/** Morphogen's assets in Babylon.js. */
export { StreamedMaterial, type StreamedMaterialOptions } from "./material.js";
export { type SceneOptions, loadGlb, loadScene } from "./scene.js";
