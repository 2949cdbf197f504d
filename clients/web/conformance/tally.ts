/** What came of a case: counts what the client hands out, and makes the object that the kit reads. */
import {
  BrokenStreamError,
  CancelledError,
  ChecksumMismatchError,
  DeadlineExceededError,
  GenerationError,
  InvalidRequestError,
  NotFoundError,
  OverloadedError,
  ServerError,
  UnauthenticatedError,
  UnavailableError,
  UnsupportedError,
} from "../src/index.js";

/** What the kit tells a driver about one case; see clients/conformance/README.md. */
export interface Case {
  readonly name: string;
  readonly transport: "connect" | "grpc-web";
  readonly url: string;
  readonly token?: string;
  readonly call: string;
  readonly request?: Record<string, unknown>;
  readonly timeoutMs?: number;
  readonly retry?: { readonly attempts: number; readonly firstDelayMs: number; readonly longestDelayMs: number };
  readonly steps?: readonly Step[];
  readonly arrivals?: boolean;
  readonly lingerMs?: number;
}

/** One trigger and one action. */
export interface Step {
  readonly afterParts?: number;
  readonly afterSettled?: number;
  readonly afterMs?: number;
  readonly cancel?: boolean;
  readonly pauseMs?: number;
  readonly reopen?: boolean;
  readonly control?: Record<string, unknown>;
  readonly viewer?: Record<string, unknown>;
  readonly finish?: boolean;
}

/** The first class that fits decides. */
const OUTCOMES = [
  [ChecksumMismatchError, "checksum_mismatch"],
  [BrokenStreamError, "broken_stream"],
  [NotFoundError, "not_found"],
  [InvalidRequestError, "invalid_request"],
  [OverloadedError, "overloaded"],
  [UnavailableError, "unavailable"],
  [UnauthenticatedError, "unauthenticated"],
  [DeadlineExceededError, "deadline_exceeded"],
  [CancelledError, "cancelled"],
  [GenerationError, "generation"],
  [UnsupportedError, "unsupported"],
  [ServerError, "server"],
] as const;

export class Tally {
  parts = 0;
  settled = 0;
  private bytes = 0;
  private readonly startedMs = performance.now();
  private readonly names = new Set<string>();
  private readonly arrivalsMs: number[] = [];
  private readonly told: Record<string, unknown> = {};
  private digest: Uint8Array<ArrayBuffer> | undefined;

  constructor(private readonly asked: Case) {
    this.digest = asked.arrivals ? undefined : new Uint8Array(32);
  }

  /** A part came; `data` is all of its bytes, or undefined if they were not handed out. */
  async part(name: string, data: Uint8Array<ArrayBuffer> | undefined): Promise<void> {
    this.count(name, data?.length ?? 0);
    if (data === undefined || this.digest === undefined) {
      this.digest = undefined;
      return;
    }
    const joined = new Uint8Array(64);
    joined.set(this.digest);
    joined.set(await sha256(data), 32);
    this.digest = await sha256(joined);
  }

  /** Something came that is no file: a frame, a chunk, a generator. */
  count(name: string, sizeBytes: number): void {
    this.arrivalsMs.push(this.elapsedMs());
    this.names.add(name);
    this.parts += 1;
    this.bytes += sizeBytes;
  }

  /** The stream ended well. */
  finish(digest: string): void {
    this.tell({ sha256: digest });
    if (this.digest !== undefined) {
      this.tell({ handedSha256: Array.from(this.digest, (byte) => byte.toString(16).padStart(2, "0")).join("") });
    }
  }

  /** What is only said of some calls. */
  tell(fields: Record<string, unknown>): void {
    Object.assign(this.told, fields);
  }

  /** The case ended with an error. */
  fail(error: unknown): void {
    const outcome = OUTCOMES.find(([kind]) => error instanceof kind)?.[1] ?? "untyped";
    this.tell({ outcome, message: error instanceof Error ? error.message : String(error) });
    if (error instanceof InvalidRequestError) {
      this.tell({ field: error.field, value: error.value, allowed: error.allowed });
    } else if (error instanceof OverloadedError && error.retryAfterMs !== undefined) {
      this.tell({ retryAfterMs: error.retryAfterMs });
    } else if (error instanceof ServerError) {
      this.tell({ code: error.code });
    }
  }

  /** What to print. */
  result(): Record<string, unknown> {
    const { parts, bytes, arrivalsMs, told } = this;
    return {
      case: this.asked.name,
      outcome: "ok",
      parts,
      bytes,
      names: [...this.names],
      elapsedMs: this.elapsedMs(),
      ...(parts > 0 ? { firstPartMs: arrivalsMs[0] } : {}),
      ...(this.asked.arrivals ? { arrivalsMs } : {}),
      ...told,
    };
  }

  private elapsedMs(): number {
    return Math.round((performance.now() - this.startedMs) * 1e3) / 1e3;
  }
}

async function sha256(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}
