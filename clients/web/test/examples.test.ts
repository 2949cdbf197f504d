/** The examples for Node, as built. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, inject, it } from "vitest";

const run = promisify(execFile);

beforeAll(async () => {
  await run("npm", ["run", "build"]);
});

async function printed(example: string, ...args: string[]): Promise<string> {
  return (await run("node", [`examples/${example}`, inject("url"), ...args])).stdout;
}

it("streams a texture", async () => {
  const folder = await mkdtemp(join(tmpdir(), "morphogen-"));
  expect(await printed("01_texture.mjs", "brick", folder)).toMatch(
    /^64 px: albedo, .*\n128 px: .*\n256 px: .*\n6 files in /,
  );
  expect((await readdir(folder)).length).toBe(6);
  expect((await readFile(join(folder, "albedo.png"))).subarray(1, 4).toString()).toBe("PNG");
  const failed = await printed("01_texture.mjs", "nothing").catch((error: unknown) => error);
  expect((failed as { stderr: string }).stderr).toMatch(/^InvalidRequestError: texture_class: /);
});

it("makes a level", async () => {
  const lines = (await printed("02_level.mjs")).trimEnd().split("\n");
  expect(lines.filter((line) => line.startsWith("step with")).length).toBeGreaterThan(1);
  expect(lines.filter((line) => /^\S{24}$/.test(line))).toHaveLength(24);
});

it("walks through a world", async () => {
  const lines = (await printed("03_world.mjs")).trimEnd().split("\n");
  expect(lines.map((line) => /^at (\d+) m: -?\d+\.\d m high/.exec(line)?.[1])).toEqual([
    "256",
    "506",
    "756",
    "1006",
    "1256",
  ]);
});

it("steers a character", async () => {
  const folder = await mkdtemp(join(tmpdir(), "morphogen-"));
  expect(await printed("04_character.mjs", folder)).toMatch(/frame 75: .* after 2 controls\n19 joints/);
  expect((await readFile(join(folder, "goblin.glb"))).subarray(0, 4).toString()).toBe("glTF");
});
