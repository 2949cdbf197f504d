import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, inject, it } from "vitest";

const run = promisify(execFile);

it("runs as built", async () => {
  await run("npm", ["run", "build"]);
  const folder = await mkdtemp(join(tmpdir(), "morphogen-"));
  const { stdout } = await run("node", ["examples/texture.mjs", inject("url"), "brick", folder]);
  expect(stdout).toMatch(/^64 px: albedo, .*\n128 px: .*\n256 px: .*\n6 files in /);
  expect((await readdir(folder)).length).toBe(6);
  expect((await readFile(join(folder, "albedo.png"))).subarray(1, 4).toString()).toBe("PNG");
  const failed = await run("node", ["examples/texture.mjs", inject("url"), "nothing"]).catch((error: unknown) => error);
  expect((failed as { stderr: string }).stderr).toMatch(/^InvalidRequestError: texture_class: /);
});
