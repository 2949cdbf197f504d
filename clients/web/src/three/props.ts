/** What stands and grows on the land: all instances of a model in one draw call, coarser the farther away they are. */
import * as THREE from "three";
import type { GLTF } from "three/addons/loaders/GLTFLoader.js";
import type { Placements } from "../chunk.js";

/** How far each level of detail is shown, in multiples of the model's radius; beyond the last one nothing is. */
export type PropReach = readonly [fine: number, middle: number, coarse: number];

interface Patch {
  readonly xM: number;
  readonly zM: number;
  readonly placements: ReadonlyMap<string, Placements>;
}

const ROW = 5;

/** Instances of a world's models. `arrange` them around a viewer when it has moved, or chunks have come or gone. */
export class Props extends THREE.Group {
  private readonly patches = new Map<string, Patch>();
  /** Meshes of each model's level of detail, one for each of its materials; none until the first instance is shown. */
  private readonly shown = new Map<string, readonly THREE.InstancedMesh[]>();
  private readonly radiiM: ReadonlyMap<string, number>;

  constructor(
    private readonly models: ReadonlyMap<string, readonly (readonly THREE.Mesh[])[]>,
    private readonly reach: PropReach,
    private readonly shadows: boolean,
  ) {
    super();
    this.radiiM = new Map([...models].map(([model, [finest = []]]) => [model, radiusOf(finest)]));
  }

  set(key: string, patch: Patch): void {
    if (patch.placements.size > 0) {
      this.patches.set(key, patch);
    } else {
      this.patches.delete(key);
    }
  }

  delete(key: string): void {
    this.patches.delete(key);
  }

  /** Number of instances that are shown. */
  get instanceCount(): number {
    return [...this.shown.values()].reduce((sum, [mesh]) => sum + (mesh?.count ?? 0), 0);
  }

  /** Show what is near enough to a place. Matrices are relative to it: far from the origin floats are coarse. */
  arrange(xM: number, zM: number): void {
    this.position.set(xM, 0, zM);
    const matrices = new Map<string, number[]>();
    for (const patch of this.patches.values()) {
      for (const [model, rows] of patch.placements) {
        this.sort(model, rows, patch.xM - xM, patch.zM - zM, matrices);
      }
    }
    for (const [name, meshes] of this.shown) {
      if (!matrices.has(name)) {
        for (const mesh of meshes) {
          mesh.count = 0;
        }
      }
    }
    for (const [name, numbers] of matrices) {
      this.fill(name, numbers);
    }
  }

  override dispose(): void {
    this.removeFromParent();
    for (const mesh of [...this.shown.values()].flat()) {
      mesh.dispose();
    }
    for (const { geometry, material } of [...this.models.values()].flat(2)) {
      geometry.dispose();
      [material].flat().forEach((each) => each.dispose());
    }
  }

  private sort(model: string, rows: Placements, xM: number, zM: number, matrices: Map<string, number[]>): void {
    const levelCount = this.models.get(model)?.length ?? 0;
    const radiusM = this.radiiM.get(model) ?? 0;
    for (let at = 0; at + ROW <= rows.length; at += ROW) {
      const [x, y, z, turn, scale] = rows.subarray(at, at + ROW) as unknown as [number, number, number, number, number];
      const distanceM = Math.hypot(x + xM, z + zM);
      const level = this.reach.findIndex((radii) => distanceM < radii * radiusM * scale);
      if (level < 0 || levelCount === 0) {
        continue;
      }
      const name = `${model} ${Math.min(level, levelCount - 1)}`;
      const numbers = matrices.get(name) ?? [];
      matrices.set(name, numbers);
      const [cos, sin] = [scale * Math.cos((turn * Math.PI) / 180), scale * Math.sin((turn * Math.PI) / 180)];
      numbers.push(cos, 0, -sin, 0, 0, scale, 0, 0, sin, 0, cos, 0, x + xM, y, z + zM, 1);
    }
  }

  private fill(name: string, numbers: readonly number[]): void {
    const count = numbers.length / 16;
    for (const mesh of this.meshes(name, count)) {
      (mesh.instanceMatrix.array as Float32Array).set(numbers);
      mesh.count = count;
      mesh.instanceMatrix.needsUpdate = true;
      mesh.computeBoundingSphere();
    }
  }

  /** The meshes of a model's level, with room for so many instances. */
  private meshes(name: string, count: number): readonly THREE.InstancedMesh[] {
    const known = this.shown.get(name);
    if (known !== undefined && (known[0]?.instanceMatrix.count ?? count) >= count) {
      return known;
    }
    for (const mesh of known ?? []) {
      mesh.removeFromParent();
      mesh.dispose();
    }
    const [model = "", level = "0"] = name.split(" ");
    const room = 2 ** Math.ceil(Math.log2(count));
    const meshes = (this.models.get(model)?.[Number(level)] ?? []).map(({ geometry, material }) => {
      const mesh = new THREE.InstancedMesh(geometry, material, room);
      [mesh.castShadow, mesh.receiveShadow] = [this.shadows, this.shadows];
      return mesh;
    });
    this.shown.set(name, meshes);
    this.add(...meshes);
    return meshes;
  }
}

/** The meshes of each model in the file "models", by level of detail, finest first. */
export async function modelLevels({ parser }: GLTF): Promise<Map<string, readonly (readonly THREE.Mesh[])[]>> {
  const nodes = parser.json.nodes as { name: string; extensions?: { MSFT_lod?: { ids: number[] } } }[];
  const roots = (parser.json.scenes[0].nodes as number[]).map((index) => [index, nodes[index]] as const);
  const models = roots.map(async ([index, node]) => {
    const indices = [index, ...(node?.extensions?.MSFT_lod?.ids ?? [])];
    return [node?.name ?? "", await Promise.all(indices.map((each) => meshesOf(parser, each)))] as const;
  });
  return new Map(await Promise.all(models));
}

function radiusOf(meshes: readonly THREE.Mesh[]): number {
  const box = new THREE.Box3();
  for (const { geometry } of meshes) {
    geometry.computeBoundingBox();
    box.union(geometry.boundingBox as THREE.Box3);
  }
  return box.getSize(new THREE.Vector3()).length() / 2;
}

async function meshesOf(parser: GLTF["parser"], index: number): Promise<THREE.Mesh[]> {
  const meshes: THREE.Mesh[] = [];
  ((await parser.getDependency("node", index)) as THREE.Object3D).traverse((each) => {
    if ((each as THREE.Mesh).isMesh) {
      meshes.push(each as THREE.Mesh);
    }
  });
  return meshes;
}
