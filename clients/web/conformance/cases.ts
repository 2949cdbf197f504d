/** Runs cases with this package, in Node and in pages alike. */
import { type DescMessage, type JsonValue, fromJson } from "@bufbuild/protobuf";
import type { Fields } from "../src/fields.js";
import { ListGeneratorsRequestSchema } from "../src/gen/morphogen/v1/catalog_pb.js";
import {
  CharacterControlSchema,
  FrameStreamSchema,
  GenerateCharacterRequestSchema,
} from "../src/gen/morphogen/v1/character_pb.js";
import { StreamProbeRequestSchema } from "../src/gen/morphogen/v1/diagnostics_pb.js";
import { GenerateLevelRequestSchema, GenerateSceneRequestSchema } from "../src/gen/morphogen/v1/scene_pb.js";
import { GenerateTextureRequestSchema } from "../src/gen/morphogen/v1/texture_pb.js";
import {
  ExploreStartSchema,
  GenerateChunkRequestSchema,
  GenerateWorldRequestSchema,
  ViewerSchema,
} from "../src/gen/morphogen/v1/world_pb.js";
import { type AssetStream, type CallOptions, type Files, type Frame, JOINT_COUNT, MorphogenClient } from "../src/index.js";
import { type Case, type Step, Tally } from "./tally.js";

type Report = (line: string) => void;
type Next = "go on" | "leave" | "reopen";

/** Run them in order; each is reported with one line. */
export async function runCases(cases: readonly Case[], report: Report): Promise<void> {
  for (const asked of cases) {
    const tally = new Tally(asked);
    try {
      await call(asked, tally);
    } catch (error) {
      tally.fail(error);
    }
    report(`RESULT ${JSON.stringify(tally.result())}`);
    await sleep(asked.lingerMs ?? 0);
  }
}

async function call(asked: Case, tally: Tally): Promise<void> {
  const client = clientOf(asked);
  switch (asked.call) {
    case "catalog":
      for (const generator of await client.catalog(of(ListGeneratorsRequestSchema, asked).assetKind, how(asked))) {
        tally.count(generator.ref?.name ?? "", 0);
      }
      return;
    case "generator":
      tally.count((await client.generator(String(asked.request?.["name"]), how(asked))).ref?.name ?? "", 0);
      return;
    case "healthy":
      tally.tell({ healthy: await client.healthy() });
      return;
    case "exploreWorld":
      return explore(client, asked, tally);
    case "playFrames":
      return play(client, asked, tally);
    default:
      return receive(asked, tally, new Steps(asked), new Uint8Array());
  }
}

async function receive(asked: Case, tally: Tally, steps: Steps, resumeToken: Uint8Array): Promise<void> {
  const stream = opened(clientOf(asked), asked, resumeToken);
  const timer = steps.cancelLater(() => stream.cancel());
  let next: Next = "go on";
  try {
    for await (const update of stream) {
      for (const [name, data] of filesOf(update)) {
        await tally.part(name, data);
      }
      next = await steps.follow(tally, {});
      if (next !== "go on") {
        break;
      }
    }
  } finally {
    clearTimeout(timer);
  }
  if (next === "reopen") {
    return receive(asked, tally, steps, stream.resumeToken);
  }
  if (next === "go on") {
    tally.finish((await stream.result()).sha256);
  }
}

async function explore(client: MorphogenClient, asked: Case, tally: Tally): Promise<void> {
  const world = client.exploreWorld(of(ExploreStartSchema, asked), how(asked));
  const steps = new Steps(asked);
  const timer = steps.cancelLater(() => world.cancel());
  let evicted = 0;
  try {
    for await (const event of world) {
      if (event.kind === "chunk") {
        tally.count("chunk", [...event.files.values()].reduce((sum, { data }) => sum + data.length, 0));
      } else if (event.kind === "evicted") {
        evicted += event.places.length;
      } else if (event.kind === "settled") {
        tally.settled += 1;
      }
      const next = await steps.follow(tally, {
        viewer: (viewer) => world.move(fields(ViewerSchema, viewer)),
        finish: () => world.finish(),
      });
      if (next !== "go on") {
        break;
      }
    }
  } finally {
    clearTimeout(timer);
  }
  tally.tell({ settled: tally.settled, evicted, held: world.chunks.length });
}

async function play(client: MorphogenClient, asked: Case, tally: Tally): Promise<void> {
  const stream = fields(FrameStreamSchema, (asked.request?.["stream"] ?? {}) as Record<string, unknown>);
  const frames = client.playFrames(stream, how(asked));
  const steps = new Steps(asked);
  const timer = steps.cancelLater(() => frames.cancel());
  let [first, last, controls] = [0, 0, 0];
  try {
    for await (const frame of frames) {
      first = tally.parts === 0 ? frame.number : first;
      last = frame.number;
      controls = Math.max(controls, frame.controlCount);
      tally.count(frame.picture === undefined ? "pose" : "frame", sizeBytes(frame));
      tally.tell({ dropped: last - first + 1 - tally.parts, controls });
      const control = (json: Record<string, unknown>) => void frames.control(fields(CharacterControlSchema, json));
      if ((await steps.follow(tally, { control })) !== "go on") {
        return;
      }
    }
  } finally {
    clearTimeout(timer);
  }
  tally.tell({ sha256: (await frames.result()).sha256 });
}

function sizeBytes({ picture, alpha, pose }: Frame): number {
  const poseBytes = pose === undefined ? 0 : 4 * (3 + 4 * JOINT_COUNT + 4);
  return (picture?.data.length ?? 0) + (alpha?.length ?? 0) + poseBytes;
}

/** Anything that an asset's stream gives. */
type Update =
  | { readonly maps: Files }
  | { readonly kind: "refinement" }
  | { readonly name: string; readonly file: { readonly data: Uint8Array<ArrayBuffer> } };

function opened(client: MorphogenClient, asked: Case, resumeToken: Uint8Array): AssetStream<Update, Files> {
  const continued = <Request extends { options?: object | undefined }>(request: Request) => ({
    ...request,
    options: { ...request.options, resumeTokens: true, resumeToken },
  });
  const options = how(asked);
  switch (asked.call) {
    case "probe":
      return client.probe(continued(of(StreamProbeRequestSchema, asked)), options);
    case "generateTexture":
      return client.generateTexture(continued(of(GenerateTextureRequestSchema, asked)), options);
    case "generateLevel":
      return client.generateLevel(continued(of(GenerateLevelRequestSchema, asked)), options);
    case "generateScene":
      return client.generateScene(continued(of(GenerateSceneRequestSchema, asked)), options);
    case "generateWorld":
      return client.generateWorld(continued(of(GenerateWorldRequestSchema, asked)), options);
    case "generateCharacter":
      return client.generateCharacter(continued(of(GenerateCharacterRequestSchema, asked)), options);
    case "generateChunk":
      return client.generateChunk(continued(of(GenerateChunkRequestSchema, asked)), options);
    default:
      throw new Error(`there is no ${asked.call}`);
  }
}

function filesOf(update: Update): [string, Uint8Array<ArrayBuffer> | undefined][] {
  if ("maps" in update) {
    return [...update.maps].map(([name, { data }]) => [name, data]);
  }
  return "file" in update ? [[update.name, update.file.data]] : [["refinement", undefined]];
}

function clientOf({ url, token, transport, timeoutMs, retry }: Case): MorphogenClient {
  return new MorphogenClient(url, {
    protocol: transport,
    ...(token === undefined ? {} : { token }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retry === undefined ? {} : { retry }),
  });
}

function how({ timeoutMs }: Case): CallOptions {
  return timeoutMs === undefined ? {} : { timeoutMs };
}

function of<Schema extends DescMessage>(schema: Schema, { request = {} }: Case): Fields<Schema> {
  return fields(schema, request);
}

/** A message's JSON form as the plain object that somebody would write. */
function fields<Schema extends DescMessage>(schema: Schema, json: Record<string, unknown>): Fields<Schema> {
  return plain(fromJson(schema, json as JsonValue)) as Fields<Schema>;
}

function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  const kept = Object.entries(value).filter(([name]) => name !== "$typeName");
  return Object.fromEntries(kept.map(([name, inner]) => [name, plain(inner)]));
}

interface Actions {
  viewer?(viewer: Record<string, unknown>): void;
  control?(control: Record<string, unknown>): void;
  finish?(): void;
}

/** What a case wants to be done while its stream runs, in order. */
class Steps {
  private readonly waiting: Step[];
  private readonly cancelAfterMs: number | undefined;

  constructor({ steps = [] }: Case) {
    this.waiting = steps.filter((step) => step.afterMs === undefined);
    this.cancelAfterMs = steps.find((step) => step.afterMs !== undefined)?.afterMs;
  }

  /** Cancels from outside, if the case wants that. */
  cancelLater(cancel: () => void): ReturnType<typeof setTimeout> | undefined {
    return this.cancelAfterMs === undefined ? undefined : setTimeout(cancel, this.cancelAfterMs);
  }

  /** Do what is due. */
  async follow(tally: Tally, actions: Actions): Promise<Next> {
    for (let step = this.waiting[0]; step !== undefined && isDue(step, tally); step = this.waiting[0]) {
      this.waiting.shift();
      if (step.cancel) {
        tally.tell({ outcome: "cancelled" });
        return "leave";
      }
      if (step.reopen) {
        return "reopen";
      }
      await sleep(step.pauseMs ?? 0);
      if (step.viewer !== undefined) {
        actions.viewer?.(step.viewer);
      }
      if (step.control !== undefined) {
        actions.control?.(step.control);
      }
      if (step.finish) {
        actions.finish?.();
      }
    }
    return "go on";
  }
}

function isDue({ afterParts, afterSettled }: Step, { parts, settled }: Tally): boolean {
  return afterSettled === undefined ? parts >= (afterParts ?? 0) : settled >= afterSettled;
}

function sleep(ms: number): Promise<void> {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
}
