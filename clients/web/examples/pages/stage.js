// What all pages share: a server, a renderer, a sky, a sun, keys that are held down.
import * as THREE from "three";

const options = new URLSearchParams(location.search);

/** `?name=value` of the page's address. */
export const option = (name, otherwise) => options.get(name) ?? otherwise;

/** The server that serves the page, or `?server=http://...` */
export const server = option("server", location.origin);

const HORIZON = 0xc4d9e8;

export function makeStage({ far = 1500, fogM = 600 } = {}) {
  const renderer = new THREE.WebGLRenderer({ antialias: option("antialias", "1") === "1" });
  renderer.toneMapping = THREE.ACESFilmicToneMapping;
  renderer.shadowMap.enabled = option("shadows", "1") === "1";
  document.body.append(renderer.domElement);
  const scene = new THREE.Scene();
  scene.fog = new THREE.Fog(HORIZON, 0.25 * fogM, fogM);
  const camera = new THREE.PerspectiveCamera(60, 1, 0.1, far);
  const sun = new THREE.DirectionalLight(0xfff1dc, 3);
  sun.castShadow = true;
  sun.shadow.mapSize.set(2048, 2048);
  sun.shadow.bias = -0.0005;
  sun.shadow.normalBias = 0.05;
  Object.assign(sun.shadow.camera, { left: -50, right: 50, top: 50, bottom: -50, far: 400 });
  const dome = makeDome();
  scene.add(sun, sun.target, dome, new THREE.HemisphereLight(0xbfd8ff, 0x6b6046, 1.4));

  const fit = () => {
    renderer.setSize(innerWidth, innerHeight);
    camera.aspect = innerWidth / innerHeight;
    camera.updateProjectionMatrix();
  };
  addEventListener("resize", fit);
  fit();
  /** Sun and sky go along with whoever looks. */
  const follow = ({ x, y, z }) => {
    dome.position.set(x, y, z);
    sun.target.position.set(x, y, z);
    sun.position.set(x + 80, y + 120, z + 60);
  };
  return { renderer, scene, camera, follow };
}

/** Blue above, pale at the horizon. */
function makeDome() {
  const geometry = new THREE.SphereGeometry(100, 24, 16);
  const [above, horizon, color] = [new THREE.Color(0x3f78bd), new THREE.Color(HORIZON), new THREE.Color()];
  const colors = [];
  for (let index = 0; index < geometry.attributes.position.count; index += 1) {
    const height = Math.max(0, geometry.attributes.position.getY(index) / 100);
    color.lerpColors(horizon, above, height ** 0.6).toArray(colors, 3 * index);
  }
  geometry.setAttribute("color", new THREE.Float32BufferAttribute(colors, 3));
  const paint = { vertexColors: true, side: THREE.BackSide, fog: false, depthWrite: false, depthTest: false };
  const dome = new THREE.Mesh(geometry, new THREE.MeshBasicMaterial({ ...paint, toneMapped: false }));
  dome.renderOrder = -1;
  return dome;
}

/** The keys that are held down now. */
export const keys = new Set();
addEventListener("keydown", ({ code }) => keys.add(code));
addEventListener("keyup", ({ code }) => keys.delete(code));
addEventListener("blur", () => keys.clear());

/** A line at the upper left. */
export function note(text) {
  document.querySelector("#note").textContent = text;
}

/** An error is something that its user should read. */
export const failed = (error) => note(`${error.name}: ${error.message}`);
