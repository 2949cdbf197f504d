import { deflateSync } from "node:zlib";
import { expect, inject, it } from "vitest";
import { BrokenStreamError, MorphogenClient, decodeChunk, decodePng, heightIn } from "../src/index.js";

const client = new MorphogenClient(inject("url"));
const landscape = { seed: 5 };
const maps = ["height", "ground", "normal", "masks", "props", "cover"];

/** A PNG file of given rows, each with its filter before it. */
function png(width: number, height: number, depth: number, colorType: number, rows: number[]): Uint8Array<ArrayBuffer> {
  const chunk = (name: string, data: Uint8Array) => {
    const head = new Uint8Array(8);
    new DataView(head.buffer).setUint32(0, data.length);
    head.set(new TextEncoder().encode(name), 4);
    return [...head, ...data, 0, 0, 0, 0];
  };
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([depth, colorType, 0, 0, 0], 8);
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return new Uint8Array([
    ...signature,
    ...chunk("IHDR", header),
    ...chunk("IDAT", deflateSync(Uint8Array.from(rows))),
    ...chunk("IEND", new Uint8Array()),
  ]);
}

it.each([
  ["none", [0, 10, 20, 30, 0, 11, 22, 33]],
  ["left", [1, 10, 10, 10, 1, 11, 11, 11]],
  ["above", [2, 10, 20, 30, 2, 1, 2, 3]],
  ["their mean", [3, 10, 15, 20, 3, 6, 7, 7]],
  ["the nearest of three", [4, 10, 10, 10, 4, 1, 2, 3]],
])("undoes the filter by %s", async (_, rows) => {
  const { values, channels } = await decodePng(png(3, 2, 8, 0, rows));
  expect([channels, ...values]).toEqual([1, 10, 20, 30, 11, 22, 33]);
});

it("reads 16 bits, colors and alpha", async () => {
  expect([...(await decodePng(png(2, 1, 16, 0, [0, 1, 2, 255, 255]))).values]).toEqual([258, 65535]);
  const { channels, values } = await decodePng(png(1, 1, 8, 6, [0, 1, 2, 3, 4]));
  expect([channels, ...values]).toEqual([4, 1, 2, 3, 4]);
});

it("refuses other files", async () => {
  const short = png(2, 2, 8, 0, [0, 1, 2]);
  const damaged = png(2, 1, 8, 0, [0, 1, 2]);
  damaged.fill(7, 43, 47);
  for (const file of [new Uint8Array(40), short, damaged, png(1, 1, 8, 3, [0, 0])]) {
    await expect(decodePng(file)).rejects.toBeInstanceOf(BrokenStreamError);
  }
});

it("reads chunks, which meet in every bit", async () => {
  const chunks = await Promise.all(
    [0, 1].map(async (column) => {
      const { files } = await client.generateChunk({ landscape, row: 0, column, vertices: 129, maps }).result();
      return decodeChunk(files);
    }),
  );
  const [west, east] = chunks as [(typeof chunks)[0], (typeof chunks)[0]];
  expect(west).toMatchObject({ row: 0, column: 0, vertices: 129, xM: 0, zM: 0, edgeM: 512 });
  expect(east.xM).toBe(512);
  const edge = (grid: Float32Array | Uint8Array, column: number, channels: number) =>
    Array.from({ length: 129 }, (_, row) => [
      ...grid.slice((row * 129 + column) * channels, (row * 129 + column + 1) * channels),
    ]);
  expect(edge(west.heightM, 128, 1)).toEqual(edge(east.heightM, 0, 1));
  expect(edge(west.normal as Uint8Array, 128, 3)).toEqual(edge(east.normal as Uint8Array, 0, 3));
  expect(heightIn(west, 512, 256)).toBe(heightIn(east, 0, 256));
  expect(heightIn(west, -9, -9)).toBe(west.heightM[0]);
  const wet = (west.masks as Uint8Array).filter((depth, index) => index % 3 === 2 && depth > 0);
  expect(wet.length).toBeGreaterThan(0);
});

it("reads what stands on it, on the ground", async () => {
  const { files } = await client.generateChunk({ landscape, row: 0, column: 0, maps }).result();
  const chunk = await decodeChunk(files);
  const models = await client.generateWorld({ landscape }).result();
  const glb = Buffer.from(models.files.get("models")?.data as Uint8Array).toString("latin1");
  expect(chunk.placements.size).toBeGreaterThan(3);
  for (const [model, rows] of chunk.placements) {
    expect(glb).toContain(`"${model}"`);
    for (let at = 0; at < rows.length; at += 5) {
      const [x, y, z] = rows.subarray(at, at + 3) as unknown as [number, number, number];
      expect(Math.abs(heightIn(chunk, x, z) - y)).toBeLessThan(1.5); // rocks are sunk in a little
    }
  }
});

it("needs no more of a chunk than its heights", async () => {
  const { files } = await client
    .generateChunk({ landscape, row: 0, column: 0, vertices: 33, maps: ["height"] })
    .result();
  const chunk = await decodeChunk(files);
  expect([chunk.ground, chunk.normal, chunk.masks, chunk.placements.size]).toEqual([
    undefined,
    undefined,
    undefined,
    0,
  ]);
  await expect(decodeChunk(new Map())).rejects.toBeInstanceOf(BrokenStreamError);
});
