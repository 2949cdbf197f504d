/** What a page does in the browser's tests; each function runs in there. */
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { DiagnosticsService } from "../src/gen/morphogen/v1/diagnostics_pb.js";
import { Delivery, FrameFormat, MorphogenClient, MorphogenError } from "../src/index.js";

type Protocol = "connect" | "grpc-web";

const actions = {
  /** Draws each level of detail; the size and the mean color of the last one. */
  async draw(url: string, protocol: Protocol) {
    const canvas = document.createElement("canvas");
    document.body.append(canvas);
    const drawing = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    const sizes: number[] = [];
    for await (const update of new MorphogenClient(url, { protocol }).generateTexture({
      textureClass: "brick",
      sizePx: 256,
    })) {
      const { data, mediaType } = update.maps.get("albedo") as { data: Uint8Array<ArrayBuffer>; mediaType: string };
      const picture = await createImageBitmap(new Blob([data], { type: mediaType }));
      [canvas.width, canvas.height] = [picture.width, picture.height];
      drawing.drawImage(picture, 0, 0);
      sizes.push(picture.width);
    }
    const pixels = drawing.getImageData(0, 0, canvas.width, canvas.height).data;
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    return { sizes, mean };
  },

  /** What a refused call throws. */
  async refused(url: string, protocol: Protocol) {
    const client = new MorphogenClient(url, { protocol, retry: { attempts: 1 } });
    const calls = [() => client.texture({ textureClass: "nothing" }), () => client.generator("nobody")];
    const errors = [];
    for (const call of calls) {
      const error = await call().catch((reason: unknown) => reason);
      errors.push(error instanceof MorphogenError ? { ...error, name: error.name } : String(error));
    }
    return errors as { name: string; field?: string; allowed?: string }[];
  },

  /** A live stream of 30 parts a second that is acknowledged part by part: its rate, and the parts that were dropped. */
  async paced(url: string, protocol: Protocol, partCount: number) {
    const transport =
      protocol === "connect" ? createConnectTransport({ baseUrl: url }) : createGrpcWebTransport({ baseUrl: url });
    const diagnostics = createClient(DiagnosticsService, transport);
    const start = {
      partSizeBytes: 15_000,
      partCount,
      intervalMs: 1000 / 30,
      delivery: Delivery.LIVE,
      options: { credit: 8 },
    };
    let [sessionId, receivedCount, first, last, longestMs] = ["", 0, 0, 0, 0];
    for await (const { payload } of diagnostics.watchProbe({ start })) {
      if (payload.case === "header") {
        sessionId = payload.value.sessionId;
      } else if (payload.case === "part") {
        const now = performance.now();
        longestMs = last === 0 ? 0 : Math.max(longestMs, now - last);
        first ||= now;
        last = now;
        receivedCount += 1;
        void diagnostics
          .controlProbe({ sessionId, controlNumber: BigInt(receivedCount), receivedCount })
          .catch(() => {});
      }
    }
    return { rateHz: ((receivedCount - 1) * 1e3) / (last - first), longestMs, droppedCount: partCount - receivedCount };
  },

  /** Draws a character as fast as it comes, and has it walk from the tenth frame on. */
  async play(url: string, protocol: Protocol, frameCount: number) {
    const canvas = document.createElement("canvas");
    const drawing = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    const wanted = { format: FrameFormat.JPEG, sizePx: 128, bestEffort: true, frameCount, identity: { seed: 3 } };
    const stream = new MorphogenClient(url, { protocol }).playFrames(wanted, { credit: 2 });
    let [first, last, drawn, told, shown] = [0, 0, 0, 0, 0];
    for await (const { number, picture, controlCount } of stream) {
      const bitmap = await createImageBitmap(new Blob([picture?.data as Uint8Array<ArrayBuffer>]));
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      drawing.drawImage(bitmap, 0, 0);
      bitmap.close();
      drawn += 1;
      last = performance.now();
      first ||= last;
      if (drawn === 10) {
        stream.control({ speedMps: 2 });
        told = number;
      } else if (controlCount === 1) {
        shown ||= number;
      }
    }
    const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
    const greens = data.filter((_, index) => index % 4 === 1);
    return {
      rateHz: ((drawn - 1) * 1e3) / (last - first),
      frameCount: drawn,
      shownFrames: shown - told,
      width: canvas.width,
      spread: Math.max(...greens) - Math.min(...greens),
    };
  },

  /** Walks until the land beside the first chunk is there. */
  async explore(url: string) {
    const start = { viewDistanceM: 100, verticesMax: 33, maps: ["height"], viewer: { xM: 256, zM: 256 } };
    const world = new MorphogenClient(url).exploreWorld(start);
    let moved = false;
    for await (const event of world) {
      if (event.kind === "settled" && !moved) {
        moved = true;
        world.move({ xM: 256 + 512, zM: 256 });
      } else if (event.kind === "settled" && world.chunks.some(({ column }) => column === 1)) {
        world.finish();
      }
    }
    return world.chunks.map(({ row, column }) => `${row} ${column}`);
  },

  /** Leaves a stream running that nobody reads. */
  async stall(url: string) {
    const response = await fetch(`${url}/morphogen.v1.DiagnosticsService/StreamProbe`, {
      method: "POST",
      headers: { "content-type": "application/connect+json" },
      body: framed(JSON.stringify({ partSizeBytes: 200_000, partCount: 100_000 })),
    });
    Object.assign(globalThis, { kept: response.body?.getReader() });
    return response.status;
  },
};

function framed(text: string): Uint8Array<ArrayBuffer> {
  const data = new TextEncoder().encode(text);
  const frame = new Uint8Array(5 + data.length);
  new DataView(frame.buffer).setUint32(1, data.length);
  frame.set(data, 5);
  return frame;
}

export type Actions = typeof actions;

Object.assign(globalThis, { actions });
