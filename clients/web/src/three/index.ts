/** Morphogen's assets in three.js. */
export { CharacterView, type CharacterViewOptions, type GroundHeight, loadCharacter } from "./character.js";
export { FrameTexture } from "./frames.js";
export { StreamedMaterial, type StreamedMaterialOptions } from "./material.js";
export { type PropReach } from "./props.js";
export { type LoadedScene, type SceneOptions, disposeObject, loadGlb, loadScene, loadSky } from "./scene.js";
export { terrainGeometry, waterGeometry } from "./terrain.js";
export { WorldView, type WorldViewOptions } from "./world.js";
