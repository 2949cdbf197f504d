/** Pictures as textures. Only this module knows which way up three.js wants them, and in which color space. */
import * as THREE from "three";
import type { AssetFile } from "../readers.js";

/** What the texels mean: colors for the eye, or numbers for the shader. */
export type Meaning = "color" | "data";

/** A repeating texture of a PNG, JPEG or WebP file, its first row at v = 1. Dispose it with `release`. */
export async function textureOf(file: AssetFile, meaning: Meaning): Promise<THREE.Texture> {
  const texture = new THREE.Texture(await bitmapOf(file));
  texture.colorSpace = meaning === "color" ? THREE.SRGBColorSpace : THREE.NoColorSpace;
  texture.wrapS = texture.wrapT = THREE.RepeatWrapping;
  texture.flipY = false; // the bitmap is upside down already
  texture.needsUpdate = true;
  return texture;
}

/** The picture of a file, upside down as textures want it, with the file's own numbers. */
export function bitmapOf({ data, mediaType }: AssetFile): Promise<ImageBitmap> {
  return createImageBitmap(new Blob([data], { type: mediaType }), {
    imageOrientation: "flipY",
    premultiplyAlpha: "none",
    colorSpaceConversion: "none",
  });
}

/** Lets a texture and its picture go. */
export function release(texture: THREE.Texture | null | undefined): void {
  texture?.dispose();
  if (texture?.image instanceof ImageBitmap) {
    texture.image.close();
  }
}
