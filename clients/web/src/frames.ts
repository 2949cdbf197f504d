/** A character that moves: frames come down, controls and credit go up beside them. */
import type { Client } from "@connectrpc/connect";
import type { Attempts, CallOptions } from "./attempts.js";
import { StreamAssembler, type StreamMessage, hex } from "./assembly.js";
import { type CharacterDescription, type Frame, descriptionOf, firstFrameOf, frameOf } from "./character.js";
import { DeadlineExceededError, InvalidRequestError, MorphogenError, UnavailableError, errorFrom } from "./errors.js";
import type { Fields } from "./fields.js";
import type { CharacterControlSchema, CharacterService, FrameStreamSchema } from "./gen/morphogen/v1/character_pb.js";
import {
  Delivery,
  type Priority,
  type StreamHeader,
  type StreamTrailer,
  type Timings,
} from "./gen/morphogen/v1/common_pb.js";
import { CONTROL_TIMEOUT_MS, Steering } from "./steering.js";

/** What is played, as in the proto. Poses come if no format is given, or if `poses` says so. */
export type FrameStreamRequest = Fields<typeof FrameStreamSchema>;
/** What a character shall do from the next frame on; what is left out stays as it is. */
export type CharacterControl = Fields<typeof CharacterControlSchema>;

/** How a stream of frames is wanted. */
export interface PlayOptions extends CallOptions {
  /** Frames that may be on their way or wait for the loop, 1 to 63; 4 by default. A live game wants 1 or 2. */
  readonly credit?: number;
  readonly priority?: Priority;
  /** Goes on behind the frame that an earlier stream of the same request had received last. */
  readonly resumeToken?: Uint8Array;
}

/** A finished stream. */
export interface FramesResult {
  readonly header: StreamHeader;
  /** Digest over all parts that were sent, in hex. */
  readonly sha256: string;
  readonly timings: Timings | undefined;
  /** Undefined if a stored token lay behind it. */
  readonly description: CharacterDescription | undefined;
  readonly frameCount: number;
  /** Frames that the server left out: live delivery only. */
  readonly droppedCount: number;
}

const CREDIT_DEFAULT = 4;
const CREDIT_MAX = 63; // of 64 parts: the description is one of them
const UNSHOWN_MAX = 32;

/**
 * Iterate it once; leaving the loop ends it. `control` the character meanwhile.
 *
 * A frame counts as taken when the loop asks for the next one; so a page that cannot keep up, or a tab that sleeps, has
 * no more than `credit` frames waiting. A broken connection is continued at the exact frame, with the controls that no
 * frame had shown.
 */
export class FrameStream implements AsyncIterable<Frame> {
  private readonly assembler: StreamAssembler;
  private readonly frames: AsyncGenerator<Frame, void, undefined>;
  private readonly controls: Controls;
  private readonly credit: number;
  private described: CharacterDescription | undefined;
  private firstFrame = 0;
  private frameCount = 0;
  private keyframeWanted = false;
  private room = 0;
  private steering: Steering | undefined;
  private sessionId = "";

  constructor(
    private readonly service: Client<typeof CharacterService>,
    private readonly stream: FrameStreamRequest,
    private readonly options: PlayOptions,
    private readonly attempts: Attempts,
  ) {
    this.credit = options.credit ?? CREDIT_DEFAULT;
    if (!Number.isInteger(this.credit) || this.credit < 1 || this.credit > CREDIT_MAX) {
      const allowed = `1 to ${CREDIT_MAX} frames`;
      throw new InvalidRequestError(`credit: ${this.credit} is not ${allowed}`, "credit", `${this.credit}`, allowed);
    }
    this.assembler = new StreamAssembler({ gaps: stream.delivery === Delivery.LIVE });
    this.assembler.resumeToken = options.resumeToken ?? new Uint8Array();
    this.controls = new Controls(this.assembler.resumeToken.length === 0 ? 0 : undefined);
    this.frames = this.run();
  }

  /** Who answers; undefined before the first frame. */
  get header(): StreamHeader | undefined {
    return this.assembler.header;
  }

  /** Who moves; there from the first frame on. Undefined in streams that began with a token. */
  get description(): CharacterDescription | undefined {
    return this.described;
  }

  /** Continues the stream behind the last frame, in another call or another page. */
  get resumeToken(): Uint8Array {
    return this.assembler.resumeToken;
  }

  [Symbol.asyncIterator](): AsyncGenerator<Frame, void, undefined> {
    return this.frames;
  }

  /**
   * Tell the character something; it shows in the next frame that is made. The control's number: frames with at least
   * this `controlCount` show it. Call it as often as you like: what has not been sent yet becomes one control. Values
   * that the server refuses end the stream with InvalidRequestError.
   */
  control(control: CharacterControl): number {
    const number = this.controls.add(control);
    this.steering?.wake();
    return number;
  }

  /** The next frame of a video shall stand for itself. */
  keyframe(): void {
    this.keyframeWanted = true;
    this.steering?.wake();
  }

  /** End it at once. Harmless when repeated. */
  cancel(): void {
    this.attempts.leave();
  }

  /** Take the frames that are left, and give the account of the whole. */
  async result(): Promise<FramesResult> {
    for await (const _ of this.frames);
    const { header, trailer } = this.assembler;
    if (header === undefined || trailer === undefined) {
      throw new MorphogenError("the stream was left before its end");
    }
    const { described: description, frameCount } = this;
    const droppedCount = Math.max(0, header.partCount - Math.max(1, header.firstSequence) - frameCount);
    const { sha256, timings } = trailer;
    return { header, sha256: hex(sha256), timings, description, frameCount, droppedCount };
  }

  private async *run(): AsyncGenerator<Frame, void, undefined> {
    try {
      while (this.assembler.trailer === undefined) {
        try {
          yield* this.attempt();
        } catch (reason) {
          const error = this.steering?.failure ?? errorFrom(reason);
          // The server ends long calls, and those whose loop slept: now that the loop asks again, it goes on.
          const ended = error instanceof DeadlineExceededError && error.reason !== "";
          await this.attempts.after(ended ? new UnavailableError(error.message, { cause: error }) : error);
        }
      }
    } finally {
      this.attempts.leave();
    }
  }

  private async *attempt(): AsyncGenerator<Frame, void, undefined> {
    const { assembler, attempts } = this;
    const steering = new Steering(attempts.signal, (signal) => this.sendNews(signal), undefined);
    this.steering = steering;
    this.controls.restart();
    this.room = 0;
    assembler.restart();
    try {
      for await (const message of this.open(steering.signal)) {
        const frame = await this.take(message, steering);
        if (frame !== undefined) {
          attempts.progress();
          yield frame;
          this.room += 1;
          steering.wake();
        }
      }
    } finally {
      steering.close();
    }
    if ((assembler.trailer as StreamTrailer | undefined) === undefined) {
      throw new UnavailableError("the stream ended without its trailer");
    }
  }

  private open(signal: AbortSignal): AsyncIterable<StreamMessage> {
    const { resumeToken } = this.assembler;
    const { priority } = this.options;
    const credit = this.credit + (resumeToken.length === 0 ? 1 : 0);
    const options = { credit, resumeTokens: true, resumeToken, ...(priority === undefined ? {} : { priority }) };
    const stream = { poses: (this.stream.format ?? 0) === 0, ...this.stream };
    const remainingMs = this.attempts.remainingMs();
    const timeout = Number.isFinite(remainingMs) ? { timeoutMs: remainingMs } : {};
    return this.service.playFrames({ stream, options, grantsCredit: true }, { signal, ...timeout });
  }

  private async take(message: StreamMessage, steering: Steering): Promise<Frame | undefined> {
    const taken = await this.assembler.receive(message);
    if (taken === undefined) {
      return undefined;
    }
    if ("header" in taken) {
      this.sessionId = taken.header.sessionId;
      this.firstFrame = firstFrameOf(taken.header);
      await this.countControls(steering.signal);
      steering.open();
      return undefined;
    }
    const { part } = taken;
    if (part.map === "description") {
      this.described = descriptionOf(part);
      return undefined;
    }
    this.frameCount += 1;
    return frameOf(part, this.firstFrame + part.sequence - 1, this.controls.shown(part.controlCount));
  }

  /** In streams that begin with a stored token: how many controls lie before it. */
  private async countControls(signal: AbortSignal): Promise<void> {
    if (this.controls.before === undefined) {
      const how = { signal, timeoutMs: CONTROL_TIMEOUT_MS };
      const { controlCount } = await this.service.controlSession({ sessionId: this.sessionId }, how);
      this.controls.before = controlCount;
    }
  }

  private sendNews(signal: AbortSignal): Promise<unknown> | undefined {
    const { firstNumber, unsent } = this.controls.unsent();
    const { room, keyframeWanted: keyframe, sessionId } = this;
    if (unsent.length === 0 && !keyframe && room < Math.max(1, this.credit >> 1)) {
      return undefined; // half of the credit at a time: it takes half of the calls
    }
    this.room = 0;
    this.keyframeWanted = false;
    const message = { sessionId, controls: unsent, firstNumber, credit: room, keyframe };
    return this.service.controlSession(message, { signal, timeoutMs: CONTROL_TIMEOUT_MS });
  }
}

/** The controls that no frame has shown yet. At most one of them has not been sent. */
class Controls {
  private readonly kept: CharacterControl[] = [];
  private firstNumber = 1;
  private sentCount = 0;

  constructor(
    /** Controls of earlier streams, which the server counts and this one does not; undefined: not known yet. */
    public before: number | undefined,
  ) {}

  add(control: CharacterControl): number {
    const last = this.kept.length > this.sentCount ? this.kept.pop() : undefined;
    this.kept.push(merged(last ?? {}, control));
    return this.firstNumber + this.kept.length - 1;
  }

  /** Those to be sent next; from here on they count as sent. */
  unsent(): { firstNumber: number; unsent: CharacterControl[] } {
    const firstNumber = (this.before ?? 0) + this.firstNumber + this.sentCount;
    const unsent = this.sentCount < UNSHOWN_MAX ? this.kept.slice(this.sentCount) : [];
    this.sentCount += unsent.length;
    return { firstNumber: unsent.length === 0 ? 0 : firstNumber, unsent };
  }

  /** A frame shows `controlCount`, as the server counts; as this stream does. */
  shown(controlCount: number): number {
    const count = controlCount - (this.before ?? 0);
    const done = Math.min(Math.max(0, count - this.firstNumber + 1), this.kept.length);
    this.kept.splice(0, done);
    this.firstNumber += done;
    this.sentCount = Math.max(0, this.sentCount - done);
    return count;
  }

  /** A new session has had none of them. */
  restart(): void {
    this.sentCount = 0;
  }
}

/** The control that says what two say, one after the other. */
function merged(one: CharacterControl, other: CharacterControl): CharacterControl {
  const said = Object.entries(other).filter(([, value]) => value !== undefined);
  const both = { ...one, ...Object.fromEntries(said) };
  for (const name of ["camera", "light"] as const) {
    if (both[name] !== undefined) {
      Object.assign(both, { [name]: { ...one[name], ...other[name] } });
    }
  }
  return both;
}
