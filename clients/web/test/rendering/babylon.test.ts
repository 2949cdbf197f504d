import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { bundled, installed, launched, openedAt, running } from "../chromium.js";
import type { Actions } from "./babylon_page.js";

const url = inject("url");
const shots = join(tmpdir(), "morphogen-web");

/** Rendered by SwiftShader. Without Chromium these tests are skipped. */
describe.skipIf(!installed)("Babylon.js in Chromium", () => {
  let browser: Browser;
  let run: ReturnType<typeof running<Actions>>;

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    browser = await launched({ webgl: true });
    const script = await bundled("test/rendering/babylon_page.ts");
    run = running<Actions>(await openedAt(browser, new URL("/babylon.html", url).href, script));
  });
  afterAll(() => browser?.close());

  const keep = (name: string, picture: string) =>
    writeFileSync(join(shots, `babylon-${name}.png`), Buffer.from(picture.slice(picture.indexOf(",") + 1), "base64"));

  it("sharpens a material as its levels of detail arrive", async () => {
    const seen = await run("material", url, "brick", 256);
    keep("material", seen.picture);
    expect(seen.lods).toEqual([64, 128, 256]);
    expect(seen.textured).toBeGreaterThan(10);
    expect(seen.textured).not.toBeCloseTo(seen.gray, 0);
    expect(seen.shown).toEqual({ textures: 3, gamma: true, sizePx: 256 });
    expect(seen.surface).toBeGreaterThan(0); // ambient occlusion, red
    expect(seen.left).toEqual({ textures: 0, materials: 0 });
  });

  it.each([false, true])("lights the slopes that face the light; right-handed: %s", async (rightHanded) => {
    const { correlations, picture } = await run("relief", url, rightHanded);
    keep(`relief-${rightHanded}`, picture);
    console.log(`light and slope correlate by ${correlations.map((each) => each.toFixed(2)).join(" and ")}`);
    expect(Math.min(...correlations)).toBeGreaterThan(0.5);
  });

  it("shows whole scenes", async () => {
    const seen = await run("scene", url);
    keep("scene", seen.picture);
    expect(seen.size[0]).toBeGreaterThan(60);
    expect(seen.instances).toBeGreaterThan(0);
    expect(seen.textured).toBeGreaterThan(8);
    expect(seen.lights).toEqual([{ kind: "DirectionalLight", intensity: expect.closeTo(3.6, 0) }]);
    expect(seen.left).toEqual({ meshes: 0, materials: 0 });
  });

  it("shows a character with its skeleton and clips", async () => {
    const seen = await run("character", url);
    keep("character", seen.picture);
    expect(seen.bones).toBe(19);
    expect(seen.clips).toEqual(["wave"]);
    expect(seen.textured).toBeGreaterThan(8);
  });
});
