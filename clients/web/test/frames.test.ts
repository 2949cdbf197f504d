import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import {
  CancelledError,
  Delivery,
  type Frame,
  FrameFormat,
  type FrameStream,
  InvalidRequestError,
  JOINT_COUNT,
  MorphogenClient,
  UnavailableError,
} from "../src/index.js";
import { Proxy } from "./proxy.js";

const url = inject("url");
const client = new MorphogenClient(url);
const identity = { seed: 3, kind: "goblin" };
const poses = { identity, poses: true, bestEffort: true };

async function all(stream: FrameStream): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of stream) {
    frames.push(frame);
  }
  return frames;
}

const lengths = (rotation: Float32Array) =>
  Array.from({ length: JOINT_COUNT }, (_, joint) => Math.hypot(...rotation.subarray(4 * joint, 4 * joint + 4)));

describe.each(["connect", "grpc-web"] as const)("by %s", (protocol) => {
  const client = new MorphogenClient(url, { protocol, retry: { attempts: 1 } });

  it("brings poses, and says once whose they are", async () => {
    const script = [{ frame: 0, control: { speedMps: 1.4 } }];
    const stream = client.playFrames({ ...poses, script, frameCount: 30 });
    const frames = await all(stream);
    expect(frames.map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, number) => number));
    for (const { pose, picture, keyframe } of frames) {
      expect(picture).toBeUndefined();
      expect(keyframe).toBe(true);
      expect(pose?.rootM[1]).toBeGreaterThan(0.3);
      expect(lengths(pose?.rotation as Float32Array).every((length) => Math.abs(length - 1) < 1e-4)).toBe(true);
      expect(pose?.contact.every((share) => share >= 0 && share <= 1)).toBe(true);
    }
    expect(frames.at(-1)?.pose?.rootM[2]).toBeGreaterThan(0.4); // it has walked towards +Z
    expect(stream.description?.joints[0]).toBe("pelvis");
    expect(stream.description?.parents[0]).toBe(-1);
    expect(stream.description?.restOffsetM[JOINT_COUNT - 1]).toHaveLength(3);
    expect(stream.description?.identity["kind"]).toBe("goblin");
    const result = await stream.result();
    expect(result).toMatchObject({ frameCount: 30, droppedCount: 0 });
    expect(result.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("shows a control in the frames that say so", async () => {
    const stream = client.playFrames({ ...poses, frameCount: 200 }, { credit: 2 });
    let number = 0;
    let before = 0;
    let turned: Frame | undefined;
    for await (const frame of stream) {
      if (frame.number === 5) {
        expect(stream.control({ speedMps: 2 })).toBe(1);
        expect(stream.control({ headingDeg: 90 })).toBe(1); // had not been sent: both are one control
        number = 1;
      }
      before += frame.controlCount < number ? 1 : 0;
      turned = frame;
      if (frame.controlCount >= number && frame.number > 60) {
        break;
      }
    }
    expect(before).toBeLessThanOrEqual(6 + 4); // no more than had credit
    expect(turned?.pose?.rootM[0]).toBeGreaterThan(0.5); // to +X
  });
});

it("brings pictures with poses behind them", async () => {
  const stream = { identity, poses: true, format: FrameFormat.JPEG, sizePx: 128, frameCount: 3, bestEffort: true };
  for (const { picture, pose, sizePx } of await all(client.playFrames(stream))) {
    expect(picture?.mediaType).toBe("image/jpeg");
    expect([...(picture?.data.subarray(0, 3) ?? [])]).toEqual([0xff, 0xd8, 0xff]);
    expect([...(picture?.data.subarray(-2) ?? [])]).toEqual([0xff, 0xd9]);
    expect(sizePx).toBe(128);
    expect(pose?.rotation).toHaveLength(4 * JOINT_COUNT);
  }
});

it("brings encoded video with transparency, and keyframes when they are asked for", async () => {
  const wanted = { identity, format: FrameFormat.VP9, alpha: true, sizePx: 128, frameCount: 60, bestEffort: true };
  const stream = client.playFrames({ ...wanted, keyframeIntervalS: 60 }, { credit: 1 });
  const keys: number[] = [];
  for await (const frame of stream) {
    expect(frame.picture?.mediaType).toBe("video/vp9");
    expect(frame.alpha?.length).toBeGreaterThan(0);
    expect(frame.pose).toBeUndefined();
    if (frame.number === 10) {
      stream.keyframe();
    }
    if (frame.keyframe) {
      keys.push(frame.number);
    }
  }
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(0);
  expect(keys[1]).toBeLessThan(14);
});

it("keeps its pace live, and leaves out what a slow loop missed", async () => {
  const stream = client.playFrames({ identity, delivery: Delivery.LIVE, frameCount: 45 }, { credit: 1 });
  const numbers: number[] = [];
  for await (const { number } of stream) {
    numbers.push(number);
    if (number === 0) {
      await sleep(500);
    }
  }
  expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] as number))).toBe(true);
  expect(numbers[1]).toBeGreaterThan(5); // 0.5 s are 15 frames
  const { frameCount, droppedCount } = await stream.result();
  expect(frameCount).toBe(numbers.length);
  expect(frameCount + droppedCount).toBe(45);
});

it("is sent no more than its credit while the loop sleeps", async () => {
  const stream = client.playFrames({ ...poses, rateHz: 90 }, { credit: 3 });
  for await (const { number } of stream) {
    if (number === 10) {
      break;
    }
    if (number === 5) {
      const before = await figure("morphogen_parts_total");
      await sleep(700);
      expect((await figure("morphogen_parts_total")) - before).toBeLessThanOrEqual(3);
    }
  }
  await idle();
});

it("makes characters", async () => {
  const { files } = await client.generateCharacter({ identity, clips: ["wave"], previewPx: 64 }).result();
  expect([...files.keys()].sort()).toEqual(["character", "description", "preview"]);
  expect(new TextDecoder().decode(files.get("character")?.data.subarray(0, 4))).toBe("glTF");
});

it("refuses what is out of range: at once, when it starts, or when it is steered", async () => {
  expect(() => client.playFrames({}, { credit: 64 })).toThrow(InvalidRequestError);
  await expect(client.playFrames({ rateHz: 25 }).result()).rejects.toMatchObject({ field: "rate_hz" });
  const steered = client.playFrames({ ...poses, frameCount: 1000 });
  steered.control({ speedMps: 99 });
  await expect(steered.result()).rejects.toMatchObject({ name: "InvalidRequestError", value: "99.0" });
  const negative = { name: "InvalidRequestError", field: "frame_count", value: "-1", allowed: "uint32" };
  await expect(client.playFrames({ frameCount: -1 }).result()).rejects.toMatchObject(negative);
  await idle();
});

it("stops the work when it is cancelled or left", async () => {
  const cancelled = client.playFrames(poses);
  await expect(
    (async () => {
      for await (const _ of cancelled) {
        cancelled.cancel();
      }
    })(),
  ).rejects.toBeInstanceOf(CancelledError);
  for await (const _ of client.playFrames(poses)) {
    break;
  }
  await idle();
});

describe("over a connection that breaks", () => {
  const proxy = new Proxy(new URL(url));
  let broken: MorphogenClient;

  beforeAll(async () => {
    broken = new MorphogenClient(await proxy.listen(), { retry: { firstDelayMs: 5 } });
  });
  afterEach(() => {
    [proxy.cuts, proxy.refusing] = [[], false];
  });
  afterAll(() => proxy.close());

  it("goes on at the exact frame, with the same bytes", async () => {
    const script = [{ frame: 10, control: { speedMps: 2, headingDeg: 45 } }];
    const wanted = { ...poses, script, frameCount: 80 };
    const whole = await all(client.playFrames(wanted));
    const stream = broken.playFrames(wanted);
    const frames: Frame[] = [];
    for await (const frame of stream) {
      frames.push(frame);
      if (frame.number % 20 === 19) {
        proxy.cutAll();
      }
    }
    expect(frames).toEqual(whole);
    expect((await stream.result()).sha256).toBe((await client.playFrames(wanted).result()).sha256);
  });

  it("tells again what no frame had shown", async () => {
    const stream = broken.playFrames({ ...poses, frameCount: 100 }, { credit: 1 });
    let [walking, last] = [0, 0];
    for await (const frame of stream) {
      if (frame.number === 10) {
        walking = stream.control({ speedMps: 3 });
      } else if (frame.number === 30) {
        stream.control({ headingDeg: 90 });
        proxy.cutAll();
      } else if (frame.number === 60) {
        proxy.cutAll();
        last = stream.control({ headingDeg: 0 });
      }
      expect(frame.controlCount).toBeLessThanOrEqual(3);
      last = frame.number < 99 ? last : last - frame.controlCount;
    }
    expect([walking, last]).toEqual([1, 0]);
  });

  it("continues later, elsewhere, with the token and controls of its own", async () => {
    const wanted = { ...poses, frameCount: 100 };
    const first = broken.playFrames(wanted);
    for await (const frame of first) {
      if (frame.number === 10) {
        first.control({ speedMps: 2 });
      } else if (frame.controlCount === 1) {
        break;
      }
    }
    const second = client.playFrames(wanted, { resumeToken: first.resumeToken });
    const number = second.control({ headingDeg: 90 });
    const frames = await all(second);
    expect(number).toBe(1);
    expect(frames[0]?.number).toBeLessThan(20);
    expect([...new Set(frames.map(({ controlCount }) => controlCount))].at(-1)).toBe(1);
    expect(frames.at(-1)?.pose?.rootM[0]).toBeGreaterThan(1);
  });

  it("gives up when nobody is there any more", async () => {
    const stream = broken.playFrames(poses, { timeoutMs: 5000 });
    const reading = (async () => {
      for await (const { number } of stream) {
        if (number === 3) {
          proxy.refusing = true;
          proxy.cutAll();
        }
      }
    })();
    await expect(reading).rejects.toBeInstanceOf(UnavailableError);
  });
});

async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Wait until the server runs no session any more. */
async function idle(): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if ((await figure("morphogen_sessions_running")) === 0) {
      return;
    }
    await sleep(50);
  }
  throw new Error("sessions still run after 5 s");
}
