/** The verbs. */
import { type Client, type Interceptor, type Transport, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { Attempts, type CallOptions, RETRY_DEFAULT, type RetryPolicy } from "./attempts.js";
import type { StreamMessage } from "./assembly.js";
import { InvalidRequestError } from "./errors.js";
import { cancellable } from "./fetch.js";
import type { Fields } from "./fields.js";
import { type FrameStreamRequest, FrameStream, type PlayOptions } from "./frames.js";
import { CatalogService, type Generator } from "./gen/morphogen/v1/catalog_pb.js";
import { CharacterService, type GenerateCharacterRequestSchema } from "./gen/morphogen/v1/character_pb.js";
import { DiagnosticsService, type StreamProbeRequestSchema } from "./gen/morphogen/v1/diagnostics_pb.js";
import {
  type GenerateLevelRequestSchema,
  type GenerateSceneRequestSchema,
  SceneService,
} from "./gen/morphogen/v1/scene_pb.js";
import { type GenerateTextureRequestSchema, TextureService } from "./gen/morphogen/v1/texture_pb.js";
import {
  type GenerateChunkRequestSchema,
  type GenerateWorldRequestSchema,
  WorldService,
} from "./gen/morphogen/v1/world_pb.js";
import {
  type FileUpdate,
  type Files,
  FilesReader,
  LevelReader,
  type LevelUpdate,
  TextureReader,
  type TextureUpdate,
} from "./readers.js";
import { type AssetResult, AssetStream, type Reader } from "./stream.js";
import { type ExploreStart, WorldStream } from "./world.js";

/** What can be asked for: the fields of the protos, of which every one may be left out. */
export type TextureRequest = Fields<typeof GenerateTextureRequestSchema>;
export type LevelRequest = Fields<typeof GenerateLevelRequestSchema>;
export type SceneRequest = Fields<typeof GenerateSceneRequestSchema>;
export type ChunkRequest = Fields<typeof GenerateChunkRequestSchema>;
export type WorldRequest = Fields<typeof GenerateWorldRequestSchema>;
export type CharacterRequest = Fields<typeof GenerateCharacterRequestSchema>;
export type ProbeRequest = Fields<typeof StreamProbeRequestSchema>;

/** How a client reaches its server. */
export interface ClientOptions {
  /** Sent as a bearer token with every call. Beyond this machine it takes https. */
  readonly token?: string;
  /** Connect by default; the two differ on the wire only. */
  readonly protocol?: "connect" | "grpc-web";
  /** When failed calls are tried again. */
  readonly retry?: Partial<RetryPolicy>;
  /** Time that a call may take, unless it says otherwise; 300000 ms. `exploreWorld` and `playFrames` have none. */
  readonly timeoutMs?: number;
  /** Instead of the global one. */
  readonly fetch?: typeof globalThis.fetch;
}

interface StreamRequest {
  options?: { resumeToken?: Uint8Array; resumeTokens?: boolean } | undefined;
}

const TIMEOUT_MS = 300_000;
const HEALTH_TIMEOUT_MS = 5_000;
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** A Morphogen server, by the URL of its web port. Nothing is connected before the first call, and nothing to close. */
export class MorphogenClient {
  private readonly baseUrl: string;
  private readonly fetch: typeof globalThis.fetch;
  private readonly retry: RetryPolicy;
  private readonly timeoutMs: number;
  private readonly textures: Client<typeof TextureService>;
  private readonly scenes: Client<typeof SceneService>;
  private readonly worlds: Client<typeof WorldService>;
  private readonly characters: Client<typeof CharacterService>;
  private readonly generators: Client<typeof CatalogService>;
  private readonly diagnostics: Client<typeof DiagnosticsService>;

  constructor(url: string, options: ClientOptions = {}) {
    const { protocol, hostname } = new URL(url);
    if (options.token !== undefined && protocol !== "https:" && !LOOPBACK.test(hostname)) {
      const allowed = `https towards ${hostname}, or a server on this machine`;
      throw new InvalidRequestError(`token: ${allowed}`, "token", "a token without https", allowed);
    }
    this.baseUrl = url.replace(/\/+$/, "");
    this.fetch = cancellable(options.fetch ?? ((input, init) => globalThis.fetch(input, init)));
    this.retry = { ...RETRY_DEFAULT, ...options.retry };
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    const transport = this.transport(options);
    this.textures = createClient(TextureService, transport);
    this.scenes = createClient(SceneService, transport);
    this.worlds = createClient(WorldService, transport);
    this.characters = createClient(CharacterService, transport);
    this.generators = createClient(CatalogService, transport);
    this.diagnostics = createClient(DiagnosticsService, transport);
  }

  /** Make a material; iterate it for one update per level of detail, coarse to fine. */
  generateTexture(request: TextureRequest, options: CallOptions = {}): AssetStream<TextureUpdate, Files> {
    return this.stream(request, options, new TextureReader(), (sent, how) => this.textures.generateTexture(sent, how));
  }

  /** Make a material and wait for it. */
  texture(request: TextureRequest, options: CallOptions = {}): Promise<AssetResult<Files>> {
    return this.generateTexture(request, options).result();
  }

  /** Make a level; iterate it for its steps and files. A level that arrives can be won. */
  generateLevel(request: LevelRequest = {}, options: CallOptions = {}): AssetStream<LevelUpdate, Files> {
    return this.stream(request, options, new LevelReader(), (sent, how) => this.scenes.generateLevel(sent, how));
  }

  /** Make a scene; iterate it for its files as they are made. "scene" is all of it, as binary glTF. */
  generateScene(request: SceneRequest = {}, options: CallOptions = {}): AssetStream<FileUpdate, Files> {
    return this.stream(request, options, new FilesReader(), (sent, how) => this.scenes.generateScene(sent, how));
  }

  /** What is needed once to show any part of a world: its description, the ground's tiles, its models. */
  generateWorld(request: WorldRequest = {}, options: CallOptions = {}): AssetStream<FileUpdate, Files> {
    return this.stream(request, options, new FilesReader(), (sent, how) => this.worlds.generateWorld(sent, how));
  }

  /** Make one chunk of a world. */
  generateChunk(request: ChunkRequest, options: CallOptions = {}): AssetStream<FileUpdate, Files> {
    return this.stream(request, options, new FilesReader(), (sent, how) => this.worlds.generateChunk(sent, how));
  }

  /** Walk through a world: iterate it for chunks around a viewer that you `move` meanwhile. Ends when you leave. */
  exploreWorld(start: ExploreStart = {}, options: CallOptions = {}): WorldStream {
    return new WorldStream(this.worlds, start, this.attempts({ timeoutMs: Number.POSITIVE_INFINITY, ...options }));
  }

  /** Make a character: "description" (JSON), "character" (binary glTF with skin, materials and clips), "preview" (PNG). */
  generateCharacter(request: CharacterRequest = {}, options: CallOptions = {}): AssetStream<FileUpdate, Files> {
    return this.stream(request, options, new FilesReader(), (sent, how) =>
      this.characters.generateCharacter(sent, how),
    );
  }

  /** Move a character: iterate it for frames, as poses, pictures or both, and `control` it meanwhile. */
  playFrames(stream: FrameStreamRequest = {}, options: PlayOptions = {}): FrameStream {
    const attempts = this.attempts({ timeoutMs: Number.POSITIVE_INFINITY, ...options });
    return new FrameStream(this.characters, stream, options, attempts);
  }

  /** Synthetic parts of a given size, count and step time: measures the path. */
  probe(request: ProbeRequest, options: CallOptions = {}): AssetStream<FileUpdate, Files> {
    return this.stream(request, options, new FilesReader(), (sent, how) => this.diagnostics.streamProbe(sent, how));
  }

  /** Say which textures will probably be asked for, the most urgent one last; their asset ids. Does not wait for them. */
  async prefetch(requests: TextureRequest[], options: CallOptions = {}): Promise<readonly string[]> {
    const answer = await this.unary(options, (how) => this.textures.prefetchTextures({ requests }, how));
    return answer.assetIds;
  }

  /** What the server can make, with ranges; of one kind, or of all. */
  async catalog(assetKind = "", options: CallOptions = {}): Promise<readonly Generator[]> {
    const answer = await this.unary(options, (how) => this.generators.listGenerators({ assetKind }, how));
    return answer.generators;
  }

  /** One generator with its model card. Throws NotFoundError. */
  async generator(name: string, options: CallOptions = {}): Promise<Generator> {
    const answer = await this.unary(options, (how) => this.generators.getGenerator({ name }, how));
    return answer.generator as Generator;
  }

  /** Whether the server can be reached and can make assets now. */
  async healthy(): Promise<boolean> {
    try {
      const answer = await this.fetch(`${this.baseUrl}/readyz`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
      return answer.ok;
    } catch {
      return false;
    }
  }

  private stream<Request extends StreamRequest, Update, Kept>(
    request: Request,
    options: CallOptions,
    reader: Reader<Update, Kept>,
    call: (sent: Request, how: CallOptions) => AsyncIterable<StreamMessage>,
  ): AssetStream<Update, Kept> {
    const first = request.options?.resumeToken ?? new Uint8Array();
    const open = (resumeToken: Uint8Array, timeoutMs: number, signal: AbortSignal) => {
      const wanted = { resumeTokens: true, ...request.options, resumeToken };
      return call({ ...request, options: wanted }, { signal, timeoutMs });
    };
    return new AssetStream(open, reader, this.attempts(options), first);
  }

  private async unary<Answer>(options: CallOptions, call: (how: CallOptions) => Promise<Answer>): Promise<Answer> {
    const attempts = this.attempts(options);
    for (;;) {
      try {
        return await call({ signal: attempts.signal, timeoutMs: attempts.remainingMs() });
      } catch (reason) {
        await attempts.after(reason);
      }
    }
  }

  private attempts({ timeoutMs, signal }: CallOptions): Attempts {
    return new Attempts(this.retry, timeoutMs ?? this.timeoutMs, signal);
  }

  private transport({ token, protocol = "connect" }: ClientOptions): Transport {
    const authorize: Interceptor = (next) => (request) => {
      request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    };
    const { baseUrl, fetch } = this;
    const shared = { baseUrl, fetch, interceptors: token === undefined ? [] : [authorize] };
    return protocol === "connect"
      ? createConnectTransport({ ...shared, useBinaryFormat: true })
      : createGrpcWebTransport(shared);
  }
}
