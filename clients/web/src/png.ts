/**
 * Numbers in PNG files. A browser shows pictures with 8 bits per channel, heights have 16, and no color management
 * should touch shares and normals; so files whose pixels are numbers are read here.
 */
import { BrokenStreamError } from "./errors.js";

/** The pixels of a picture, row by row from the top. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 1: gray, 2: gray and alpha, 3: RGB, 4: RGB and alpha. */
  readonly channels: number;
  /** Uint16Array where the file has 16 bits per channel. */
  readonly values: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const CHANNELS = new Map([
  [0, 1],
  [2, 3],
  [4, 2],
  [6, 4],
]);

/** Reads a PNG without palette and interlacing, which no file of Morphogen has. Throws BrokenStreamError. */
export async function decodePng(file: Uint8Array<ArrayBuffer>): Promise<Pixels> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 33 || SIGNATURE.some((byte, index) => file[index] !== byte)) {
    throw new BrokenStreamError("this is no PNG file");
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, channels] = [view.getUint8(24), CHANNELS.get(view.getUint8(25))];
  if (channels === undefined || (depth !== 8 && depth !== 16) || view.getUint8(28) !== 0) {
    throw new BrokenStreamError("a PNG file of a kind that is not read here");
  }
  const pixelBytes = channels * (depth / 8);
  const filtered = await inflated(dataOf(file, view), height * (1 + width * pixelBytes));
  const bytes = unfiltered(filtered, width * pixelBytes, height, pixelBytes);
  return { width, height, channels, values: depth === 8 ? bytes : widened(bytes) };
}

/** The compressed data, from all chunks that have some. */
function dataOf(file: Uint8Array<ArrayBuffer>, view: DataView): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 12 <= file.length;) {
    const size = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x49444154) {
      pieces.push(file.subarray(at + 8, at + 8 + size));
    }
    at += 12 + size;
  }
  return pieces;
}

async function inflated(pieces: Uint8Array<ArrayBuffer>[], sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob(pieces).stream().pipeThrough(new DecompressionStream("deflate"));
  try {
    const data = new Uint8Array(await new Response(stream).arrayBuffer());
    if (data.length === sizeBytes) {
      return data;
    }
  } catch (cause) {
    throw new BrokenStreamError("a PNG file with damaged data", { cause });
  }
  throw new BrokenStreamError("a PNG file with more or less data than its size says");
}

/** Undoes the filters of rows: each byte was told as its difference from what the bytes before and above suggest. */
function unfiltered(data: Uint8Array, rowBytes: number, rows: number, pixelBytes: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(rowBytes * rows);
  for (let row = 0; row < rows; row += 1) {
    const from = row * (rowBytes + 1);
    const to = row * rowBytes;
    const filter = data[from] as number;
    for (let index = 0; index < rowBytes; index += 1) {
      const left = index < pixelBytes ? 0 : (out[to + index - pixelBytes] as number);
      const above = row === 0 ? 0 : (out[to + index - rowBytes] as number);
      const corner = row === 0 || index < pixelBytes ? 0 : (out[to + index - rowBytes - pixelBytes] as number);
      out[to + index] = (data[from + 1 + index] as number) + suggested(filter, left, above, corner);
    }
  }
  return out;
}

function suggested(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) >> 1;
    case 4:
      return paeth(left, above, corner);
    default:
      return 0;
  }
}

/** Whichever of the three is nearest to left + above - corner. */
function paeth(left: number, above: number, corner: number): number {
  const [toLeft, toAbove] = [Math.abs(above - corner), Math.abs(left - corner)];
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) {
    return left;
  }
  return toAbove <= toCorner ? above : corner;
}

function widened(bytes: Uint8Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  return Uint16Array.from({ length: bytes.length / 2 }, (_, index) => view.getUint16(2 * index));
}
