/** Pictures of a character as a texture. */
import * as THREE from "three";
import { InvalidRequestError } from "../errors.js";
import type { FrameStream } from "../frames.js";
import { bitmapOf } from "./textures.js";

/** Shows the newest picture of a stream of images (JPEG, WebP or PNG); WebP and PNG keep transparency. */
export class FrameTexture extends THREE.Texture<ImageBitmap | null> {
  /** Number of the frame that is shown; -1: none yet. */
  frame = -1;
  private stream: FrameStream | undefined;

  constructor() {
    super(null);
    this.colorSpace = THREE.SRGBColorSpace;
    this.flipY = false; // bitmaps come upside down
    this.generateMipmaps = false;
    this.minFilter = this.magFilter = THREE.LinearFilter;
  }

  /** Shows all frames of a stream, until it ends; rejects as it does, unless the texture was disposed. */
  async play(stream: FrameStream): Promise<void> {
    this.stream?.cancel();
    this.stream = stream;
    try {
      for await (const { number, picture } of stream) {
        if (picture?.mediaType.startsWith("image/") !== true) {
          const got = picture?.mediaType ?? "no picture";
          throw new InvalidRequestError(`format: ${got} is no image`, "format", got, "JPEG, WEBP or PNG");
        }
        const bitmap = await bitmapOf(picture);
        if (this.stream !== stream) {
          bitmap.close();
          return;
        }
        this.show(bitmap, number);
      }
    } catch (error) {
      if (this.stream === stream) {
        throw error;
      }
    }
  }

  override dispose(): void {
    const { stream } = this;
    this.stream = undefined;
    stream?.cancel();
    this.image?.close();
    super.dispose();
  }

  private show(bitmap: ImageBitmap, number: number): void {
    this.image?.close();
    this.image = bitmap;
    this.frame = number;
    this.needsUpdate = true;
  }
}
