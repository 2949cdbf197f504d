/** An endless world as one object, which streams what its viewer sees. */
import * as THREE from "three";
import { type Chunk, decodeChunk, heightIn } from "../chunk.js";
import type { MorphogenClient } from "../client.js";
import { BrokenStreamError, CancelledError } from "../errors.js";
import { type ChunkPlace, type ExploreStart, type WorldEvent, WorldStream } from "../world.js";
import { groundMaterial, groundTiles } from "./ground.js";
import { type PropReach, Props, modelLevels } from "./props.js";
import { loadGlb } from "./scene.js";
import { terrainGeometry, waterGeometry } from "./terrain.js";

export interface WorldViewOptions {
  /** Landscape, view distance, most vertices and the rest, as for `exploreWorld`; `maps` is chosen here. */
  readonly start?: Omit<ExploreStart, "maps">;
  /** Whether there are trees, stones and the like; true by default. */
  readonly props?: boolean;
  /** Whether grass tufts, flowers and the like grow near the viewer; true by default. */
  readonly cover?: boolean;
  /** Whether there is water; true by default. */
  readonly water?: boolean;
  /** Whether land takes and props cast shadows; true by default. The light and the renderer decide the rest. */
  readonly shadows?: boolean;
  /** How far props are shown, finest, coarser and coarsest, in multiples of their radius; [12, 45, 180] by default. */
  readonly propReach?: PropReach;
}

interface Shown {
  readonly chunk: Chunk;
  readonly land: THREE.Mesh;
  readonly water: THREE.Mesh | undefined;
}

const MOVE_INTERVAL_MS = 100;
const ARRANGE_DISTANCE_M = 16;
const SEA_REACH = 8;

/**
 * Add it to a scene, await `ready`, put the camera where `spawn` says, and call `update` with it before each picture: the
 * world follows. Positions inside are the world's meters: +X east, +Y up, +Z south.
 */
export class WorldView extends THREE.Group {
  /** The world is known, with its tiles and models: `spawn` and `chunkM` are set. */
  readonly ready: Promise<void>;
  /** Everything that was in view at first is shown. */
  readonly settled: Promise<void>;
  /** The exploration is over; rejects if it failed. */
  readonly done: Promise<void>;
  /** Where a viewer begins: dry land. Its height is known when the chunk below has come. */
  readonly spawn = new THREE.Vector3();
  chunkM = 0;
  private readonly stream: WorldStream;
  private readonly shown = new Map<string, Shown>();
  private place: THREE.Vector3 | undefined;
  private movedAtMs = 0;
  private arrangedAt: THREE.Vector3 | undefined;
  private disposed = false;
  private land: THREE.MeshStandardMaterial | undefined;
  private tiles: THREE.DataArrayTexture | undefined;
  private instances: Props | undefined;
  private sea: THREE.Mesh | undefined;
  private seaLevelM = 0;
  private readonly water = new THREE.MeshStandardMaterial({
    color: 0x1d4a5c,
    roughness: 0.12,
    metalness: 0.1,
    transparent: true,
    opacity: 0.8,
  });

  constructor(
    private readonly client: MorphogenClient,
    private readonly options: WorldViewOptions = {},
  ) {
    super();
    const { props = true, cover = true, water = true, start = {} } = options;
    const wanted = { height: true, ground: true, normal: true, masks: water, props, cover: props && cover };
    const maps = Object.entries(wanted).flatMap(([name, included]) => (included ? [name] : []));
    this.stream = client.exploreWorld({ ...start, maps });
    this.ready = this.prepare();
    let settle: () => void = () => {};
    this.settled = new Promise((resolve, reject) => {
      settle = resolve;
      this.ready.catch(reject);
    });
    this.done = this.ready.then(() => this.follow(settle));
    this.settled.catch(() => {}); // whoever does not ask is not told
    this.done.catch(() => {});
  }

  /** Chunks that are shown, with their vertices. */
  get chunks(): readonly ChunkPlace[] {
    return [...this.shown.values()].map(({ chunk: { row, column, vertices } }) => ({ row, column, vertices }));
  }

  /** Props that are shown. */
  get propCount(): number {
    return this.instances?.instanceCount ?? 0;
  }

  /** Height of the land in meters; undefined where no chunk has come. */
  heightAt(xM: number, zM: number): number | undefined {
    const chunk = this.shown.get(`${Math.floor(zM / this.chunkM)} ${Math.floor(xM / this.chunkM)}`)?.chunk;
    return chunk === undefined ? undefined : heightIn(chunk, xM - chunk.xM, zM - chunk.zM);
  }

  /** The viewer is where that object is. Cheap; call it before each picture. */
  update(viewer: THREE.Object3D, nowMs = performance.now()): void {
    if (this.chunkM === 0) {
      return;
    }
    const place = this.worldToLocal(viewer.getWorldPosition(new THREE.Vector3()));
    this.move(place, nowMs);
    this.sea?.position.set(place.x, this.seaLevelM, place.z);
    if (this.arrangedAt === undefined || this.arrangedAt.distanceTo(place) > ARRANGE_DISTANCE_M) {
      this.instances?.arrange(place.x, place.z);
      this.arrangedAt = place;
    }
  }

  /** Stops the exploration and lets go of everything. */
  override dispose(): void {
    this.disposed = true;
    this.stream.cancel();
    this.removeFromParent();
    for (const key of [...this.shown.keys()]) {
      this.hide(key);
    }
    this.instances?.dispose();
    this.sea?.geometry.dispose();
    this.tiles?.dispose();
    this.land?.dispose();
    this.water.dispose();
  }

  private async prepare(): Promise<void> {
    const { landscape } = this.options.start ?? {};
    const { files } = await this.client.generateWorld(landscape === undefined ? {} : { landscape }).result();
    const models = files.get("models");
    if (models === undefined) {
      throw new BrokenStreamError('the world came without "models"');
    }
    const tiles = await groundTiles(files);
    const levels = this.options.props === false ? undefined : await modelLevels(await loadGlb(models));
    const world = JSON.parse(new TextDecoder().decode(files.get("world")?.data)) as WorldDocument;
    this.tiles = tiles;
    this.land = groundMaterial(tiles, world.chunk_m, world.sea_level_m);
    this.seaLevelM = world.sea_level_m;
    if (levels !== undefined) {
      const { propReach = [12, 45, 180], shadows = true } = this.options;
      this.instances = new Props(levels, propReach, shadows);
      this.add(this.instances);
    }
    if (this.options.water !== false) {
      const reachM = SEA_REACH * world.chunk_m;
      this.sea = new THREE.Mesh(new THREE.PlaneGeometry(2 * reachM, 2 * reachM).rotateX(-Math.PI / 2), this.water);
      this.sea.receiveShadow = this.options.shadows ?? true;
      this.add(this.sea);
    }
    const { viewer } = this.options.start ?? {};
    this.spawn.set(viewer?.xM ?? world.spawn.x_m, 0, viewer?.zM ?? world.spawn.z_m);
    this.chunkM = world.chunk_m;
    if (this.disposed) {
      this.dispose();
    }
  }

  private async follow(settle: () => void): Promise<void> {
    try {
      for await (const event of this.stream) {
        await this.take(event);
        if (event.kind === "settled") {
          settle();
        }
      }
    } catch (error) {
      if (!(this.disposed && error instanceof CancelledError)) {
        throw error;
      }
    }
  }

  private async take(event: WorldEvent): Promise<void> {
    if (event.kind === "chunk") {
      const chunk = await decodeChunk(event.files);
      if (!this.disposed) {
        this.show(chunk);
      }
    } else if (event.kind === "evicted") {
      for (const { row, column } of event.places) {
        this.hide(`${row} ${column}`);
      }
    }
  }

  /** Show a chunk instead of what was there before. */
  private show(chunk: Chunk): void {
    const key = `${chunk.row} ${chunk.column}`;
    const land = new THREE.Mesh(terrainGeometry(chunk), this.land);
    const sheet = this.options.water === false ? undefined : waterGeometry(chunk, this.seaLevelM);
    const water = sheet && new THREE.Mesh(sheet, this.water);
    for (const mesh of water === undefined ? [land] : [land, water]) {
      mesh.position.set(chunk.xM, 0, chunk.zM);
      mesh.receiveShadow = this.options.shadows ?? true;
      this.add(mesh);
    }
    this.hide(key);
    this.shown.set(key, { chunk, land, water });
    this.instances?.set(key, chunk);
    this.arrangedAt = undefined;
    const groundM = this.heightAt(this.spawn.x, this.spawn.z);
    this.spawn.y = groundM ?? this.spawn.y;
  }

  private hide(key: string): void {
    const { land, water } = this.shown.get(key) ?? {};
    for (const mesh of [land, water]) {
      mesh?.removeFromParent();
      mesh?.geometry.dispose();
    }
    this.shown.delete(key);
    this.instances?.delete(key);
    this.arrangedAt = undefined;
  }

  private move(place: THREE.Vector3, nowMs: number): void {
    const seconds = (nowMs - this.movedAtMs) / 1e3;
    const before = this.place;
    if (seconds * 1e3 < MOVE_INTERVAL_MS || before?.equals(place)) {
      return;
    }
    const { x, z } = before ?? place;
    const [velocityX, velocityZ] = [limited((place.x - x) / seconds), limited((place.z - z) / seconds)];
    this.stream.move({ xM: place.x, zM: place.z, velocityX, velocityZ });
    this.place = place;
    this.movedAtMs = nowMs;
  }
}

interface WorldDocument {
  readonly chunk_m: number;
  readonly sea_level_m: number;
  readonly spawn: { readonly x_m: number; readonly z_m: number };
}

const SPEED_MAX = 300;

/** A jump is no speed: what lies along its way will not be seen. */
function limited(speed: number): number {
  return Math.abs(speed) > SPEED_MAX ? 0 : speed;
}
