/**
 * A live character in headless Chromium, 256 x 256 JPEG at 30 Hz, on a page of the server's own origin:
 *
 *     npm --silent run bench -- http://127.0.0.1:8080 --seconds 10
 *
 * prints one line of JSON. `--protocol grpc-web`, `--rate-hz`, `--size-px`, `--renderer NETWORK`, `--credit`.
 *
 * fps           frames drawn per second, from the first to the last
 * frame_count, dropped_count  drawn, and left out by the server because the page was late
 * latency_ms    of each frame, how long after its time it was drawn; the time is that of the frame which was the
 *               earliest, at the stream's rate: everything but the shortest way that any frame took
 * steering_ms   from `control` to the first drawn frame that shows it
 * interval_ms   between two drawn frames
 */
import { parseArgs } from "node:util";
import { bundled, installed, launched, openedAt, running } from "../test/chromium.js";
import type { Actions, Wanted } from "./page.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "10" },
    protocol: { type: "string", default: "connect" },
    "rate-hz": { type: "string", default: "30" },
    "size-px": { type: "string", default: "256" },
    renderer: { type: "string", default: "MESH" },
    credit: { type: "string", default: "4" },
  },
});
const [url] = positionals;
if (url === undefined || !installed) {
  console.error(url === undefined ? "usage: npm run bench -- URL [--seconds 10]" : "Chromium is missing");
  process.exit(2);
}

const wanted = {
  protocol: values.protocol,
  durationS: Number(values.seconds),
  rateHz: Number(values["rate-hz"]),
  sizePx: Number(values["size-px"]),
  renderer: values.renderer,
  credit: Number(values.credit),
} as Wanted;
const script = await bundled(new URL("page.ts", import.meta.url).pathname);
const browser = await launched();
try {
  const page = await openedAt(browser, new URL("/morphogen-bench.html", url).href, script);
  const { drawnAtMs, numbers, steeredMs, frameCount, droppedCount } = await running<Actions>(page)("play", url, wanted);
  const [first = 0, last = 0] = [drawnAtMs[0], drawnAtMs.at(-1)];
  const behindMs = drawnAtMs.map((atMs, index) => atMs - ((numbers[index] as number) * 1e3) / wanted.rateHz);
  const earliestMs = Math.min(...behindMs);
  const result = {
    fps: round(((frameCount - 1) * 1e3) / (last - first)),
    frame_count: frameCount,
    dropped_count: droppedCount,
    latency_ms: percentiles(behindMs.map((each) => each - earliestMs)),
    steering_ms: percentiles(steeredMs),
    interval_ms: percentiles(drawnAtMs.slice(1).map((atMs, index) => atMs - (drawnAtMs[index] as number))),
    chromium: browser.version(),
    ...wanted,
  };
  console.log(JSON.stringify(result));
} finally {
  await browser.close();
}

function percentiles(values: readonly number[]): { p50: number; p95: number } {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { p50: at(0.5), p95: at(0.95) };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
