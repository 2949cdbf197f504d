// A character that you walk through an endless world: arrow keys, or W, A, S, D; shift runs, space waves.
import * as THREE from "three";
import { Delivery, MorphogenClient } from "@morphogen/client";
import { WorldView, loadCharacter } from "@morphogen/client/three";
import { failed, keys, makeStage, note, option, server } from "./stage.js";

const client = new MorphogenClient(server);
const viewDistanceM = Number(option("view", 500));
const { renderer, scene, camera, follow } = makeStage({ fogM: viewDistanceM });
const landscape = { seed: Number(option("seed", 7)) };
const identity = { seed: Number(option("character", 3)) };

note("The world is being made.");
const start = { landscape, viewDistanceM, verticesMax: Number(option("vertices", 257)) };
const world = new WorldView(client, { start });
world.done.catch(failed);
scene.add(world);
const ground = (xM, zM) => world.heightAt(xM, zM);
const [hero] = await Promise.all([loadCharacter(client, { identity }, { ground }), world.ready]);
hero.position.set(world.spawn.x, 0, world.spawn.z);
world.add(hero);
const stream = client.playFrames({ identity, poses: true, rateHz: 60, delivery: Delivery.LIVE }, { credit: 2 });
hero.play(stream).catch(failed);

let headingDeg = Number(option("heading", 0));
let said = "";
function steer(seconds) {
  const held = (...names) => names.some((name) => keys.has(name));
  headingDeg += (held("ArrowLeft", "KeyA") ? 90 * seconds : 0) - (held("ArrowRight", "KeyD") ? 90 * seconds : 0);
  const forward = held("ArrowUp", "KeyW") || option("walk") === "1";
  const speedMps = forward ? (held("ShiftLeft", "ShiftRight") ? 5 : 1.6) : 0;
  const control = { headingDeg, speedMps, action: held("Space") ? "wave" : "" };
  if (said !== JSON.stringify(control)) {
    said = JSON.stringify(control);
    stream.control(control);
  }
}

const aim = new THREE.Vector3();
let beforeMs = performance.now();
renderer.setAnimationLoop((nowMs) => {
  steer((nowMs - beforeMs) / 1e3);
  beforeMs = nowMs;
  hero.update();
  aim.copy(hero.place).add(hero.position);
  const back = THREE.MathUtils.degToRad(headingDeg + 180);
  camera.position.set(aim.x + 4 * Math.sin(back), 0, aim.z + 4 * Math.cos(back));
  const below = ground(camera.position.x, camera.position.z) ?? aim.y;
  camera.position.y = Math.max(aim.y + 1.6, below + 0.6);
  camera.lookAt(aim.x, aim.y + 1, aim.z);
  follow(aim);
  world.update(camera);
  renderer.render(scene, camera);
  note(`${world.chunks.length} chunks, ${world.propCount} props, frame ${hero.frame}`);
});
globalThis.example = {
  renderer,
  world,
  hero,
  done: () => world.heightAt(aim.x, aim.z) !== undefined && hero.frame > 0,
};
