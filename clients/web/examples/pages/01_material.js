// A material that gets sharper while it is being made.
import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { MorphogenClient } from "@morphogen/client";
import { StreamedMaterial } from "@morphogen/client/three";
import { failed, makeStage, note, option, server } from "./stage.js";

const client = new MorphogenClient(server);
const { renderer, scene, camera, follow } = makeStage();
camera.position.set(0, 1.6, 3.2);
const controls = new OrbitControls(camera, renderer.domElement);
const ball = new THREE.Mesh(new THREE.SphereGeometry(0.8, 96, 48));
const floor = new THREE.Mesh(new THREE.PlaneGeometry(6, 6).rotateX(-Math.PI / 2).translate(0, -0.8, 0));
ball.castShadow = floor.receiveShadow = true;
scene.add(ball, floor);
let streamed;

function show(textureClass) {
  streamed?.dispose();
  const request = { textureClass, seed: Number(option("seed", 7)), sizePx: 512 };
  const onLod = (lodPx) => note(`${textureClass}: ${lodPx} pixels`);
  streamed = new StreamedMaterial(client.generateTexture(request), { repeat: [3, 2], onLod });
  ball.material = floor.material = streamed.material;
  streamed.done.catch(failed);
}

const select = document.querySelector("select");
select.onchange = () => show(select.value);
const [texgen] = await client.catalog("texture");
select.append(...texgen.classes.map((name) => new Option(name)));
select.value = option("class", "brick");
show(select.value);
renderer.setAnimationLoop(() => {
  controls.update();
  follow(ball.position);
  renderer.render(scene, camera);
});
globalThis.example = { renderer, done: () => streamed.lodPx === 512 };
