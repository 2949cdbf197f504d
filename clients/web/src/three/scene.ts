/** Binary glTF as objects. */
import * as THREE from "three";
import { type GLTF, GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { HDRLoader } from "three/addons/loaders/HDRLoader.js";
import { BrokenStreamError } from "../errors.js";
import { glbAtLod } from "../glb.js";
import type { AssetFile, FileUpdate, Files } from "../readers.js";
import type { AssetStream } from "../stream.js";
import { release } from "./textures.js";

export interface SceneOptions {
  /** Level of detail: 0, the finest, to 2. Scenes hold three of most models. */
  readonly lod?: number;
  /** Illuminance in lux that a light of intensity 1 stands for. By default 30000, so that daylight suits an exposure of 1. */
  readonly unitLux?: number;
}

/** A scene of GenerateScene. */
export interface LoadedScene {
  readonly model: THREE.Group;
  /** For `environment` and `background` of the scene that it is added to; undefined if no sky came. */
  readonly sky: THREE.DataTexture | undefined;
}

const UNIT_LUX = 30_000;

/** The objects of a binary glTF file, at one level of detail. */
export async function loadGlb({ data }: AssetFile, { lod = 0, unitLux = UNIT_LUX }: SceneOptions = {}): Promise<GLTF> {
  const { buffer, byteOffset, byteLength } = lod === 0 ? data : glbAtLod(data, lod);
  const gltf = await new GLTFLoader().parseAsync(buffer.slice(byteOffset, byteOffset + byteLength), "");
  gltf.scene.traverse((each) => {
    if ((each as THREE.Light).isLight) {
      (each as THREE.Light).intensity /= unitLux;
    }
  });
  return gltf;
}

/** All of a scene when its stream has ended, with its sky. */
export async function loadScene(
  stream: AssetStream<FileUpdate, Files>,
  options: SceneOptions = {},
): Promise<LoadedScene> {
  const { files } = await stream.result();
  const [file, sky] = [files.get("scene"), files.get("sky")];
  if (file === undefined) {
    throw new BrokenStreamError("the stream brought no scene");
  }
  return { model: (await loadGlb(file, options)).scene, sky: sky && loadSky(sky, options) };
}

/** The panorama of a scene's sky, as bright as `loadGlb` makes its sun. */
export function loadSky({ data }: AssetFile, { unitLux = UNIT_LUX }: SceneOptions = {}): THREE.DataTexture {
  const loader = new HDRLoader();
  loader.type = THREE.FloatType;
  const { buffer, byteOffset, byteLength } = data;
  const { data: texels, width, height } = loader.parse(buffer.slice(byteOffset, byteOffset + byteLength));
  const scale = 1e3 / unitLux; // the file counts in kilocandela per square meter
  const scaled = (value: number, index: number) => (index % 4 === 3 ? 1 : Math.min(value * scale, 65504));
  const halves = Uint16Array.from(texels as Float32Array, (value, index) =>
    THREE.DataUtils.toHalfFloat(scaled(value, index)),
  );
  const texture = new THREE.DataTexture(halves, width, height, THREE.RGBAFormat, THREE.HalfFloatType);
  texture.mapping = THREE.EquirectangularReflectionMapping;
  texture.colorSpace = THREE.LinearSRGBColorSpace;
  texture.minFilter = texture.magFilter = THREE.LinearFilter;
  texture.flipY = true;
  texture.needsUpdate = true;
  return texture;
}

/** Lets go of all geometries, materials and textures below an object, and takes it out of its parent. */
export function disposeObject(object: THREE.Object3D): void {
  object.removeFromParent();
  object.traverse((each) => {
    const { geometry, material } = each as Partial<THREE.Mesh>;
    geometry?.dispose();
    for (const one of [material ?? []].flat()) {
      for (const value of Object.values(one)) {
        if (value?.isTexture === true) {
          release(value as THREE.Texture);
        }
      }
      one.dispose();
    }
    if ("isInstancedMesh" in each || "isSkinnedMesh" in each) {
      (each as THREE.InstancedMesh).dispose?.();
    }
  });
}
