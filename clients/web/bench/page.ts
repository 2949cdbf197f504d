/** What the benchmark's page does: plays a live character, draws every frame, and steers it twice a second. */
import { Delivery, FrameFormat, FrameRenderer, MorphogenClient } from "../src/index.js";

export interface Wanted {
  readonly protocol: "connect" | "grpc-web";
  readonly durationS: number;
  readonly rateHz: number;
  readonly sizePx: number;
  readonly renderer: keyof typeof FrameRenderer;
  readonly credit: number;
}

const actions = {
  async play(url: string, { protocol, durationS, rateHz, sizePx, renderer, credit }: Wanted) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [sizePx, sizePx];
    document.body.append(canvas);
    const drawing = canvas.getContext("2d") as CanvasRenderingContext2D;
    const stream = new MorphogenClient(url, { protocol }).playFrames(
      {
        identity: { seed: 3 },
        format: FrameFormat.JPEG,
        delivery: Delivery.LIVE,
        renderer: FrameRenderer[renderer],
        rateHz,
        sizePx,
        frameCount: Math.round(durationS * rateHz),
      },
      { credit },
    );
    const drawnAtMs: number[] = [];
    const numbers: number[] = [];
    const sentAtMs: number[] = [];
    const steeredMs: number[] = [];
    for await (const { number, picture, controlCount } of stream) {
      const bitmap = await createImageBitmap(new Blob([picture?.data as Uint8Array<ArrayBuffer>]));
      drawing.drawImage(bitmap, 0, 0);
      bitmap.close();
      const now = performance.now();
      drawnAtMs.push(now);
      numbers.push(number);
      while (steeredMs.length < controlCount) {
        steeredMs.push(now - (sentAtMs[steeredMs.length] as number));
      }
      if (steeredMs.length === sentAtMs.length && now - (sentAtMs.at(-1) ?? 0) > 500) {
        sentAtMs[stream.control({ speedMps: 1.5, headingDeg: 30 * sentAtMs.length }) - 1] = performance.now();
      }
    }
    const { frameCount, droppedCount } = await stream.result();
    return { drawnAtMs, numbers, steeredMs, frameCount, droppedCount };
  },
};

export type Actions = typeof actions;

Object.assign(globalThis, { actions });
