// Loads one GLB file with three.js and prints what it found as JSON: node load_gltf.mjs FILE
import { readFile } from "node:fs/promises";
import { AnimationMixer } from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";

// What the loader expects of a browser. Images are not decoded: the header of a PNG or JPEG file tells its size.
globalThis.self = globalThis;
globalThis.createImageBitmap = async (blob) => {
  const file = new DataView(await blob.arrayBuffer());
  if (file.getUint32(0) === 0x89504e47) {
    return { width: file.getUint32(16), height: file.getUint32(20), close() {} };
  }
  if (file.getUint16(0) !== 0xffd8) throw new Error("neither a PNG nor a JPEG image");
  let place = 2; // segment after segment up to the frame's header, 0xffc0 to 0xffc2
  while (![0xffc0, 0xffc1, 0xffc2].includes(file.getUint16(place))) place += 2 + file.getUint16(place + 2);
  return { width: file.getUint16(place + 7), height: file.getUint16(place + 5), close() {} };
};

const [path] = process.argv.slice(2);
const bytes = await readFile(path);
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const { scene, animations } = await new GLTFLoader().parseAsync(buffer, "");
scene.updateMatrixWorld(true);

const found = { meshes: [], lights: [], extras: scene.userData };
scene.traverse((object) => {
  if (object.isDirectionalLight) {
    const from = object.getWorldPosition(object.position.clone());
    const to = object.target.getWorldPosition(object.position.clone());
    found.lights.push({ intensity: object.intensity, direction: to.sub(from).normalize().toArray() });
  }
  if (!object.isMesh) return;
  const { geometry, material } = object;
  const corner = object.position.clone().fromBufferAttribute(geometry.attributes.position, 0);
  const places = Array.from({ length: object.isInstancedMesh ? object.count : 1 }, (_, index) => {
    const matrix = object.matrixWorld.clone();
    if (object.isInstancedMesh) {
      object.getMatrixAt(index, matrix);
      matrix.premultiply(object.matrixWorld);
    }
    return corner.clone().applyMatrix4(matrix).toArray();
  });
  const images = ["map", "normalMap", "roughnessMap", "aoMap"].filter((slot) => material[slot]);
  found.meshes.push({
    name: object.name,
    instanced: Boolean(object.isInstancedMesh),
    triangles: geometry.index.count / 3,
    attributes: Object.keys(geometry.attributes).sort(),
    places, // where the first vertex of each instance lies
    images: Object.fromEntries(images.map((slot) => [slot, material[slot].image.width])),
    repeat: material.map ? material.map.repeat.toArray() : null,
  });
});
found.clips = animations.map((clip) => {
  // Played to its middle: where the first vertices of every skinned mesh are then.
  const mixer = new AnimationMixer(scene);
  mixer.clipAction(clip).play();
  mixer.setTime(clip.duration / 2);
  scene.updateMatrixWorld(true);
  const skins = [];
  scene.traverse((object) => {
    if (!object.isSkinnedMesh) return;
    const { position } = object.geometry.attributes;
    const count = Math.min(200, position.count);
    const vertices = Array.from({ length: count }, (_, index) =>
      object.getVertexPosition(index, object.position.clone()).applyMatrix4(object.matrixWorld).toArray(),
    );
    skins.push({ bones: object.skeleton.bones.map((bone) => bone.name), vertices });
  });
  mixer.stopAllAction();
  return { name: clip.name, duration: clip.duration, tracks: clip.tracks.length, skins };
});
console.log(JSON.stringify(found));
