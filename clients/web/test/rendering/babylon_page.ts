/** What a page does with Babylon.js in the browser's tests; each function runs in there. */
import { ArcRotateCamera } from "@babylonjs/core/Cameras/arcRotateCamera.js";
import { Camera } from "@babylonjs/core/Cameras/camera.js";
import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera.js";
import { Engine } from "@babylonjs/core/Engines/engine.js";
import { DirectionalLight } from "@babylonjs/core/Lights/directionalLight.js";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight.js";
import { ImageProcessingConfiguration } from "@babylonjs/core/Materials/imageProcessingConfiguration.js";
import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import { Color4 } from "@babylonjs/core/Maths/math.color.js";
import { Vector3 } from "@babylonjs/core/Maths/math.vector.js";
import { CreateGround } from "@babylonjs/core/Meshes/Builders/groundBuilder.js";
import { CreateSphere } from "@babylonjs/core/Meshes/Builders/sphereBuilder.js";
import { CreatePlane } from "@babylonjs/core/Meshes/Builders/planeBuilder.js";
import "@babylonjs/core/Helpers/sceneHelpers.js";
import { Mesh } from "@babylonjs/core/Meshes/mesh.js";
import { Scene } from "@babylonjs/core/scene.js";
import { StreamedMaterial, loadScene } from "../../src/babylon/index.js";
import { MorphogenClient, decodePng } from "../../src/index.js";
import { correlation } from "./measures.js";

function stageOf(width: number, height: number): { engine: Engine; scene: Scene } {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  document.body.style.margin = "0";
  document.body.replaceChildren(canvas);
  const engine = new Engine(canvas, true, { preserveDrawingBuffer: true });
  const scene = new Scene(engine);
  scene.clearColor = new Color4(0.62, 0.74, 0.86, 1);
  scene.imageProcessingConfiguration.toneMappingEnabled = true;
  scene.imageProcessingConfiguration.toneMappingType = ImageProcessingConfiguration.TONEMAPPING_ACES;
  return { engine, scene };
}

/** What was drawn, rows from below. */
async function texels(engine: Engine): Promise<Uint8Array> {
  return (await engine.readPixels(0, 0, engine.getRenderWidth(), engine.getRenderHeight())) as Uint8Array;
}

async function drawn(scene: Scene): Promise<Uint8Array> {
  await scene.whenReadyAsync();
  scene.render();
  return texels(scene.getEngine() as Engine);
}

function spread(values: Uint8Array): number {
  const greens = [...values.filter((_, index) => index % 4 === 1)];
  const mean = greens.reduce((sum, value) => sum + value, 0) / greens.length;
  return Math.sqrt(greens.reduce((sum, value) => sum + (value - mean) ** 2, 0) / greens.length);
}

const actions = {
  /** A material on a ball and the ground, level of detail by level of detail. */
  async material(url: string, textureClass: string, sizePx: number) {
    const { engine, scene } = stageOf(480, 300);
    const camera = new ArcRotateCamera("camera", -Math.PI / 2, 1.2, 3.4, Vector3.Zero(), scene);
    camera.minZ = 0.1;
    new HemisphericLight("sky", Vector3.Up(), scene).intensity = 0.6;
    new DirectionalLight("sun", new Vector3(-0.5, -0.8, 0.6), scene).intensity = 2.5;
    const plain = CreateSphere("plain", {}, scene);
    plain.material = new PBRMaterial("plain", scene);
    const gray = spread(await drawn(scene));
    plain.dispose(false, true);
    const own = scene.textures.length; // what Babylon itself needs for such a material
    const lods: number[] = [];
    const stream = new MorphogenClient(url).generateTexture({ textureClass, seed: 7, sizePx });
    const streamed = new StreamedMaterial(scene, stream, { repeat: [2, 1], onLod: (lodPx) => lods.push(lodPx) });
    CreateSphere("ball", { diameter: 1.6, segments: 48 }, scene).material = streamed.material;
    const ground = CreateGround("ground", { width: 5, height: 5 }, scene);
    ground.position.y = -0.8;
    ground.material = streamed.material;
    await streamed.done;
    const textured = spread(await drawn(scene));
    const { metallicTexture, albedoTexture } = streamed.material;
    const [surface] = [...((await metallicTexture?.readPixels()) as Uint8Array).subarray(0, 4)].slice(0, 1);
    const shown = {
      textures: scene.textures.length - own,
      gamma: albedoTexture?.gammaSpace,
      sizePx: albedoTexture?.getSize().width,
    };
    const picture = (engine.getRenderingCanvas() as HTMLCanvasElement).toDataURL();
    streamed.dispose();
    const left = {
      textures: scene.textures.length - own,
      materials: scene.materials.filter(({ name }) => name === "morphogen").length,
    };
    engine.dispose();
    return { lods, gray, textured, surface, shown, left, picture };
  },

  /** How the light from the right, and from above, follows slopes that face it: correlations over all texels. */
  async relief(url: string, rightHanded: boolean) {
    const sizePx = 128;
    const { engine, scene } = stageOf(sizePx, sizePx);
    scene.useRightHandedSystem = rightHanded;
    const towards = rightHanded ? -1 : 1; // where the camera looks along z
    const camera = new FreeCamera("camera", new Vector3(0, 0, -towards), scene);
    camera.setTarget(Vector3.Zero());
    camera.mode = Camera.ORTHOGRAPHIC_CAMERA;
    [camera.orthoLeft, camera.orthoRight, camera.orthoBottom, camera.orthoTop] = [-0.5, 0.5, -0.5, 0.5];
    const sun = new DirectionalLight("sun", Vector3.Down(), scene);
    const client = new MorphogenClient(url);
    const request = { textureClass: "stone", seed: 3, sizePx };
    const streamed = new StreamedMaterial(scene, client.generateTexture(request));
    const sideOrientation = rightHanded ? Mesh.BACKSIDE : Mesh.FRONTSIDE; // what faces the camera
    const plane = CreatePlane("plane", { size: 1, sideOrientation }, scene);
    plane.material = streamed.material;
    await streamed.done;
    const litFrom = async (x: number, y: number) => {
      sun.direction = new Vector3(-x, -y, 0.4 * towards);
      return (await drawn(scene)).filter((_, index) => index % 4 === 1);
    };
    const { files } = await client.texture(request);
    const heights = (await decodePng(files.get("height")?.data as Uint8Array<ArrayBuffer>)).values;
    const height = (column: number, row: number) =>
      heights[((2 * sizePx - 1 - row) % sizePx) * sizePx + ((column + sizePx) % sizePx)] as number;
    const correlations: number[] = [];
    for (const [x, y] of [
      [1, 0],
      [0, 1],
    ] as const) {
      const [one, other] = [await litFrom(x, y), await litFrom(-x, -y)];
      const at = Array.from(
        { length: sizePx * sizePx },
        (_, index) => [index % sizePx, Math.floor(index / sizePx)] as const,
      );
      const facing = at.map(([column, row]) => height(column - x, row - y) - height(column + x, row + y));
      correlations.push(
        correlation(
          [...one].map((value, index) => value - (other[index] as number)),
          facing,
        ),
      );
    }
    const picture = (engine.getRenderingCanvas() as HTMLCanvasElement).toDataURL();
    streamed.dispose();
    engine.dispose();
    return { correlations, picture };
  },

  /** A whole scene from its binary glTF. */
  async scene(url: string) {
    const { engine, scene } = stageOf(640, 360);
    const stream = new MorphogenClient(url).generateScene({ landscape: { seed: 7 }, extentM: 64, propLimit: 60 });
    const container = await loadScene(stream, scene, { lod: 1 });
    container.addAllToScene();
    const { min, max } = scene.getWorldExtends((mesh) => mesh.getTotalVertices() > 0);
    const middle = min.add(max).scale(0.5);
    const camera = new FreeCamera("camera", new Vector3(middle.x + 30, max.y + 4, middle.z + 34), scene);
    camera.setTarget(middle);
    new HemisphericLight("sky", Vector3.Up(), scene).intensity = 0.6;
    const textured = spread(await drawn(scene));
    const lights = container.lights.map((light) => ({ kind: light.getClassName(), intensity: light.intensity }));
    const instances = container.meshes.reduce(
      (sum, mesh) => sum + ("thinInstanceCount" in mesh ? Number(mesh.thinInstanceCount) : 0),
      0,
    );
    const picture = (engine.getRenderingCanvas() as HTMLCanvasElement).toDataURL();
    const meshes = container.meshes.length;
    container.dispose();
    const left = { meshes: scene.meshes.length, materials: scene.materials.length };
    engine.dispose();
    return { size: max.subtract(min).asArray(), meshes, instances, textured, lights, left, picture };
  },

  /** A character's rigged model and its clip. */
  async character(url: string) {
    const { engine, scene } = stageOf(320, 320);
    const stream = new MorphogenClient(url).generateCharacter({
      identity: { seed: 3 },
      clips: ["wave"],
      previewPx: 64,
    });
    const container = await loadScene(stream, scene);
    container.addAllToScene();
    const camera = new FreeCamera("camera", new Vector3(0, 0.9, 2.6), scene);
    camera.minZ = 0.1;
    camera.setTarget(new Vector3(0, 0.6, 0));
    new HemisphericLight("sky", Vector3.Up(), scene).intensity = 0.7;
    new DirectionalLight("sun", new Vector3(-0.4, -0.8, -0.6), scene).intensity = 2;
    const textured = spread(await drawn(scene));
    const picture = (engine.getRenderingCanvas() as HTMLCanvasElement).toDataURL();
    const told = {
      bones: container.skeletons[0]?.bones.length,
      clips: container.animationGroups.map(({ name }) => name),
    };
    container.dispose();
    engine.dispose();
    return { ...told, textured, picture };
  },
};

export type Actions = typeof actions;

Object.assign(globalThis, { actions });
