/** The client's side of a stream that is steered by calls of their own. */
import { DeadlineExceededError, type MorphogenError, NotFoundError, UnavailableError, errorFrom } from "./errors.js";

export const CONTROL_TIMEOUT_MS = 10_000;
const PAUSE_MS = 200;
const ENDING_MS = 2000;

/** Sends one message that says all that is news, if anything is; undefined: nothing is. */
export type SendNews = (signal: AbortSignal) => Promise<unknown> | undefined;

/**
 * Sends what is news as soon as nothing else is on its way. A call that is refused stops the stream: `signal` is then
 * aborted, and `failure` tells why.
 */
export class Steering {
  failure: MorphogenError | undefined;
  readonly signal: AbortSignal;
  private readonly stopping = new AbortController();
  private sending = false;
  private opened = false;

  constructor(
    signal: AbortSignal,
    private readonly sendNews: SendNews,
    /** Whether a message that may have been lost can be sent again; otherwise its loss stops the stream. */
    private readonly repeat: (() => void) | undefined,
  ) {
    this.signal = AbortSignal.any([signal, this.stopping.signal]);
  }

  /** The session has been named: from now on something can be sent. */
  open(): void {
    this.opened = true;
    this.wake();
  }

  /** There is news. */
  wake(): void {
    if (this.opened && !this.sending) {
      this.sending = true;
      void this.send();
    }
  }

  /** The stream has ended, one way or the other. */
  close(): void {
    this.stopping.abort();
  }

  private async send(): Promise<void> {
    await Promise.resolve(); // what is said in one go becomes one message
    while (!this.signal.aborted) {
      try {
        const sent = this.sendNews(this.signal);
        if (sent === undefined) {
          break;
        }
        await sent;
      } catch (reason) {
        await this.failed(errorFrom(reason));
      }
    }
    this.sending = false;
  }

  private async failed(error: MorphogenError): Promise<void> {
    if (this.signal.aborted) {
      return;
    }
    const lost = error instanceof UnavailableError || error instanceof DeadlineExceededError;
    if (lost && this.repeat !== undefined) {
      this.repeat();
      await this.pause(PAUSE_MS);
      return;
    }
    if (error instanceof NotFoundError) {
      await this.pause(ENDING_MS); // where the session has just ended, its stream tells why
    }
    if (!this.signal.aborted) {
      this.failure = lost ? new UnavailableError(error.message, { cause: error }) : error;
      this.stopping.abort();
    }
  }

  private pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, durationMs);
      this.signal.addEventListener("abort", done, { once: true });
    });
  }
}
