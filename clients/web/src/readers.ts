/** What the parts of each kind of asset mean. */
import type { Part } from "./assembly.js";
import { BrokenStreamError } from "./errors.js";
import type { StreamHeader } from "./gen/morphogen/v1/common_pb.js";
import type { Reader } from "./stream.js";

/** A file as it came. */
export interface AssetFile {
  readonly mediaType: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Files by name. */
export type Files = ReadonlyMap<string, AssetFile>;

/** One complete level of detail of a material: usable at once, replaced by the next one. */
export interface TextureUpdate {
  /** Edge length in pixels. */
  readonly lodPx: number;
  /** Whether this is the requested size. */
  readonly final: boolean;
  /** PNG files by map, e.g. "albedo". Normal maps are OpenGL (+Y); height is 16-bit. */
  readonly maps: Files;
}

/** One step on the way to a level, or one of its files. */
export type LevelUpdate =
  | { readonly kind: "refinement"; readonly rows: readonly string[]; readonly document: Record<string, unknown> }
  | { readonly kind: "file"; readonly name: string; readonly file: AssetFile };

/** One file of a scene, a chunk or a world, as soon as it is made. */
export interface FileUpdate {
  /** E.g. "scene" (binary glTF) or "height" (PNG). */
  readonly name: string;
  readonly file: AssetFile;
  /** Number of the file, from 0, and how many there are. */
  readonly sequence: number;
  readonly partCount: number;
}

/** Gathers the maps of a level of detail. */
export class TextureReader implements Reader<TextureUpdate, Files> {
  private maps = new Map<string, AssetFile>();
  private lodPx = 0;
  private count = 0;

  read(header: StreamHeader, part: Part): TextureUpdate | undefined {
    if (part.lodPx !== this.lodPx) {
      [this.maps, this.lodPx] = [new Map(), part.lodPx];
    }
    this.maps.set(part.map, fileOf(part));
    this.count = header.partCount / Math.max(1, header.lodsPx.length);
    if (this.maps.size < this.count) {
      return undefined;
    }
    return { lodPx: part.lodPx, final: part.lodPx === header.lodsPx.at(-1), maps: this.maps };
  }

  /** The maps of the last level of detail. */
  files(): Files {
    return this.maps;
  }
}

/** Tells steps from files. */
export class LevelReader implements Reader<LevelUpdate, Files> {
  private readonly kept = new Map<string, AssetFile>();

  read(_header: StreamHeader, part: Part): LevelUpdate {
    const file = fileOf(part);
    if (part.map !== "refinement") {
      this.kept.set(part.map, file);
      return { kind: "file", name: part.map, file };
    }
    const document = jsonOf(part);
    return { kind: "refinement", rows: (document["rows"] ?? []) as string[], document };
  }

  files(): Files {
    return this.kept;
  }
}

/** Every part is a file. */
export class FilesReader implements Reader<FileUpdate, Files> {
  private readonly kept = new Map<string, AssetFile>();

  read(header: StreamHeader, part: Part): FileUpdate {
    const file = fileOf(part);
    this.kept.set(part.map, file);
    return { name: part.map, file, sequence: part.sequence, partCount: header.partCount };
  }

  files(): Files {
    return this.kept;
  }
}

/** The JSON object in a part. */
export function jsonOf(part: { readonly sequence: number; readonly data: Uint8Array }): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(part.data)) as Record<string, unknown>;
  } catch (cause) {
    throw new BrokenStreamError(`part ${part.sequence} is no JSON`, { cause });
  }
}

/** What of a part is a file. */
export function fileOf(part: Part): AssetFile {
  return { mediaType: part.mediaType, data: part.data };
}
