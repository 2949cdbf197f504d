import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { CancelledError, InvalidRequestError, MorphogenClient, UnavailableError } from "../src/index.js";
import { Proxy } from "./proxy.js";

const url = inject("url");
const start = { viewDistanceM: 100, verticesMax: 33, maps: ["height"], landscape: { seed: 5 } };
const proxy = new Proxy(new URL(url));
let broken = "";

beforeAll(async () => {
  broken = await proxy.listen();
});
afterAll(() => proxy.close());

it("brings what the viewer sees, follows it, and tells off what it has left", async () => {
  const world = new MorphogenClient(url).exploreWorld({ ...start, credit: 2, viewer: { xM: 256, zM: 256 } });
  const came = new Set<string>();
  const left: string[] = [];
  let settled = 0;
  for await (const event of world) {
    if (event.kind === "opened") {
      expect(event.world.chunkM).toBe(512);
      expect(JSON.parse(event.world.worldJson)).toHaveProperty("spawn");
    } else if (event.kind === "chunk") {
      expect(event.place.vertices).toBe(33);
      expect(event.files.get("height")?.mediaType).toBe("image/png");
      came.add(`${event.place.row} ${event.place.column}`);
    } else if (event.kind === "evicted") {
      left.push(...event.places.map(({ row, column }) => `${row} ${column}`));
    } else {
      settled += 1;
      expect(event.chunkCount).toBe(world.chunks.length);
      if (settled === 1) {
        world.move({ xM: 256 + 512 * 10, zM: 256 });
      } else if (came.has("0 10")) {
        world.finish();
      }
    }
  }
  expect(came.has("0 0")).toBe(true);
  expect(left).toContain("0 0");
  expect(world.chunks.map(({ row, column }) => `${row} ${column}`)).toContain("0 10");
});

it("starts anew after a break, with what it holds and where the viewer is", async () => {
  const world = new MorphogenClient(broken, { retry: { firstDelayMs: 5 } }).exploreWorld(start);
  let opened = 0;
  const chunks: string[] = [];
  for await (const event of world) {
    if (event.kind === "opened") {
      opened += 1;
    } else if (event.kind === "chunk") {
      chunks.push(`${event.place.row} ${event.place.column}`);
    } else if (event.kind === "settled" && opened === 1) {
      proxy.cutAll();
    } else if (event.kind === "settled") {
      world.finish();
    }
  }
  expect(opened).toBe(2);
  expect(chunks.length).toBeGreaterThan(0);
  expect(new Set(chunks).size).toBe(chunks.length); // none was sent twice
});

it("ends when it is cancelled, left, or told something that does not fit", async () => {
  const client = new MorphogenClient(url);
  const cancelled = client.exploreWorld(start);
  await expect(
    (async () => {
      for await (const _ of cancelled) {
        cancelled.cancel();
      }
    })(),
  ).rejects.toBeInstanceOf(CancelledError);
  for await (const event of client.exploreWorld(start)) {
    expect(event.kind).toBe("opened");
    break;
  }
  const refused = client.exploreWorld(start);
  await expect(
    (async () => {
      for await (const event of refused) {
        if (event.kind === "settled") {
          refused.move({ xM: Number.NaN });
        }
      }
    })(),
  ).rejects.toBeInstanceOf(InvalidRequestError);
  await expect(
    (async () => {
      for await (const _ of client.exploreWorld({ viewDistanceM: -1 }));
    })(),
  ).rejects.toBeInstanceOf(InvalidRequestError);
});

it("says when nobody is there", async () => {
  const client = new MorphogenClient("http://127.0.0.1:1", { retry: { attempts: 2, firstDelayMs: 5 } });
  await expect(
    (async () => {
      for await (const _ of client.exploreWorld(start));
    })(),
  ).rejects.toBeInstanceOf(UnavailableError);
});
