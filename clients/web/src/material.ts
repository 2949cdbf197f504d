/** What the materials of all libraries share: their options, and how they follow a texture stream. */
import type { Files, TextureUpdate } from "./readers.js";
import type { AssetStream } from "./stream.js";

export interface StreamedMaterialOptions {
  /** How often the texture repeats along u and v; once by default. */
  readonly repeat?: readonly [number, number];
  /** Of all its textures; 8 by default. */
  readonly anisotropy?: number;
  /** Told after each level of detail. */
  readonly onLod?: (lodPx: number) => void;
}

/** What shows the maps of a texture. */
interface Viewer {
  isDisposed(): boolean;
  /** Swap all maps at once: those of different levels of detail do not fit each other. */
  show(maps: Files): Promise<void>;
  /** Told after each level of detail. */
  shown(lodPx: number): void;
}

/** Shows each level of detail as it comes. Rejects as the stream does, unless the viewer was disposed. */
export async function follow(stream: AssetStream<TextureUpdate, Files>, viewer: Viewer): Promise<void> {
  try {
    for await (const { lodPx, maps } of stream) {
      await viewer.show(maps);
      if (!viewer.isDisposed()) {
        viewer.shown(lodPx);
      }
    }
  } catch (error) {
    if (!viewer.isDisposed()) {
      throw error;
    }
  }
}
