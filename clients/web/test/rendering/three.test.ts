import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { bundled, installed, launched, openedAt, running } from "../chromium.js";
import type { Actions } from "./three_page.js";

const url = inject("url");
/** Pictures of what was rendered, for whoever wants to look. */
const shots = join(tmpdir(), "morphogen-web");

/** Rendered by SwiftShader: slow, and the same everywhere. Without Chromium these tests are skipped. */
describe.skipIf(!installed)("three.js in Chromium", () => {
  let browser: Browser;
  let page: Page;
  let run: ReturnType<typeof running<Actions>>;

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    browser = await launched({ webgl: true });
    page = await openedAt(browser, new URL("/three.html", url).href, await bundled("test/rendering/three_page.ts"));
    await page.setViewportSize({ width: 640, height: 400 });
    run = running<Actions>(page);
  });
  afterAll(() => browser?.close());

  const shot = (name: string) => page.screenshot({ path: join(shots, `${name}.png`), timeout: 60_000 });
  const keep = (name: string, picture: string) =>
    writeFileSync(join(shots, `${name}.png`), Buffer.from(picture.slice(picture.indexOf(",") + 1), "base64"));

  it("sharpens a material as its levels of detail arrive", async () => {
    const seen = await run("material", url, "brick", 256);
    keep("material", seen.picture);
    expect(seen.lods).toEqual([
      [64, 64],
      [128, 128],
      [256, 256],
    ]);
    expect(seen.spaces).toEqual(["srgb", "", "", "", ""]);
    expect(seen.gray.share).toBeGreaterThan(0.3);
    expect(seen.textured.spread).toBeGreaterThan(10);
    expect(seen.before.textures).toBeGreaterThanOrEqual(5);
    expect(seen.after).toMatchObject({ geometries: 0, textures: 0 });
  });

  it("lights the slopes that face the light, and displaces by 16-bit heights", async () => {
    const { correlations, texel } = await run("relief", url);
    console.log(`light and slope correlate by ${correlations.map((each) => each.toFixed(2)).join(" and ")}`);
    expect(Math.min(...correlations)).toBeGreaterThan(0.5);
    expect(texel[0]).toBeCloseTo(texel[1], 3);
  });

  it("shows a world around its viewer", async () => {
    const world = await run("world", url, { seed: 7 }, 129, 6, 30);
    await shot("world");
    const { chunks, props, seen, drawnMs, calls, triangles } = world;
    console.log(
      `${chunks.length} chunks, ${props} props, ${calls} calls, ${triangles} triangles, ${drawnMs.toFixed(0)} ms`,
    );
    expect(chunks.length).toBeGreaterThanOrEqual(4);
    expect(props).toBeGreaterThan(0);
    expect(seen.share).toBeGreaterThan(0.3);
    expect(seen.spread).toBeGreaterThan(8);
  });

  it("leaves no gaps between levels of detail", async () => {
    const { holes, levels } = await run("cracks");
    expect(levels.length).toBeGreaterThan(0);
    expect(holes).toBe(0);
  });

  it("follows its viewer, lets go of what was left, and of everything in the end", async () => {
    const { before, after, held, disposed, children } = await run("leave");
    expect(after.filter((key) => before.includes(key))).toEqual([]);
    expect(held.geometries).toBeGreaterThan(before.length);
    expect(disposed).toMatchObject({ geometries: 0, textures: 0 });
    expect(children).toBe(false);
  });

  it("moves a character by its poses", async () => {
    const seen = await run("character", url, "human", 40);
    keep("character", seen.picture);
    const { joints, place, number, clips, heightM } = seen;
    const y = (name: string) => (joints[name] as number[])[1] as number;
    expect(number).toBe(39);
    expect(y("head")).toBeGreaterThan(0.6 * heightM);
    expect(Math.min(y("l_ankle"), y("r_ankle"))).toBeGreaterThan(0);
    expect(Math.min(y("l_ankle"), y("r_ankle"))).toBeLessThan(0.25);
    expect((joints["l_wrist"] as number[])[0]).toBeGreaterThan((joints["r_wrist"] as number[])[0] as number); // left is +X
    expect(place[2]).toBeGreaterThan(0.4); // it has walked to +Z
    expect(clips).toEqual(["wave"]);
    expect(seen.seen.share).toBeGreaterThan(0.03);
    expect(seen.after).toMatchObject({ geometries: 0 });
  });

  it.each(["JPEG", "WEBP"] as const)("shows pictures of a character, as %s", async (format) => {
    const { seen, corner, middle, number, poses, picture } = await run("frames", url, format);
    keep(`frames-${format.toLowerCase()}`, picture);
    expect(number).toBe(5);
    expect(seen.spread).toBeGreaterThan(10);
    const background = [0x9d, 0xbd, 0xdb];
    const isBackground = (corner as number[]).every(
      (value, index) => Math.abs(value - (background[index] as number)) < 40,
    );
    expect(isBackground).toBe(format === "WEBP"); // which is transparent there
    expect(middle).not.toEqual(corner);
    expect(poses).toBe("InvalidRequestError");
  });

  it("shows whole scenes", async () => {
    const { size, triangles, seen, lights, picture, after } = await run("scene", url);
    keep("scene", picture);
    expect(size[0]).toBeGreaterThan(60);
    expect(triangles).toBeGreaterThan(1000);
    expect(triangles).toBeLessThan(200_000); // of the coarser level that was asked for
    expect(seen.spread).toBeGreaterThan(8);
    expect(lights).toContain("DirectionalLight");
    expect(after.geometries).toBeLessThanOrEqual(2); // three.js keeps what it drew the sky with
    expect(after.textures).toBeLessThanOrEqual(1);
  });
});
