/** `fetch` whose signal reaches the connection for as long as the response is read. */

/**
 * Node's `fetch` lets go of the signal when garbage is collected while a response is being read: what is aborted then
 * stays connected, and the server works on. So the response's body is cancelled here, which always closes the connection.
 */
export function cancellable(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const signal = init?.signal;
    if (response.body === null || !signal) {
      return response;
    }
    return new Response(until(signal, response.body.getReader()), response);
  };
}

/** What `reader` reads, until the signal is aborted; read no further ahead than before. */
function until(signal: AbortSignal, reader: ReadableStreamDefaultReader<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      start(controller) {
        const abort = () => {
          controller.error(signal.reason);
          reader.cancel(signal.reason).catch(() => undefined);
        };
        if (signal.aborted) {
          abort();
        }
        signal.addEventListener("abort", abort, { once: true });
        reader.closed.finally(() => signal.removeEventListener("abort", abort)).catch(() => undefined);
      },
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
        } else {
          controller.enqueue(value);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
