/** The files of a chunk as numbers: what an engine makes land of. */
import { BrokenStreamError } from "./errors.js";
import { decodePng } from "./png.js";
import { type AssetFile, type Files, jsonOf } from "./readers.js";

/** Props of one model: x, y, z in meters from the chunk's first vertex, turn about +Y in degrees, scale; row by row. */
export type Placements = Float32Array;

/** A chunk of a world. Grids have `vertices` x `vertices` points, rows from north to south (+Z), columns to the east (+X). */
export interface Chunk {
  readonly row: number;
  readonly column: number;
  readonly vertices: number;
  /** Where its first vertex lies, in meters. */
  readonly xM: number;
  readonly zM: number;
  /** Edge length in meters. */
  readonly edgeM: number;
  readonly heightM: Float32Array;
  /** Shares of soil, rock and snow, three bytes per vertex; the rest is vegetation. */
  readonly ground: Uint8Array | undefined;
  /** Directions to the east, up and to the south, three bytes per vertex: 255 is 1, 0 is -1. */
  readonly normal: Uint8Array | undefined;
  /** Slope, flow and depth of water (255: 16 m or more), three bytes per vertex. */
  readonly masks: Uint8Array | undefined;
  /** What stands and grows on it, by model; empty if neither "props" nor "cover" came. */
  readonly placements: ReadonlyMap<string, Placements>;
}

/** What the files of a chunk say; "height" is among them. Throws BrokenStreamError. */
export async function decodeChunk(files: Files): Promise<Chunk> {
  const described = documentOf(files, "chunk") as Record<string, number>;
  const { row, column, vertices, height_base_m: baseM, height_step_m: stepM } = described;
  const { x_m: xM, z_m: zM, edge_m: edgeM } = described;
  const [heights, ground, normal, masks] = await Promise.all(
    ["height", "ground", "normal", "masks"].map((name) => gridOf(files.get(name), name, vertices as number)),
  );
  if (heights === undefined) {
    throw new BrokenStreamError("a chunk without its heights");
  }
  const heightM = Float32Array.from(heights, (steps) => (baseM as number) + steps * (stepM as number));
  const placements = new Map([...placementsOf(files, "props"), ...placementsOf(files, "cover")]);
  const bytes = { ground, normal, masks } as Pick<Chunk, "ground" | "normal" | "masks">;
  return { row, column, vertices, xM, zM, edgeM, heightM, placements, ...bytes } as Chunk;
}

/** Height in meters at a place of a chunk, in meters from its first vertex. */
export function heightIn({ vertices, edgeM, heightM }: Chunk, xM: number, zM: number): number {
  const scale = (vertices - 1) / edgeM;
  const [x, z] = [clamped(xM * scale, vertices - 1), clamped(zM * scale, vertices - 1)];
  const [column, row] = [Math.min(Math.floor(x), vertices - 2), Math.min(Math.floor(z), vertices - 2)];
  const [right, down] = [x - column, z - row];
  const at = (below: number, beside: number) => heightM[(row + below) * vertices + column + beside] as number;
  const upper = at(0, 0) * (1 - right) + at(0, 1) * right;
  const lower = at(1, 0) * (1 - right) + at(1, 1) * right;
  return upper * (1 - down) + lower * down;
}

async function gridOf(file: AssetFile | undefined, name: string, vertices: number) {
  if (file === undefined) {
    return undefined;
  }
  const { width, height, channels, values } = await decodePng(file.data);
  if (width !== vertices || height !== vertices || channels !== (name === "height" ? 1 : 3)) {
    throw new BrokenStreamError(`"${name}" of a chunk has ${width} x ${height} x ${channels} numbers`);
  }
  return values;
}

function placementsOf(files: Files, name: string): [string, Placements][] {
  const models = files.has(name) ? (documentOf(files, name) as Record<string, number[][]>) : {};
  return Object.entries(models).map(([model, rows]) => [model, Float32Array.from(rows.flat())]);
}

function documentOf(files: Files, name: string): Record<string, unknown> {
  const file = files.get(name);
  if (file === undefined) {
    throw new BrokenStreamError(`a chunk without its "${name}"`);
  }
  return jsonOf({ sequence: 0, data: file.data });
}

function clamped(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit);
}
