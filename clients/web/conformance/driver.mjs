/** The conformance driver: `driver.mjs node CASES.json`, or `driver.mjs chromium CASES.json` for a page in Chromium. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const FOLDER = dirname(fileURLToPath(import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"];

const [where, path] = process.argv.slice(2);
const { cases } = JSON.parse(await readFile(path, "utf8"));
const report = (line) => process.stdout.write(`${line}\n`);
await (where === "chromium" ? inChromium() : inNode());
process.exit(0);

async function inNode() {
  const folder = await mkdtemp(join(FOLDER, "..", "node_modules", ".conformance-"));
  try {
    const outfile = join(folder, "cases.mjs");
    await build({ entryPoints: [join(FOLDER, "cases.ts")], bundle: true, format: "esm", platform: "node", outfile });
    const { runCases } = await import(pathToFileURL(outfile));
    await runCases(cases, report);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function inChromium() {
  const { chromium } = await import("playwright-core");
  const made = await build({ entryPoints: [join(FOLDER, "page.ts")], bundle: true, format: "esm", write: false });
  const pages = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? made.outputFiles[0].text : '<!doctype html><script type="module" src="/page.js"></script>');
  });
  await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  try {
    const page = await browser.newPage();
    await page.exposeFunction("report", report);
    await page.goto(`http://127.0.0.1:${pages.address().port}`);
    await page.waitForFunction("globalThis.runCases");
    await page.evaluate((asked) => globalThis.runCases(asked, globalThis.report), cases);
  } finally {
    await browser.close();
    pages.close();
  }
}
