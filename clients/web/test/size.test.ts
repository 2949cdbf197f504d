import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";

it("fits into 60 KiB gzipped, with everything that it needs", async () => {
  const made = await build({
    entryPoints: ["src/index.ts"],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  const size = gzipSync(made.outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
  console.log(`bundle: ${(size / 1024).toFixed(1)} KiB gzipped`);
  expect(size).toBeLessThan(60 * 1024);
});
