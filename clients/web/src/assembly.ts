/**
 * From the messages of one stream to checked parts: order, sizes and SHA-256. No network, no clock.
 *
 * A stream is a header, then parts in chunks, then a trailer. Whatever does not follow that is refused before anybody
 * sees a byte of the part concerned.
 */
import { BrokenStreamError, ChecksumMismatchError } from "./errors.js";
import type { PartChunk, StreamHeader, StreamTrailer } from "./gen/morphogen/v1/common_pb.js";

/** Largest part that is accepted. */
export const PART_MAX_BYTES = 256 * 1024 * 1024;

/** Of a part, which becomes a file's name: no server gets to write elsewhere than into the folder that was named. */
const NAME = /^[a-z0-9_]{1,64}$/;

/** One complete, checked part: the bytes of a file. */
export interface Part {
  /** Number of the part in its stream, from 0. */
  readonly sequence: number;
  /** Name of the map or file, e.g. "albedo" or "scene". */
  readonly map: string;
  /** Edge length of this level of detail; 0 for parts that have none. */
  readonly lodPx: number;
  /** E.g. "image/png". */
  readonly mediaType: string;
  /** The file. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Continues the stream behind this part; empty if the server sent none. */
  readonly resumeToken: Uint8Array;
  /** Controls of the client that it shows. */
  readonly controlCount: number;
}

/** Any message of a generating stream. */
export interface StreamMessage {
  readonly payload:
    | { readonly case: "header"; readonly value: StreamHeader }
    | { readonly case: "part"; readonly value: PartChunk }
    | { readonly case: "trailer"; readonly value: StreamTrailer }
    | { readonly case: undefined; readonly value?: undefined };
}

/** The SHA-256 of bytes; undefined where there is no WebCrypto: in pages that did not come over HTTPS or from localhost. */
export async function sha256(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  return subtle === undefined ? undefined : new Uint8Array(await subtle.digest("SHA-256", data));
}

/** Puts the chunks of parts together, one part after the other. */
export class PartAssembler {
  private first: PartChunk | undefined;
  private pieces: Uint8Array[] = [];
  private sizeBytes = 0;

  /** Whether a part has begun and is not complete. */
  get open(): boolean {
    return this.first !== undefined;
  }

  /** Take the next chunk; the part and the checksum that was told for it, if this chunk completes one. */
  async take(chunk: PartChunk): Promise<{ part: Part; checksum: Uint8Array } | undefined> {
    const first = this.first ?? chunk;
    const index = this.pieces.length;
    const fits = chunk.chunkIndex === index && chunk.sequence === first.sequence && chunk.map === first.map;
    if (!fits || chunk.chunkCount !== first.chunkCount || chunk.partSizeBytes !== first.partSizeBytes) {
      throw new BrokenStreamError(`part ${first.sequence}: chunk ${chunk.chunkIndex} came where ${index} was due`);
    }
    if (first.partSizeBytes > PART_MAX_BYTES) {
      throw new BrokenStreamError(`part ${first.sequence} has ${first.partSizeBytes} bytes, more than is accepted`);
    }
    if (!NAME.test(first.map)) {
      throw new BrokenStreamError(`part ${first.sequence}: ${JSON.stringify(first.map.slice(0, 80))} is no name of a part`);
    }
    this.first = first;
    this.pieces.push(chunk.data);
    this.sizeBytes += chunk.data.length;
    const complete = this.pieces.length >= first.chunkCount;
    if (this.sizeBytes > first.partSizeBytes || (complete && this.sizeBytes !== first.partSizeBytes)) {
      throw new BrokenStreamError(`part ${first.sequence}: ${this.sizeBytes} bytes of ${first.partSizeBytes} came`);
    }
    if (!complete) {
      return undefined;
    }
    const data = joined(this.pieces, this.sizeBytes);
    [this.first, this.pieces, this.sizeBytes] = [undefined, [], 0];
    const sum = await sha256(data);
    if (sum !== undefined && !equal(sum, chunk.partSha256)) {
      throw new ChecksumMismatchError(`part ${first.sequence} has another SHA-256 than the server announced`);
    }
    const { sequence, map, lodPx, mediaType, controlCount } = first;
    const part = { sequence, map, lodPx, mediaType, controlCount, data, resumeToken: chunk.resumeToken };
    return { part, checksum: chunk.partSha256 };
  }
}

/** Takes the messages of one stream, over several attempts, and gives the parts that they complete. */
export class StreamAssembler {
  header: StreamHeader | undefined;
  trailer: StreamTrailer | undefined;
  /** Continues the stream behind the last part that came; empty if it cannot be continued. */
  resumeToken: Uint8Array = new Uint8Array();
  private parts = new PartAssembler();
  private expectsHeader = true;
  private nextSequence = 0;
  private partCount = 0;
  private digest: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(32);
  private readonly gaps: boolean;

  /** `gaps`: whether parts may be missing, as a server that delivers live leaves them out. */
  constructor({ gaps = false } = {}) {
    this.gaps = gaps;
  }

  /** A new attempt begins: its header comes first, and what was incomplete is forgotten. */
  restart(): void {
    this.parts = new PartAssembler();
    this.expectsHeader = true;
  }

  /** Take the next message; the header or the part, if it completes one. */
  async receive({ payload }: StreamMessage): Promise<{ header: StreamHeader } | { part: Part } | undefined> {
    if (this.trailer !== undefined || (payload.case === "header") !== this.expectsHeader) {
      throw new BrokenStreamError(`the stream sent ${payload.case ?? "nothing"} where something else was due`);
    }
    switch (payload.case) {
      case "header":
        return this.takeHeader(payload.value);
      case "part":
        return this.takeChunk(payload.value);
      case "trailer":
        this.takeTrailer(payload.value);
        return undefined;
      default:
        return undefined; // a message of a later version
    }
  }

  private takeHeader(header: StreamHeader): { header: StreamHeader } {
    this.expectsHeader = false;
    const before = this.header;
    if (before === undefined) {
      this.nextSequence = header.firstSequence;
      this.partCount = header.firstSequence;
      this.digest = header.firstSequence === 0 ? this.digest : undefined;
      this.header = header;
      return { header };
    }
    if (header.assetId !== before.assetId || header.firstSequence !== this.nextSequence) {
      throw new BrokenStreamError(
        `the stream goes on at part ${header.firstSequence} of ${header.assetId}, not at ${this.nextSequence} of ` +
          before.assetId,
      );
    }
    return { header };
  }

  private async takeChunk(chunk: PartChunk): Promise<{ part: Part } | undefined> {
    if (this.gaps ? chunk.sequence < this.nextSequence : chunk.sequence !== this.nextSequence) {
      throw new BrokenStreamError(`the stream sent part ${chunk.sequence} where part ${this.nextSequence} was due`);
    }
    const taken = await this.parts.take(chunk);
    if (taken === undefined) {
      return undefined;
    }
    this.nextSequence = taken.part.sequence + 1;
    this.partCount += 1;
    this.resumeToken = taken.part.resumeToken;
    if (this.digest !== undefined) {
      this.digest = await sha256(joined([this.digest, taken.checksum], 64));
    }
    return { part: taken.part };
  }

  private takeTrailer(trailer: StreamTrailer): void {
    if (!this.gaps && this.nextSequence !== this.header?.partCount) {
      throw new BrokenStreamError(`the trailer came after ${this.nextSequence} of ${this.header?.partCount} parts`);
    }
    const known = this.digest !== undefined || !this.gaps; // of what lay before a stored token there may be gaps, too
    if (this.parts.open || (known && trailer.partCount !== this.partCount)) {
      throw new BrokenStreamError(`the trailer counts ${trailer.partCount} parts, ${this.partCount} came`);
    }
    if (this.digest !== undefined && !equal(this.digest, trailer.sha256)) {
      throw new ChecksumMismatchError("the stream has another digest than its trailer says");
    }
    this.trailer = trailer;
  }
}

/** Bytes as lower-case hex. */
export function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function joined(pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
