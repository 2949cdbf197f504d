/** A viewer's way through an endless world: chunks come before it sees them, and are told off when it has left them. */
import type { Client } from "@connectrpc/connect";
import type { Attempts } from "./attempts.js";
import { type Part, PartAssembler } from "./assembly.js";
import { BrokenStreamError, DeadlineExceededError, UnavailableError, errorFrom } from "./errors.js";
import type { Fields } from "./fields.js";
import type {
  ExploreStartSchema,
  ViewerSchema,
  WatchWorldResponse,
  WorldOpened,
  WorldPart,
  WorldService,
} from "./gen/morphogen/v1/world_pb.js";
import { type Files, fileOf } from "./readers.js";
import { CONTROL_TIMEOUT_MS, Steering } from "./steering.js";

/** What a viewer wants to see, as in the proto. `held` and `viewer` are kept up to date over reconnections. */
export type ExploreStart = Fields<typeof ExploreStartSchema>;
/** Where a viewer is, in meters, and its speed in meters per second. */
export type Viewer = Fields<typeof ViewerSchema>;

/** Names a chunk. */
export interface ChunkPlace {
  /** Place along z in chunks. */
  readonly row: number;
  /** Place along x in chunks. */
  readonly column: number;
  /** Vertices along its edge: 33, 65, 129 or 257. */
  readonly vertices: number;
}

/** What happens. `opened` comes first, and again after a reconnection. */
export type WorldEvent =
  | { readonly kind: "opened"; readonly world: WorldOpened }
  | { readonly kind: "chunk"; readonly place: ChunkPlace; readonly files: Files }
  | { readonly kind: "evicted"; readonly places: readonly ChunkPlace[] }
  | { readonly kind: "settled"; readonly chunkCount: number };

type Service = Client<typeof WorldService>;

/**
 * Iterate it once; leaving the loop ends it. `move` the viewer meanwhile.
 *
 * A chunk counts as received when the loop asks for what comes next, so a page that cannot keep up gets no more than
 * `credit` chunks ahead of it.
 */
export class WorldStream implements AsyncIterable<WorldEvent> {
  private readonly held = new Map<string, ChunkPlace>();
  private readonly events: AsyncGenerator<WorldEvent, void, undefined>;
  private viewer: Viewer | undefined;
  private finishing = false;
  private ended = false;
  private session: Session | undefined;

  constructor(
    private readonly service: Service,
    private readonly start: ExploreStart,
    private readonly attempts: Attempts,
  ) {
    this.viewer = start.viewer as Viewer | undefined; // a whole message has the same fields
    for (const { row = 0, column = 0, vertices = 0 } of start.held ?? []) {
      this.held.set(`${row} ${column}`, { row, column, vertices });
    }
    this.events = this.run();
  }

  [Symbol.asyncIterator](): AsyncGenerator<WorldEvent, void, undefined> {
    return this.events;
  }

  /** Chunks that have come and not been told off. */
  get chunks(): readonly ChunkPlace[] {
    return [...this.held.values()];
  }

  /** The viewer is there now. Call it as often as you like: only the newest place is sent. */
  move(viewer: Viewer): void {
    this.viewer = viewer;
    this.session?.control({ viewer });
  }

  /** The viewer moves no more: the loop ends when all that it sees has come. */
  finish(): void {
    this.finishing = true;
    this.session?.control({ finish: true });
  }

  /** End it at once. Harmless when repeated. */
  cancel(): void {
    this.attempts.leave();
  }

  private async *run(): AsyncGenerator<WorldEvent, void, undefined> {
    try {
      while (!this.ended) {
        try {
          yield* this.attempt();
        } catch (reason) {
          const error = this.session?.steering.failure ?? errorFrom(reason);
          const longest = error instanceof DeadlineExceededError && error.reason === "DEADLINE_EXCEEDED";
          await this.attempts.after(longest ? new UnavailableError(error.message, { cause: error }) : error);
        }
      }
    } finally {
      this.attempts.leave();
    }
  }

  private async *attempt(): AsyncGenerator<WorldEvent, void, undefined> {
    const session = new Session(this.service, this.attempts.signal);
    this.session = session;
    const held = this.chunks.map((place) => ({ ...place }));
    const start = { ...this.start, held, ...(this.viewer === undefined ? {} : { viewer: this.viewer }) };
    const remainingMs = this.attempts.remainingMs();
    const timeout = Number.isFinite(remainingMs) ? { timeoutMs: remainingMs } : {};
    const chunk = new ChunkAssembler();
    const { signal } = session.steering;
    try {
      for await (const message of this.service.watchWorld({ start }, { signal, ...timeout })) {
        const event = await this.take(message, chunk, session);
        if (event !== undefined) {
          this.attempts.progress();
          yield event;
          if (event.kind === "chunk") {
            session.received();
          }
        }
      }
    } finally {
      session.steering.close();
    }
    this.ended = true;
  }

  private async take(
    { payload }: WatchWorldResponse,
    chunk: ChunkAssembler,
    session: Session,
  ): Promise<WorldEvent | undefined> {
    switch (payload.case) {
      case "opened":
        session.open(payload.value.sessionId, this.viewer, this.finishing);
        return { kind: "opened", world: payload.value };
      case "part": {
        const complete = await chunk.take(payload.value);
        if (complete?.kind === "chunk") {
          this.held.set(`${complete.place.row} ${complete.place.column}`, complete.place);
        }
        return complete;
      }
      case "evicted": {
        const places = payload.value.chunks.map(({ row, column, vertices }) => ({ row, column, vertices }));
        for (const { row, column } of places) {
          this.held.delete(`${row} ${column}`);
        }
        return { kind: "evicted", places };
      }
      case "settled":
        return { kind: "settled", chunkCount: payload.value.chunkCount };
      default:
        return undefined; // a message of a later version
    }
  }
}

/** What one stream is told: where the viewer is, and how many chunks have been dealt with. */
class Session {
  readonly steering: Steering;
  private id = "";
  private number = 0n;
  private receivedCount = 0;
  private viewer: Viewer | undefined;
  private finish = false;
  private news = false;

  constructor(
    private readonly service: Service,
    signal: AbortSignal,
  ) {
    const repeat = () => {
      this.news = true; // controls may be sent again
    };
    this.steering = new Steering(signal, (stop) => this.sendNews(stop), repeat);
  }

  /** The server has named the session. */
  open(id: string, viewer: Viewer | undefined, finish: boolean): void {
    this.id = id;
    if (this.viewer !== undefined || finish) {
      this.control({ ...(viewer === undefined ? {} : { viewer }), finish });
    }
    this.steering.open();
  }

  /** A chunk has been dealt with. */
  received(): void {
    this.receivedCount += 1;
    this.control({});
  }

  control(news: { viewer?: Viewer; finish?: boolean }): void {
    this.viewer = news.viewer ?? this.viewer;
    this.finish ||= news.finish ?? false;
    this.news = true;
    this.steering.wake();
  }

  private sendNews(signal: AbortSignal): Promise<unknown> | undefined {
    if (!this.news) {
      return undefined;
    }
    this.news = false;
    const { id: sessionId, receivedCount, finish, viewer } = this;
    const message = { sessionId, controlNumber: ++this.number, receivedCount, finish, ...(viewer && { viewer }) };
    return this.service.controlWorld(message, { signal, timeoutMs: CONTROL_TIMEOUT_MS });
  }
}

/** Puts chunks together; a chunk's pieces follow one another. */
class ChunkAssembler {
  private readonly parts = new PartAssembler();
  private files = new Map<string, ReturnType<typeof fileOf>>();
  private place: ChunkPlace | undefined;

  async take({ row, column, partCount, part: piece }: WorldPart): Promise<WorldEvent | undefined> {
    if (piece === undefined) {
      throw new BrokenStreamError(`chunk ${row} ${column} came without its piece`);
    }
    this.place ??= { row, column, vertices: piece.lodPx };
    const { place } = this;
    if (place.row !== row || place.column !== column) {
      throw new BrokenStreamError(`chunk ${row} ${column} came where chunk ${place.row} ${place.column} was due`);
    }
    const taken = await this.parts.take(piece);
    if (taken === undefined) {
      return undefined;
    }
    const part: Part = taken.part;
    this.files.set(part.map, fileOf(part));
    if (this.files.size < partCount) {
      return undefined;
    }
    const { files } = this;
    [this.files, this.place] = [new Map(), undefined];
    return { kind: "chunk", place: { ...place, vertices: Math.max(place.vertices, part.lodPx) }, files };
  }
}
