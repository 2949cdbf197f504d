import { existsSync } from "node:fs";
import { type Server, createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { type Browser, type Page, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Actions } from "./page.js";

const url = inject("url");
const origin = inject("pageOrigin");
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const options = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-sync",
];

/** Debian's Chromium, or the one that CHROMIUM names; without one these tests are skipped. */
describe.skipIf(!existsSync(executablePath))("in Chromium, on a page of another origin", () => {
  let pages: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const made = await build({ entryPoints: ["test/page.ts"], bundle: true, format: "esm", write: false });
    const script = made.outputFiles[0]?.text ?? "";
    pages = createServer((request, response) => {
      const isScript = request.url === "/page.js";
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => pages.listen(Number(new URL(origin).port), "127.0.0.1", resolve));
    browser = await chromium.launch({ executablePath, args: options });
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

  function run<Name extends keyof Actions>(
    name: Name,
    ...args: Parameters<Actions[Name]>
  ): Promise<Awaited<ReturnType<Actions[Name]>>> {
    return page.evaluate(`actions.${name}(...${JSON.stringify(args)})`);
  }

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
