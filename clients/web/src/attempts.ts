/** When failed calls are tried again, and how long a call may take in all. */
import {
  CancelledError,
  DeadlineExceededError,
  type MorphogenError,
  OverloadedError,
  UnavailableError,
  errorFrom,
} from "./errors.js";

/** When a failed call is tried again: after UnavailableError, and after OverloadedError as the server suggests. */
export interface RetryPolicy {
  /** Attempts without anything received in between; 1: none is repeated. */
  readonly attempts: number;
  /** The first wait in milliseconds; each further one is twice as long. */
  readonly firstDelayMs: number;
  /** The longest wait. */
  readonly longestDelayMs: number;
}

export const RETRY_DEFAULT: RetryPolicy = { attempts: 6, firstDelayMs: 100, longestDelayMs: 3000 };

/** What one call is given. */
export interface CallOptions {
  /** Aborting it cancels the call; the server stops within a step. */
  readonly signal?: AbortSignal;
  /** Time that the call may take in milliseconds, its retries included. The server knows it. */
  readonly timeoutMs?: number;
}

/** The attempts at one call. */
export class Attempts {
  readonly signal: AbortSignal;
  private readonly dueAtMs: number;
  private readonly leaving = new AbortController();
  private failures = 0;

  constructor(
    private readonly policy: RetryPolicy,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ) {
    this.dueAtMs = performance.now() + timeoutMs;
    this.signal = signal === undefined ? this.leaving.signal : AbortSignal.any([signal, this.leaving.signal]);
  }

  /** What is left of the call's time, for the next attempt. Throws DeadlineExceededError if nothing is. */
  remainingMs(): number {
    const remainingMs = this.dueAtMs - performance.now();
    if (remainingMs <= 0) {
      throw new DeadlineExceededError("the call's time is up", "");
    }
    return Math.ceil(remainingMs);
  }

  /** Something came: the next failure is the first one again. */
  progress(): void {
    this.failures = 0;
  }

  /** Cancel what runs. Harmless when repeated. */
  leave(): void {
    this.leaving.abort();
  }

  /** Wait until the next attempt may begin; throws what `reason` stands for if there is none. */
  async after(reason: unknown): Promise<void> {
    if (this.signal.aborted) {
      throw new CancelledError("the call was cancelled", { cause: reason });
    }
    const error = errorFrom(reason);
    const delayMs = this.delayMs(error);
    if (delayMs === undefined || performance.now() + delayMs >= this.dueAtMs) {
      throw error;
    }
    await this.sleep(delayMs);
  }

  private delayMs(error: MorphogenError): number | undefined {
    const { attempts, firstDelayMs, longestDelayMs } = this.policy;
    this.failures += 1;
    if (this.failures >= attempts) {
      return undefined;
    }
    const doubled = Math.min(longestDelayMs, firstDelayMs * 2 ** (this.failures - 1));
    const own = doubled * (0.5 + Math.random() / 2); // clients that lost one server must not come back as one
    if (error instanceof OverloadedError) {
      return error.retryAfterMs === undefined ? undefined : Math.max(own, error.retryAfterMs);
    }
    return error instanceof UnavailableError ? own : undefined;
  }

  private sleep(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(new CancelledError("the call was cancelled"));
      };
      const timer = setTimeout(() => {
        this.signal.removeEventListener("abort", stop);
        resolve();
      }, delayMs);
      this.signal.addEventListener("abort", stop, { once: true });
    });
  }
}
