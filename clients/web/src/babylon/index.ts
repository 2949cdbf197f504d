/** Morphogen's assets in Babylon.js. */
export { type StreamedMaterialOptions } from "../material.js";
export { StreamedMaterial } from "./material.js";
export { type SceneOptions, loadGlb, loadScene } from "./scene.js";
