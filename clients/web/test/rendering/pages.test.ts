import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { bundled, installed, launched } from "../chromium.js";

const run = promisify(execFile);
const url = inject("url");
const shots = join(tmpdir(), "morphogen-web");

beforeAll(async () => {
  await run("npm", ["run", "build"]);
  await run("npm", ["run", "pages"]);
});

/** The pages as the server serves them from its static folder. Without Chromium these tests are skipped. */
describe.skipIf(!installed)("in Chromium", () => {
  let browser: Browser;
  let emulator: string;

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    browser = await launched({ webgl: true });
    emulator = await bundled("test/rendering/headset.ts");
  });
  afterAll(() => browser?.close());

  async function opened(name: string, options: string, before = ""): Promise<{ page: Page; errors: string[] }> {
    const page = await browser.newPage({ viewport: { width: 400, height: 250 } });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.addInitScript({ content: before });
    await page.goto(`${url}/${name}.html?${options}`);
    await page.waitForFunction("globalThis.example?.done()", undefined, { timeout: 45_000 });
    return { page, errors };
  }

  it.each([
    ["01_material", "class=stone"],
    ["02_world", "view=120&vertices=65&shadows=0&walk=1"],
    ["03_pictures", ""],
  ])("shows %s", async (name, options) => {
    const { page, errors } = await opened(name, options);
    await page.screenshot({ path: join(shots, `${name}.png`), timeout: 60_000 });
    const note = await page.textContent("#note");
    expect(errors).toEqual([]);
    expect(note).not.toMatch(/Error/);
    await page.close();
  });

  it("enters virtual reality, which follows the head", async () => {
    const { page, errors } = await opened("04_vr", "view=120&vertices=33&shadows=0&cover=0&antialias=0", emulator);
    await page.screenshot({ path: join(shots, "04_vr.png"), timeout: 60_000 });
    await page.setViewportSize({ width: 200, height: 120 }); // two pictures each time, and no graphics card
    await page.evaluate("document.querySelector('#VRButton').click()");
    await page.waitForFunction("example.renderer.xr.isPresenting");
    const seen = (await page.evaluate("headset.watch(61)")) as Seen;
    await page.screenshot({ path: join(shots, "04_vr_session.png"), timeout: 60_000 });
    console.log(
      `${seen.frames} frames at ${seen.rateHz.toFixed(1)} Hz, ${seen.views} views, ${seen.chunks} chunks visible`,
    );
    expect(errors).toEqual([]);
    expect(seen.frames).toBeGreaterThan(60);
    expect(seen.views).toBe(2);
    expect(seen.chunks).toBeGreaterThan(0);
    expect(Math.abs(seen.headMovedM - 0.6)).toBeLessThan(0.03); // as far as the headset was moved
    expect(seen.wentM).toBeGreaterThan(0.2); // the left stick was held forward
    expect(seen.poses).toBeGreaterThan(0);
    expect(seen.ended).toBe(true);
    await page.close();
  });
});

interface Seen {
  frames: number;
  rateHz: number;
  views: number;
  chunks: number;
  headMovedM: number;
  wentM: number;
  poses: number;
  ended: boolean;
}
