/** Chromium with a page of our own, for tests and the benchmark. */
import { existsSync } from "node:fs";
import { type Server, createServer } from "node:http";
import { build } from "esbuild";
import { type Browser, type Page, chromium } from "playwright-core";

/** Debian's Chromium, or the one that CHROMIUM names. */
export const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const installed = existsSync(executablePath);

const OPTIONS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** WebGL without a graphics card. */
const SOFTWARE_GL = [
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
];

export function launched({ webgl = false } = {}): Promise<Browser> {
  return chromium.launch({ executablePath, args: webgl ? [...OPTIONS, ...SOFTWARE_GL] : OPTIONS });
}

/** A TypeScript module and all that it imports, as one script. */
export async function bundled(entryPoint: string): Promise<string> {
  const made = await build({ entryPoints: [entryPoint], bundle: true, format: "esm", write: false, logLevel: "error" });
  return made.outputFiles[0]?.text ?? "";
}

/** A page that runs a script, at an origin of its own on this machine. */
export async function served(script: string, origin: string): Promise<Server> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : PAGE);
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(origin).port), "127.0.0.1", resolve));
  return server;
}

/** A page that runs a script, at an address that nobody serves: it has the origin of whatever does serve there. */
export async function openedAt(browser: Browser, address: string, script: string): Promise<Page> {
  const page = await browser.newPage();
  await page.route(address, (route) => route.fulfill({ contentType: "text/html", body: PAGE }));
  await page.route(new URL("/page.js", address).href, (route) =>
    route.fulfill({ contentType: "text/javascript", body: script }),
  );
  await page.goto(address);
  await page.waitForFunction("globalThis.actions");
  return page;
}

/** Calls what a page put into `globalThis.actions`. */
export function running<Actions extends { [Name in keyof Actions]: (...args: never[]) => unknown }>(page: Page) {
  return <Name extends keyof Actions>(
    name: Name,
    ...args: Parameters<Actions[Name]>
  ): Promise<Awaited<ReturnType<Actions[Name]>>> =>
    page.evaluate(`actions.${String(name)}(...${JSON.stringify(args)})`);
}

const PAGE = '<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="/page.js"></script>';
