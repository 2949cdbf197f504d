/** A generating call: iterate it for updates, or wait for its result. It continues by itself where it was cut. */
import type { Attempts } from "./attempts.js";
import { type Part, StreamAssembler, type StreamMessage, hex } from "./assembly.js";
import { MorphogenError, UnavailableError } from "./errors.js";
import type { StreamHeader, StreamTrailer, Timings } from "./gen/morphogen/v1/common_pb.js";

/** What parts mean, kind by kind. */
export interface Reader<Update, Files> {
  /** The updates that a part completes. */
  read(header: StreamHeader, part: Part): Update | undefined;
  /** Everything, after the last part. */
  files(): Files;
}

/** A finished asset. */
export interface AssetResult<Files> {
  /** Who made it and from which request. */
  readonly header: StreamHeader;
  /** Digest over all parts in order, in hex; names the result. */
  readonly sha256: string;
  /** Where the time went on the server. */
  readonly timings: Timings | undefined;
  readonly files: Files;
}

/** Opens the call, behind the part that brought `resumeToken` (empty: from the start). */
export type Open = (resumeToken: Uint8Array, timeoutMs: number, signal: AbortSignal) => AsyncIterable<StreamMessage>;

/** A stream of updates with a result. Iterate it once; leaving the loop cancels it. */
export class AssetStream<Update, Files> implements AsyncIterable<Update> {
  private readonly assembler = new StreamAssembler();
  private readonly updates: AsyncGenerator<Update, void, undefined>;

  constructor(
    private readonly open: Open,
    private readonly reader: Reader<Update, Files>,
    private readonly attempts: Attempts,
    resumeToken: Uint8Array,
  ) {
    this.assembler.resumeToken = resumeToken;
    this.updates = this.run();
  }

  /** Who answers; undefined before the first update. */
  get header(): StreamHeader | undefined {
    return this.assembler.header;
  }

  /** Continues the stream behind what has been received, in another call or another page; empty before the first part. */
  get resumeToken(): Uint8Array {
    return this.assembler.resumeToken;
  }

  [Symbol.asyncIterator](): AsyncGenerator<Update, void, undefined> {
    return this.updates;
  }

  /** Read what is left, and give the whole. */
  async result(): Promise<AssetResult<Files>> {
    for await (const _ of this.updates);
    const { header, trailer } = this.assembler;
    if (header === undefined || trailer === undefined) {
      throw new MorphogenError("the stream was left before its end");
    }
    return { header, sha256: hex(trailer.sha256), timings: trailer.timings, files: this.reader.files() };
  }

  /** Cancel it: the server stops within a step. Harmless when repeated. */
  cancel(): void {
    this.attempts.leave();
  }

  private async *run(): AsyncGenerator<Update, void, undefined> {
    try {
      while (this.assembler.trailer === undefined) {
        try {
          yield* this.attempt();
        } catch (reason) {
          await this.attempts.after(reason);
        }
      }
    } finally {
      this.attempts.leave();
    }
  }

  private async *attempt(): AsyncGenerator<Update, void, undefined> {
    const { assembler, attempts } = this;
    assembler.restart();
    const token = assembler.resumeToken;
    for await (const message of this.open(token, attempts.remainingMs(), attempts.signal)) {
      const taken = await assembler.receive(message);
      if (taken !== undefined && "part" in taken) {
        attempts.progress();
        const update = this.reader.read(assembler.header as StreamHeader, taken.part);
        if (update !== undefined) {
          yield update;
        }
      }
    }
    if ((assembler.trailer as StreamTrailer | undefined) === undefined) {
      throw new UnavailableError("the stream ended without its trailer");
    }
  }
}
