// An endless world and a character in virtual reality. The left stick goes, the right one turns, the trigger has the
// character come to you.
import * as THREE from "three";
import { VRButton } from "three/addons/webxr/VRButton.js";
import { Delivery, MorphogenClient } from "@morphogen/client";
import { WorldView, loadCharacter } from "@morphogen/client/three";
import { failed, makeStage, note, option, server } from "./stage.js";

const client = new MorphogenClient(server);
const viewDistanceM = Number(option("view", 400));
const { renderer, scene, camera, follow } = makeStage({ fogM: viewDistanceM });
const identity = { seed: Number(option("character", 3)) };
renderer.xr.enabled = true;
renderer.xr.setReferenceSpaceType("local-floor");

note("The world is being made.");
const start = {
  landscape: { seed: Number(option("seed", 7)) },
  viewDistanceM,
  verticesMax: Number(option("vertices", 129)), // two pictures 72 times a second leave less time for each
};
const world = new WorldView(client, { start, cover: option("cover", "1") === "1", propReach: [6, 25, 100] });
world.done.catch(failed);
scene.add(world);

// What stands on the ground: the camera goes where the head is, relative to this.
const rig = new THREE.Group();
rig.add(camera);
world.add(rig);
camera.position.y = 1.6;

const ground = (xM, zM) => world.heightAt(xM, zM);
const [hero] = await Promise.all([loadCharacter(client, { identity }, { ground }), world.ready]);
hero.position.set(world.spawn.x, 0, world.spawn.z);
rig.position.set(world.spawn.x, 0, world.spawn.z + 2.5);
world.add(hero);
const stream = client.playFrames({ identity, poses: true, rateHz: 72, delivery: Delivery.LIVE }, { credit: 2 });
stream.control({ action: "wave" });
hero.play(stream).catch(failed);

const controller = renderer.xr.getController(0);
rig.add(controller, renderer.xr.getController(1));
controller.addEventListener("select", comeHere);
document.body.append(VRButton.createButton(renderer, { optionalFeatures: ["local-floor"] }));

/** The character turns to the viewer and walks, until it is there. */
function comeHere() {
  const [dx, dz] = [rig.position.x - hero.position.x - hero.place.x, rig.position.z - hero.position.z - hero.place.z];
  const near = Math.hypot(dx, dz) < 1.5;
  stream.control({ headingDeg: (Math.atan2(dx, dz) * 180) / Math.PI, speedMps: near ? 0 : 1.5, action: "" });
}

const head = new THREE.Vector3();
function goAlong(seconds) {
  for (const { handedness, gamepad } of renderer.xr.getSession()?.inputSources ?? []) {
    const [, , x = 0, y = 0] = gamepad?.axes ?? [];
    if (handedness === "left") {
      const step = new THREE.Vector3(x, 0, y).applyQuaternion(camera.getWorldQuaternion(new THREE.Quaternion()));
      rig.position.addScaledVector(step.setY(0), 2 * seconds);
    } else if (handedness === "right") {
      rig.rotation.y -= 1.5 * x * seconds;
    }
  }
  rig.position.y = ground(rig.position.x, rig.position.z) ?? rig.position.y;
}

let beforeMs = 0;
renderer.setAnimationLoop((nowMs) => {
  goAlong(Math.min(0.1, (nowMs - beforeMs) / 1e3));
  beforeMs = nowMs;
  hero.update();
  camera.getWorldPosition(head);
  follow(head);
  world.update(camera, nowMs);
  renderer.render(scene, camera);
});
note("");
const done = () => ground(rig.position.x, rig.position.z) !== undefined && hero.frame > 0;
globalThis.example = { renderer, camera, world, hero, rig, done };
