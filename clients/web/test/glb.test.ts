import { expect, it } from "vitest";
import { glbAtLod } from "../src/glb.js";
import { BrokenStreamError } from "../src/index.js";

const lods = (...ids: number[]) => ({ MSFT_lod: { ids }, other: {} });
const document = {
  scenes: [{ nodes: [0, 4] }],
  nodes: [{ name: "tree", extensions: lods(1, 2) }, { name: "1" }, { name: "2" }, { name: "3" }, { children: [0, 3] }],
};

function glb(text: string): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(text.padEnd(4 * Math.ceil(text.length / 4)));
  const file = new Uint8Array(20 + json.length + 12);
  const view = new DataView(file.buffer);
  const numbers = [0x46546c67, 2, file.length, json.length, 0x4e4f534a];
  numbers.forEach((number, index) => view.setUint32(4 * index, number, true));
  file.set(json, 20);
  file.set([4, 0, 0, 0, 0x42, 0x49, 0x4e, 0, 1, 2, 3, 4], 20 + json.length);
  return file;
}

function read(file: Uint8Array<ArrayBuffer>) {
  const view = new DataView(file.buffer);
  const end = 20 + view.getUint32(12, true);
  expect(view.getUint32(8, true)).toBe(file.length);
  expect(end % 4).toBe(0);
  expect([...file.subarray(end + 8)]).toEqual([1, 2, 3, 4]);
  return JSON.parse(new TextDecoder().decode(file.subarray(20, end))) as typeof document;
}

it.each([
  [0, 0],
  [1, 1],
  [2, 2],
  [9, 2],
])("takes level of detail %i", (lod, node) => {
  const { scenes, nodes } = read(glbAtLod(glb(JSON.stringify(document)), lod));
  expect(scenes[0]?.nodes).toEqual([node, 4]);
  expect(nodes[4]?.children).toEqual([node, 3]);
  expect(nodes[0]?.extensions).toEqual({ other: {} });
});

it("refuses other files", () => {
  expect(() => glbAtLod(new Uint8Array(30), 1)).toThrow(BrokenStreamError);
  expect(() => glbAtLod(new Uint8Array(3), 1)).toThrow(BrokenStreamError);
});
