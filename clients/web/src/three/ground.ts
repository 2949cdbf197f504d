/** What land looks like: tiles of vegetation, soil, rock and snow, mixed by each vertex' shares. */
import * as THREE from "three";
import { BrokenStreamError } from "../errors.js";
import { decodePng } from "../png.js";
import type { Files } from "../readers.js";
import { GROUND_ATTRIBUTE } from "./terrain.js";

/** The tiles of a world, in the order of their layers. */
export const GROUNDS = ["vegetation", "soil", "rock", "snow"] as const;

/** Edge lengths of a tile over that of a chunk: whole numbers of tiles, so that they go on across chunks. */
const TILES_PER_CHUNK = { near: 128, middle: 24, far: 3 };

/** The tiles of GenerateWorld as layers of one texture. */
export async function groundTiles(files: Files): Promise<THREE.DataArrayTexture> {
  const tiles = await Promise.all(GROUNDS.map(async (name) => decodePng(filed(files, name))));
  const [{ width, height }] = tiles as [(typeof tiles)[0]];
  const texels = new Uint8Array(4 * width * height * tiles.length).fill(255);
  tiles.forEach((tile, layer) => {
    if (tile.width !== width || tile.height !== height || tile.channels !== 3) {
      throw new BrokenStreamError(`the tile "${GROUNDS[layer]}" is not like the others`);
    }
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      texels.set(tile.values.subarray(3 * pixel, 3 * pixel + 3), 4 * (layer * width * height + pixel));
    }
  });
  const texture = new THREE.DataArrayTexture(texels, width, height, tiles.length);
  texture.colorSpace = THREE.SRGBColorSpace;
  texture.wrapS = texture.wrapT = THREE.RepeatWrapping;
  texture.magFilter = THREE.LinearFilter;
  texture.minFilter = THREE.LinearMipmapLinearFilter;
  texture.generateMipmaps = true;
  texture.anisotropy = 4;
  texture.needsUpdate = true;
  return texture;
}

/** The material of all chunks of a world, for WebGLRenderer. */
export function groundMaterial(tiles: THREE.DataArrayTexture, chunkM: number, seaLevelM: number) {
  const material = new THREE.MeshStandardMaterial({ roughness: 0.95 });
  const { near, middle, far } = TILES_PER_CHUNK;
  const perM = new THREE.Vector3(near, middle, far).divideScalar(chunkM);
  material.onBeforeCompile = (shader) => {
    const uniforms = { tiles, perM, seaLevelM, usualLight: meanLight(tiles) };
    for (const [name, value] of Object.entries(uniforms)) {
      shader.uniforms[name] = { value };
    }
    shader.vertexShader = shader.vertexShader
      .replace("#include <common>", `#include <common>\n${VERTEX_HEAD}`)
      .replace("#include <begin_vertex>", `#include <begin_vertex>\n${VERTEX_BODY}`);
    shader.fragmentShader = shader.fragmentShader
      .replace("#include <common>", `#include <common>\n${FRAGMENT_HEAD}`)
      .replace("#include <map_fragment>", "Ground land = groundAt();\ndiffuseColor.rgb *= land.color;")
      .replace(
        "#include <roughnessmap_fragment>",
        "#include <roughnessmap_fragment>\nroughnessFactor = land.roughness;",
      );
  };
  material.customProgramCacheKey = () => "morphogen ground";
  return material;
}

const VERTEX_HEAD = `
attribute vec4 ${GROUND_ATTRIBUTE};
varying vec3 landShares;
varying vec3 landPlace;
varying vec3 landNormal;`;

const VERTEX_BODY = `
landShares = ${GROUND_ATTRIBUTE}.xyz;
landPlace = position;
landNormal = normal;`;

const FRAGMENT_HEAD = `
uniform lowp sampler2DArray tiles;
uniform vec3 perM;
uniform float seaLevelM;
uniform float usualLight;
varying vec3 landShares;
varying vec3 landPlace;
varying vec3 landNormal;

struct Ground { vec3 color; float roughness; };

// Where a fragment lies on a plane, with the derivatives that choose its mipmap: branches may not ask for them.
struct Plane { vec2 at; vec2 dx; vec2 dy; };

// A tile near by, and larger ones above it that break up its repetition.
vec3 tile(float layer, Plane plane) {
  vec3 near = textureGrad(tiles, vec3(plane.at * perM.x, layer), plane.dx * perM.x, plane.dy * perM.x).rgb;
  vec3 wide = textureGrad(tiles, vec3(plane.at.yx * perM.y, layer), plane.dx.yx * perM.y, plane.dy.yx * perM.y).rgb;
  return mix(near, wide, 0.45);
}

Ground groundAt() {
  vec3 dx = dFdx(landPlace), dy = dFdy(landPlace);
  Plane level = Plane(landPlace.xz, dx.xz, dy.xz);
  vec4 share = vec4(max(0.0, 1.0 - landShares.x - landShares.y - landShares.z), landShares);
  vec3 color[4];
  // Where two meet, the brighter texels of each lie on top: no smear, but grass between stones.
  vec4 weight = vec4(0.0);
  for (int layer = 0; layer < 4; layer++) {
    color[layer] = vec3(0.0);
    if (share[layer] > 0.004) {
      color[layer] = tile(float(layer), level);
      if (layer == 2) {
        vec3 facing = pow(abs(normalize(landNormal)), vec3(4.0));
        facing /= facing.x + facing.y + facing.z;
        if (facing.y < 0.95) { // a tile seen from above would be drawn out on cliffs
          vec3 east = tile(2.0, Plane(landPlace.zy, dx.zy, dy.zy));
          vec3 south = tile(2.0, Plane(landPlace.xy, dx.xy, dy.xy));
          color[2] = color[2] * facing.y + east * facing.x + south * facing.z;
        }
      }
      weight[layer] = share[layer] + 0.5 * dot(color[layer], vec3(0.333)) * min(1.0, 4.0 * share[layer]);
    }
  }
  float highest = max(max(weight.x, weight.y), max(weight.z, weight.w));
  weight = max(weight - highest + 0.2, 0.0) * step(0.004, share);
  weight /= weight.x + weight.y + weight.z + weight.w;
  Ground ground;
  ground.color = color[0] * weight.x + color[1] * weight.y + color[2] * weight.z + color[3] * weight.w;
  float patches = dot(textureGrad(tiles, vec3(landPlace.xz * perM.z, 0.0), dx.xz * perM.z, dy.xz * perM.z).rgb, vec3(0.333));
  ground.color *= clamp(0.6 + 0.4 * patches / usualLight, 0.7, 1.3);
  float depthM = seaLevelM - landPlace.y;
  ground.color *= mix(vec3(1.0), vec3(0.35, 0.5, 0.55), clamp(depthM / 4.0, 0.0, 1.0)) * mix(1.0, 0.7, smoothstep(-0.6, 0.0, depthM));
  ground.roughness = dot(weight, vec4(0.95, 0.97, 0.85, 0.6));
  return ground;
}`;

/** Mean brightness of the first tile, linear, 0 to 1. */
function meanLight({ image: { data, width, height } }: THREE.DataArrayTexture): number {
  let sum = 0;
  const color = new THREE.Color();
  const [texels, step] = [data as Uint8Array, 16];
  for (let at = 0; at < 4 * width * height; at += 4 * step) {
    color.setRGB(
      (texels[at] as number) / 255,
      (texels[at + 1] as number) / 255,
      (texels[at + 2] as number) / 255,
      "srgb",
    );
    sum += (color.r + color.g + color.b) / 3;
  }
  return Math.max(0.01, (sum * step) / (width * height));
}

function filed(files: Files, name: string): Uint8Array<ArrayBuffer> {
  const file = files.get(name);
  if (file === undefined) {
    throw new BrokenStreamError(`the world came without "${name}"`);
  }
  return file.data;
}
