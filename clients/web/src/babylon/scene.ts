/** Binary glTF as objects of Babylon.js. */
import "@babylonjs/core/Meshes/thinInstanceMesh.js"; // what EXT_mesh_gpu_instancing becomes
import { LoadAssetContainerAsync } from "@babylonjs/core/Loading/sceneLoader.js";
import type { AssetContainer } from "@babylonjs/core/assetContainer.js";
import type { Scene } from "@babylonjs/core/scene.js";
import "@babylonjs/loaders/glTF/2.0/index.js";
import { BrokenStreamError } from "../errors.js";
import { glbAtLod } from "../glb.js";
import type { AssetFile, FileUpdate, Files } from "../readers.js";
import type { AssetStream } from "../stream.js";

export interface SceneOptions {
  /** Level of detail: 0, the finest, to 2. By default Babylon takes all of them and chooses by distance. */
  readonly lod?: number;
  /** Illuminance in lux that a light of intensity 1 stands for. By default 30000, so that daylight suits an exposure of 1. */
  readonly unitLux?: number;
}

const UNIT_LUX = 30_000;

/** The objects of a binary glTF file; `addAllToScene` shows them, `dispose` lets go of them. */
export async function loadGlb(
  { data }: AssetFile,
  scene: Scene,
  { lod, unitLux = UNIT_LUX }: SceneOptions = {},
): Promise<AssetContainer> {
  const file = lod === undefined ? data : glbAtLod(data, lod);
  const container = await LoadAssetContainerAsync(file, scene, { pluginExtension: ".glb" });
  for (const light of container.lights) {
    light.intensity /= unitLux;
  }
  return container;
}

/** All of a scene, or the model of a character, when its stream has ended: the file "scene" or "character". */
export async function loadScene(
  stream: AssetStream<FileUpdate, Files>,
  scene: Scene,
  options: SceneOptions = {},
): Promise<AssetContainer> {
  const { files } = await stream.result();
  const file = files.get("scene") ?? files.get("character");
  if (file === undefined) {
    throw new BrokenStreamError("the stream brought no scene");
  }
  return loadGlb(file, scene, options);
}
