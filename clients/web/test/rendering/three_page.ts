/** What a page does with three.js in the browser's tests; each function runs in there. */
import * as THREE from "three";
import { FrameFormat, MorphogenClient, decodePng } from "../../src/index.js";
import {
  FrameTexture,
  StreamedMaterial,
  WorldView,
  disposeObject,
  loadCharacter,
  loadScene,
} from "../../src/three/index.js";
import { correlation } from "./measures.js";

let shown: Stage | undefined;

/** A renderer with a light, and a loop that can be counted. */
class Stage {
  readonly scene = new THREE.Scene();
  readonly camera = new THREE.PerspectiveCamera(55, 1, 0.1, 3000);
  readonly renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
  readonly sun = new THREE.DirectionalLight(0xfff1dc, 3);
  private readonly texturesBefore: number;

  constructor(
    readonly width = 640,
    readonly height = 400,
  ) {
    shown?.end();
    shown = this;
    this.renderer.setSize(width, height);
    this.renderer.toneMapping = THREE.ACESFilmicToneMapping;
    document.body.style.margin = "0";
    document.body.replaceChildren(this.renderer.domElement);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.scene.background = new THREE.Color(0x9dbddb);
    this.sun.position.set(0.5, 0.8, 0.4);
    this.scene.add(this.sun, this.sun.target, new THREE.HemisphereLight(0xbfd8ff, 0x6b6046, 1.4));
    this.texturesBefore = this.own();
  }

  /** Textures that three.js itself keeps once a material like these has been drawn. */
  private own(): number {
    const ball = new THREE.Mesh(new THREE.SphereGeometry(), new THREE.MeshStandardMaterial());
    this.scene.add(ball);
    this.draw();
    disposeObject(ball);
    return this.renderer.info.memory.textures;
  }

  /** Whether there is other light than that of what is shown. */
  light(on: boolean): void {
    this.scene.traverse((each) => {
      each.visible = on || !(each as THREE.Light).isLight;
    });
  }

  end(): void {
    this.renderer.dispose();
    this.renderer.domElement.remove();
  }

  draw(): void {
    this.renderer.render(this.scene, this.camera);
  }

  /** Red, green and blue, 0 to 255, of points given as shares of width and height from the upper left. */
  colors(...points: [number, number][]): number[][] {
    this.draw();
    const context = this.renderer.getContext();
    return points.map(([x, y]) => {
      const texel = new Uint8Array(4);
      const row = Math.floor((1 - y) * (this.height - 1));
      context.readPixels(Math.floor(x * (this.width - 1)), row, 1, 1, context.RGBA, context.UNSIGNED_BYTE, texel);
      return [...texel.subarray(0, 3)];
    });
  }

  /** How many pixels are not the background, and how far they spread in brightness. */
  coverage(): { share: number; spread: number; mean: number } {
    this.draw();
    const texels = this.texels();
    const [red, green, blue] = texels;
    const bright: number[] = [];
    for (let at = 0; at < texels.length; at += 4) {
      const [r, g, b] = [texels[at], texels[at + 1], texels[at + 2]] as [number, number, number];
      if (Math.abs(r - (red as number)) + Math.abs(g - (green as number)) + Math.abs(b - (blue as number)) > 24) {
        bright.push((r + g + b) / 3);
      }
    }
    const mean = bright.reduce((sum, value) => sum + value, 0) / bright.length;
    const spread = Math.sqrt(bright.reduce((sum, value) => sum + (value - mean) ** 2, 0) / bright.length);
    return { share: (4 * bright.length) / texels.length, spread, mean };
  }

  /** What was drawn last, rows from below. */
  texels(): Uint8Array {
    const context = this.renderer.getContext();
    const texels = new Uint8Array(4 * this.width * this.height);
    context.readPixels(0, 0, this.width, this.height, context.RGBA, context.UNSIGNED_BYTE, texels);
    return texels;
  }

  /** What the graphics card holds. */
  get held() {
    const { memory, programs } = this.renderer.info;
    return {
      geometries: memory.geometries,
      textures: memory.textures - this.texturesBefore,
      programs: programs?.length ?? 0,
    };
  }
}

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

const actions = {
  /** A material on a ball and a plane, level of detail by level of detail. */
  async material(url: string, textureClass: string, sizePx: number) {
    const stage = new Stage(640, 400);
    stage.camera.position.set(0, 1.1, 3.4);
    stage.camera.lookAt(0, 0.1, 0);
    const lods: [number, number][] = [];
    const streamed = new StreamedMaterial(new MorphogenClient(url).generateTexture({ textureClass, seed: 7, sizePx }), {
      repeat: [2, 1],
      onLod: (lodPx) => lods.push([lodPx, (streamed.material.map?.image as ImageBitmap).width]),
    });
    const ball = new THREE.Mesh(new THREE.SphereGeometry(0.8, 64, 32), streamed.material);
    const plane = new THREE.Mesh(
      new THREE.PlaneGeometry(5, 5).rotateX(-Math.PI / 2).translate(0, -0.8, 0),
      streamed.material,
    );
    stage.scene.add(ball, plane);
    const gray = stage.coverage();
    await streamed.done;
    await frame();
    const textured = stage.coverage();
    const { map, normalMap, roughnessMap, metalnessMap, aoMap } = streamed.material;
    const spaces = [map, normalMap, roughnessMap, metalnessMap, aoMap].map((each) => each?.colorSpace);
    const before = stage.held;
    stage.scene.remove(ball, plane);
    const picture = stage.renderer.domElement.toDataURL();
    streamed.dispose();
    ball.geometry.dispose();
    plane.geometry.dispose();
    stage.draw();
    return { lods, gray, textured, spaces, before, after: stage.held, picture };
  },

  /** How the light from the right, and from above, follows slopes that face it: correlations over all texels. */
  async relief(url: string) {
    const [sizePx, light] = [128, 0.4];
    const stage = new Stage(sizePx, sizePx);
    stage.light(false);
    stage.sun.visible = true;
    const client = new MorphogenClient(url);
    const request = { textureClass: "stone", seed: 3, sizePx };
    const streamed = new StreamedMaterial(client.generateTexture(request), { displacementM: 0.001 });
    const plane = new THREE.Mesh(new THREE.PlaneGeometry(1, 1, sizePx, sizePx), streamed.material);
    stage.scene.add(plane);
    const camera = new THREE.OrthographicCamera(-0.5, 0.5, 0.5, -0.5, 0.1, 2);
    camera.position.z = 1;
    await streamed.done;
    const litFrom = (x: number, y: number) => {
      stage.sun.position.set(x, y, light);
      stage.renderer.render(stage.scene, camera);
      return stage.texels().filter((_, index) => index % 4 === 1); // rows from below
    };
    const { files } = await client.texture(request);
    const heights = (await decodePng(files.get("height")?.data as Uint8Array<ArrayBuffer>)).values;
    const height = (column: number, row: number) =>
      heights[((sizePx - 1 - row + sizePx) % sizePx) * sizePx + ((column + sizePx) % sizePx)] as number;
    const correlations = [
      [1, 0],
      [0, 1],
    ].map(([x, y]) => {
      const [one, other] = [litFrom(x as number, y as number), litFrom(-(x as number), -(y as number))];
      const brighter: number[] = [];
      const facing: number[] = [];
      for (let row = 0; row < sizePx; row += 1) {
        for (let column = 0; column < sizePx; column += 1) {
          const at = row * sizePx + column;
          brighter.push((one[at] as number) - (other[at] as number));
          facing.push(
            height(column - (x as number), row - (y as number)) - height(column + (x as number), row + (y as number)),
          );
        }
      }
      return correlation(brighter, facing);
    });
    const { image } = streamed.material.displacementMap as THREE.DataTexture;
    const middle = THREE.DataUtils.fromHalfFloat((image.data as Uint16Array)[5 * sizePx + 9] as number);
    streamed.dispose();
    return { correlations, texel: [middle, height(9, 5) / 65535] as const };
  },

  /** Settles a world around its spawn, and looks at it from a hill of its own. */
  async world(url: string, landscape: object, vertices: number, eyeM: number, yawDeg: number) {
    const stage = new Stage(640, 360);
    stage.renderer.shadowMap.enabled = true;
    stage.scene.fog = new THREE.Fog(0x9dbddb, 150, 420);
    const start = { landscape, viewDistanceM: 300, verticesMax: vertices };
    const world = new WorldView(new MorphogenClient(url), { start });
    stage.scene.add(world);
    await world.ready;
    await world.settled;
    const { x, z } = world.spawn;
    const groundM = world.heightAt(x, z) as number;
    stage.camera.position.set(x, groundM + eyeM, z);
    stage.camera.rotation.set(-0.12, (yawDeg * Math.PI) / 180, 0, "YXZ");
    stage.sun.castShadow = true;
    stage.sun.position.set(x + 120, groundM + 190, z + 100);
    stage.sun.target.position.set(x, groundM, z);
    Object.assign(stage.sun.shadow.camera, { left: -80, right: 80, top: 80, bottom: -80, far: 600 });
    stage.sun.shadow.mapSize.set(1024, 1024);
    world.update(stage.camera, performance.now());
    const startedAtMs = performance.now();
    const seen = stage.coverage();
    const drawnMs = performance.now() - startedAtMs;
    const { calls, triangles } = stage.renderer.info.render;
    const result = { chunks: [...world.chunks], props: world.propCount, seen, drawnMs, calls, triangles, groundM };
    Object.assign(globalThis, { kept: { stage, world } });
    return result;
  },

  /** Where neighbours meet: from above and aside, whether the background shows through. */
  async cracks() {
    const { stage, world } = kept();
    const camera = new THREE.OrthographicCamera(-20, 20, 12.5, -12.5, 1, 2000);
    const land = Reflect.get(world, "land") as THREE.Material;
    for (const each of world.children) {
      each.visible = (each as THREE.Mesh).material === land; // neither water nor props may hide a gap
    }
    stage.renderer.shadowMap.enabled = false;
    let holes = 0;
    const levels = new Set<string>();
    for (const { row, column, vertices } of world.chunks) {
      const [x, z] = [(column + 1) * world.chunkM, (row + 0.5) * world.chunkM];
      const beside = world.chunks.find((each) => each.row === row && each.column === column + 1);
      if (beside === undefined) {
        continue;
      }
      levels.add([vertices, beside.vertices].sort((one, other) => one - other).join(" "));
      camera.position.set(x + 30, 400, z);
      camera.lookAt(x, world.heightAt(x, z) ?? 0, z);
      stage.scene.background = new THREE.Color(1, 0, 1);
      stage.scene.fog = null;
      stage.renderer.toneMapping = THREE.NoToneMapping;
      stage.renderer.render(stage.scene, camera);
      const texels = stage.texels();
      for (let at = 0; at < texels.length; at += 4) {
        holes += texels[at] === 255 && texels[at + 1] === 0 && texels[at + 2] === 255 ? 1 : 0;
      }
    }
    return { holes, levels: [...levels] };
  },

  /** Flies away, and disposes of the world. */
  async leave() {
    const { stage, world } = kept();
    const before = world.chunks.map(({ row, column }) => `${row} ${column}`);
    const held = stage.held;
    stage.camera.position.x += 3 * world.chunkM;
    const startedAtMs = performance.now();
    const gone = () => before.every((key) => !world.chunks.some(({ row, column }) => `${row} ${column}` === key));
    while (!(gone() && world.chunks.length > 0) && performance.now() - startedAtMs < 30_000) {
      world.update(stage.camera);
      await frame();
    }
    const after = world.chunks.map(({ row, column }) => `${row} ${column}`);
    stage.draw();
    world.dispose();
    await world.done;
    stage.sun.dispose();
    stage.draw();
    return { before, after, held, disposed: stage.held, children: stage.scene.children.includes(world) };
  },

  /** A character that walks, seen from before it. */
  async character(url: string, kind: string, frameCount: number) {
    const stage = new Stage(480, 480);
    const client = new MorphogenClient(url);
    const identity = { seed: 3, kind };
    const character = await loadCharacter(client, { identity, clips: ["wave"] });
    stage.scene.add(character);
    stage.renderer.shadowMap.enabled = true;
    stage.sun.castShadow = true;
    stage.sun.position.set(2, 4, 3);
    const floor = new THREE.Mesh(
      new THREE.PlaneGeometry(8, 8).rotateX(-Math.PI / 2),
      new THREE.MeshStandardMaterial({ color: 0x777766 }),
    );
    floor.receiveShadow = true;
    stage.scene.add(floor);
    const script = [{ frame: 0, control: { speedMps: 1.4 } }];
    let played = false;
    const stream = client.playFrames({ identity, poses: true, bestEffort: true, frameCount, script });
    const playing = character.play(stream).then(() => (played = true));
    while (!played) {
      character.update();
      await frame();
    }
    await playing;
    character.update(performance.now() + 1e3);
    stage.scene.updateMatrixWorld(true);
    const at = (name: string) =>
      character.getObjectByName(name)?.getWorldPosition(new THREE.Vector3()).toArray() as number[];
    const joints = Object.fromEntries(
      ["pelvis", "head", "l_ankle", "r_ankle", "l_wrist", "r_wrist"].map((name) => [name, at(name)]),
    );
    const place = character.place.toArray();
    stage.camera.position.set(
      (joints["pelvis"] as number[])[0] as number,
      1.1,
      ((joints["pelvis"] as number[])[2] as number) + 3.2,
    );
    stage.camera.lookAt(joints["pelvis"]?.[0] as number, 0.8, joints["pelvis"]?.[2] as number);
    const seen = stage.coverage();
    const picture = stage.renderer.domElement.toDataURL();
    const { frame: number, clips, description } = character;
    const before = stage.held;
    character.dispose();
    disposeObject(floor);
    stage.draw();
    return {
      joints,
      place,
      seen,
      number,
      clips: clips.map(({ name }) => name),
      heightM: description.heightM,
      picture,
      before,
      after: stage.held,
    };
  },

  /** Pictures of a character on a board; the share of the board that shows it. */
  async frames(url: string, format: "JPEG" | "WEBP") {
    const stage = new Stage(320, 320);
    const texture = new FrameTexture();
    const material = new THREE.MeshBasicMaterial({ map: texture, transparent: true });
    stage.scene.add(new THREE.Mesh(new THREE.PlaneGeometry(2, 2), material));
    stage.camera.position.z = 2.1;
    const wanted = { identity: { seed: 3 }, format: FrameFormat[format], sizePx: 128, bestEffort: true, frameCount: 6 };
    await texture.play(new MorphogenClient(url).playFrames(wanted));
    const seen = stage.coverage();
    const [corner, middle] = stage.colors([0.1, 0.1], [0.5, 0.6]);
    const picture = stage.renderer.domElement.toDataURL();
    const { frame: number } = texture;
    const endless = new MorphogenClient(url).playFrames({ ...wanted, frameCount: 100_000 });
    const playing = texture.play(endless);
    await new Promise((resolve) => setTimeout(resolve, 300));
    texture.dispose();
    await playing;
    const poses = await new FrameTexture()
      .play(new MorphogenClient(url).playFrames({ frameCount: 3 }))
      .catch((error) => error.name);
    return { seen, corner, middle, number, poses, picture };
  },

  /** A whole scene from its binary glTF. */
  async scene(url: string) {
    const stage = new Stage(640, 360);
    const stream = new MorphogenClient(url).generateScene({ landscape: { seed: 7 }, extentM: 64, propLimit: 60 });
    const { model: group, sky } = await loadScene(stream, { lod: 1 });
    stage.light(false);
    stage.scene.add(group);
    stage.scene.background = stage.scene.environment = sky ?? null;
    const box = new THREE.Box3().setFromObject(group);
    const middle = box.getCenter(new THREE.Vector3());
    stage.camera.position.set(middle.x + 30, box.max.y + 4, middle.z + 34);
    stage.camera.lookAt(middle.x, middle.y, middle.z);
    let triangles = 0;
    group.traverse((each) => {
      const { isMesh, geometry } = each as THREE.Mesh;
      triangles +=
        isMesh === true ? ((geometry.index?.count ?? 0) / 3) * ((each as THREE.InstancedMesh).count ?? 1) : 0;
    });
    const seen = stage.coverage();
    const lights: string[] = [];
    group.traverse((each) => ((each as THREE.Light).isLight ? lights.push(each.type) : undefined));
    const picture = stage.renderer.domElement.toDataURL();
    const before = stage.held;
    disposeObject(group);
    stage.scene.background = stage.scene.environment = null;
    sky?.dispose();
    stage.draw();
    return {
      size: box.getSize(new THREE.Vector3()).toArray(),
      triangles,
      seen,
      lights,
      picture,
      before,
      after: stage.held,
    };
  },
};

function kept(): { stage: Stage; world: WorldView } {
  return Reflect.get(globalThis, "kept") as { stage: Stage; world: WorldView };
}

export type Actions = typeof actions;

Object.assign(globalThis, { actions });
