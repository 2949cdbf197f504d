import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import {
  CancelledError,
  DeadlineExceededError,
  InvalidRequestError,
  MorphogenClient,
  NotFoundError,
  OverloadedError,
  TextureMap,
  UnavailableError,
  UnsupportedError,
  hex,
  sha256,
} from "../src/index.js";
import { Proxy } from "./proxy.js";

const url = inject("url");
const texture = { textureClass: "stone", seed: 3, sizePx: 128, maps: [TextureMap.ALBEDO, TextureMap.HEIGHT] };

describe.each(["connect", "grpc-web"] as const)("by %s", (protocol) => {
  const client = new MorphogenClient(url, { protocol, retry: { attempts: 1 } });

  it("brings a material level of detail by level of detail", async () => {
    const stream = client.generateTexture(texture);
    const seen: [number, boolean, string[]][] = [];
    for await (const update of stream) {
      seen.push([update.lodPx, update.final, [...update.maps.keys()].sort()]);
    }
    const maps = ["albedo", "height"];
    expect(seen).toEqual([
      [64, false, maps],
      [128, true, maps],
    ]);
    const result = await stream.result();
    expect(result.files.get("albedo")?.mediaType).toBe("image/png");
    expect(result.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(result.header.generator?.name).toBe("texgen");
    expect(result.timings?.totalMs).toBeGreaterThan(0);
  });

  it("gives the same bytes each time", async () => {
    const [one, other] = [await client.texture(texture), await client.texture(texture)];
    expect(one.sha256).toBe(other.sha256);
    expect(one.files.get("height")?.data).toEqual(other.files.get("height")?.data);
  });

  it("says field, value and allowed range of what is refused", async () => {
    const refused = await client.texture({ textureClass: "stone", sizePx: 100 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InvalidRequestError);
    expect(refused).toMatchObject({ name: "InvalidRequestError", field: "size_px", value: "100" });
    expect((refused as InvalidRequestError).allowed).toContain("128");
    await expect(client.generator("nobody")).rejects.toBeInstanceOf(NotFoundError);
  });

  it("lists what can be made", async () => {
    const names = (await client.catalog()).map((generator) => generator.ref?.name);
    expect(names).toContain("texgen");
    expect((await client.catalog("texture")).length).toBe(1);
    expect((await client.generator("texgen")).modelCard).toContain("#");
  });

  it("takes hints", async () => {
    const [assetId] = await client.prefetch([texture]);
    expect(assetId).toBe((await client.texture(texture)).header.assetId);
  });

  it("stops the work when its signal says so", async () => {
    const controller = new AbortController();
    const stream = client.probe({ partSizeBytes: 100, partCount: 100_000, stepMs: 5 }, { signal: controller.signal });
    const reading = (async () => {
      for await (const update of stream) {
        if (update.sequence === 3) {
          controller.abort();
        }
      }
    })();
    await expect(reading).rejects.toBeInstanceOf(CancelledError);
    await idle(url);
  });

  it("stops the work when the loop is left", async () => {
    for await (const _ of client.probe({ partSizeBytes: 100, partCount: 100_000, stepMs: 5 })) {
      break;
    }
    await idle(url);
  });

  it("stops the work after a pause in which garbage was collected", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const watch = async () => {
      for await (const update of client.probe({ partSizeBytes: 262_144, partCount: 2000 })) {
        if (update.sequence === 2) {
          break;
        }
        await sleep(300); // the connection is full by now
        collect();
      }
    };
    await Promise.all([watch(), watch(), watch(), watch()]);
    await idle(url);
  });

  it("ends with the call's time", async () => {
    const stream = client.probe({ partSizeBytes: 10, partCount: 100_000, stepMs: 5 }, { timeoutMs: 300 });
    const error = await stream.result().catch((reason: unknown) => reason);
    expect(error instanceof DeadlineExceededError || error instanceof OverloadedError).toBe(true);
    await idle(url);
  });
});

it("makes levels and their steps", async () => {
  const client = new MorphogenClient(url);
  const stream = client.generateLevel({ size: 16, seed: 2 });
  let steps = 0;
  for await (const update of stream) {
    steps += update.kind === "refinement" ? 1 : 0;
    if (update.kind === "refinement") {
      expect(update.rows.length).toBe(16);
    }
  }
  expect(steps).toBeGreaterThan(0);
  const { files } = await stream.result();
  expect([...files.keys()].sort()).toEqual(["level", "preview", "tiled", "tiles"]);
});

it("makes one chunk of a world", async () => {
  const { files } = await new MorphogenClient(url)
    .generateChunk({ row: 1, column: -2, vertices: 33, maps: ["height"] })
    .result();
  expect(files.get("height")?.mediaType).toBe("image/png");
});

it("tells whether the server is healthy", async () => {
  expect(await new MorphogenClient(url).healthy()).toBe(true);
  expect(await new MorphogenClient("http://127.0.0.1:1").healthy()).toBe(false);
});

it("says when nobody is there, after the attempts that it was given", async () => {
  const client = new MorphogenClient("http://127.0.0.1:1", { retry: { attempts: 2, firstDelayMs: 10 } });
  await expect(client.catalog()).rejects.toBeInstanceOf(UnavailableError);
  await expect(client.texture(texture)).rejects.toBeInstanceOf(UnavailableError);
});

it("keeps tokens off unencrypted networks", () => {
  expect(() => new MorphogenClient("http://192.0.2.7:8080", { token: "t" })).toThrow(InvalidRequestError);
  expect(() => new MorphogenClient("http://localhost.evil.example", { token: "t" })).toThrow(InvalidRequestError);
  for (const fine of ["https://192.0.2.7:8080", "http://localhost:8080", "http://[::1]:1", "http://127.0.0.1"]) {
    new MorphogenClient(fine, { token: "t" });
  }
});

it("hands the token and nothing else to the server", async () => {
  const seen: (string | null)[] = [];
  const spy: typeof fetch = (input, init) => {
    seen.push(new Headers(init?.headers).get("authorization"));
    return fetch(input, init);
  };
  await new MorphogenClient(url, { token: "a-token", fetch: spy }).catalog();
  expect(seen).toEqual(["Bearer a-token"]);
});

it("turns a method that a server does not have into a typed error", async () => {
  const elsewhere: typeof fetch = (input, init) => fetch(String(input).replace("StreamProbe", "Nothing"), init);
  const client = new MorphogenClient(url, { fetch: elsewhere });
  await expect(client.probe({ partSizeBytes: 1, partCount: 1 }).result()).rejects.toBeInstanceOf(UnsupportedError);
});

describe("over a connection that breaks", () => {
  const proxy = new Proxy(new URL(url));
  let broken = "";

  beforeEach(async () => {
    broken = await new Promise<string>((resolve) => void proxy.listen().then(resolve));
  });
  afterEach(() => {
    proxy.close();
    [proxy.cuts, proxy.connectionCount, proxy.refusing] = [[], 0, false];
  });

  it.each(["connect", "grpc-web"] as const)("goes on behind the last part, by %s", async (protocol) => {
    const probe = { partSizeBytes: 50_000, partCount: 40, stepMs: 1 };
    const whole = await new MorphogenClient(url).probe(probe).result();
    proxy.cuts = [1, 120_000, 333_333, 700];
    const client = new MorphogenClient(broken, { protocol, retry: { firstDelayMs: 5 } });
    const sequences: number[] = [];
    const stream = client.probe(probe);
    for await (const update of stream) {
      sequences.push(update.sequence);
    }
    expect(sequences).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect((await stream.result()).sha256).toBe(whole.sha256);
    expect(proxy.connectionCount).toBeGreaterThanOrEqual(4);
  });

  it("continues later, elsewhere, with the token", async () => {
    const probe = { partSizeBytes: 1000, partCount: 10, stepMs: 1 };
    const first = new MorphogenClient(broken).probe(probe);
    for await (const update of first) {
      if (update.sequence === 3) {
        break;
      }
    }
    const rest = new MorphogenClient(url).probe({ ...probe, options: { resumeToken: first.resumeToken } });
    const sequences: number[] = [];
    for await (const update of rest) {
      sequences.push(update.sequence);
    }
    expect(sequences).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it("gives up when it breaks each time", async () => {
    proxy.refusing = true;
    const client = new MorphogenClient(broken, { retry: { attempts: 3, firstDelayMs: 5 } });
    await expect(client.probe({ partSizeBytes: 1, partCount: 1 }).result()).rejects.toBeInstanceOf(UnavailableError);
  });
});

it("checks every byte", async () => {
  const data = new TextEncoder().encode("abc");
  const sum = await sha256(data);
  expect(sum && hex(sum)).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

/** Wait until the server runs no session any more. */
async function idle(server: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const text = await (await fetch(`${server}/metrics`)).text();
    if (/^morphogen_sessions_running 0\.0$/m.test(text)) {
      return;
    }
    await sleep(50);
  }
  throw new Error("sessions still run after 5 s");
}
