import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { bundled, installed, launched, running, served } from "./chromium.js";
import type { Actions } from "./page.js";

const url = inject("url");
const origin = inject("pageOrigin");

/** Without Chromium these tests are skipped. */
describe.skipIf(!installed)("in Chromium, on a page of another origin", () => {
  let pages: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    pages = await served(await bundled("test/page.ts"), origin);
    browser = await launched();
    page = await opened(origin);
  });

  afterAll(async () => {
    await browser?.close();
    pages?.close();
  });

  async function opened(at: string): Promise<Page> {
    const fresh = await browser.newPage();
    await fresh.goto(at);
    await fresh.waitForFunction("globalThis.actions");
    return fresh;
  }

  const run: ReturnType<typeof running<Actions>> = (name, ...args) => running<Actions>(page)(name, ...args);

  it.each(["connect", "grpc-web"] as const)("draws a material as it gets finer, by %s", async (protocol) => {
    const { sizes, mean } = await run("draw", url, protocol);
    expect(sizes).toEqual([64, 128, 256]);
    expect(mean).toBeGreaterThan(64); // not black, not white
    expect(mean).toBeLessThan(224);
  });

  it.each(["connect", "grpc-web"] as const)("reads the details of errors, by %s", async (protocol) => {
    const [invalid, missing] = await run("refused", url, protocol);
    expect(invalid).toMatchObject({ name: "InvalidRequestError", field: "texture_class" });
    expect(invalid?.allowed).toContain("brick");
    expect(missing).toMatchObject({ name: "NotFoundError", field: "name" });
  });

  it.each(["connect", "grpc-web"] as const)("keeps the pace of 30 parts a second, by %s", async (protocol) => {
    const { rateHz, longestMs, droppedCount } = await run("paced", url, protocol, 120);
    const told = `${rateHz.toFixed(2)} parts a second, ${droppedCount} dropped, longest wait ${longestMs.toFixed(0)} ms`;
    console.log(`${protocol}: ${told}`);
    expect(rateHz).toBeGreaterThan(20); // beside whatever else this machine does
  });

  it("explores a world", async () => {
    expect(await run("explore", url)).toContain("0 1");
  });

  it.each(["connect", "grpc-web"] as const)("plays a character and steers it, by %s", async (protocol) => {
    const played = await run("play", url, protocol, 60);
    console.log(`${protocol}: ${played.rateHz.toFixed(1)} frames a second, control after ${played.shownFrames}`);
    expect(played.frameCount).toBe(60);
    expect(played.shownFrames).toBeLessThanOrEqual(3); // no more than had credit
    expect(played.width).toBe(128);
    expect(played.spread).toBeGreaterThan(30); // neither empty nor one color
  });

  it("stops the work when the page is closed, and holds it while nobody reads", async () => {
    const mine = page;
    page = await opened(origin);
    expect(await run("stall", url)).toBe(200);
    const before = await figure("morphogen_steps_total");
    let steps = before;
    await until(async () => {
      const last = steps;
      await sleep(500);
      steps = await figure("morphogen_steps_total");
      return steps === last;
    });
    console.log(`the browser took ${(((steps - before) * 200_000) / 2 ** 20).toFixed(0)} MiB, then the server waited`);
    expect(await figure("morphogen_sessions_stalled")).toBe(1);
    expect(await figure("morphogen_parts_undelivered")).toBeLessThanOrEqual(4);
    await page.close();
    await until(async () => (await figure("morphogen_sessions_running")) === 0);
    page = mine;
  });

  it("is not let in from an origin that was not allowed", async () => {
    const foreign = await browser.newPage();
    await foreign.goto(origin.replace("127.0.0.1", "localhost"));
    await foreign.waitForFunction("globalThis.actions");
    const mine = page;
    page = foreign;
    const [refused] = await run("refused", url, "connect");
    expect(refused).toMatchObject({ name: "UnavailableError" }); // a browser does not tell pages more than that
    page = mine;
  });
});

async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await condition()) {
      return;
    }
    await sleep(50);
  }
  throw new Error("the condition did not come true within 10 s");
}
