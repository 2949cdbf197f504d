/** A material of Babylon.js that gets sharper while its texture is being made. */
import { Constants } from "@babylonjs/core/Engines/constants.js";
import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import { RawTexture } from "@babylonjs/core/Materials/Textures/rawTexture.js";
import { Texture } from "@babylonjs/core/Materials/Textures/texture.js";
import { Color3 } from "@babylonjs/core/Maths/math.color.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { BrokenStreamError } from "../errors.js";
import { type StreamedMaterialOptions, follow } from "../material.js";
import type { AssetFile, Files, TextureUpdate } from "../readers.js";
import type { AssetStream } from "../stream.js";

/** Babylon keeps textures by name, and would take two with one name for the same. */
let textureCount = 0;

const GRAY = new Color3(0.22, 0.22, 0.22);

/**
 * Shows a texture stream: `material` can be used at once, gray at first, then as sharp as what has come. Maps that were
 * not asked for stay without effect. `dispose` stops the stream and lets go of everything.
 */
export class StreamedMaterial {
  readonly material: PBRMaterial;
  /** Settles with the stream; rejects as it does, unless it was disposed. */
  readonly done: Promise<void>;
  /** Edge length of what is shown, in pixels; 0: nothing yet. */
  lodPx = 0;
  private disposed = false;

  constructor(
    private readonly scene: Scene,
    private readonly stream: AssetStream<TextureUpdate, Files>,
    private readonly options: StreamedMaterialOptions = {},
  ) {
    this.material = new PBRMaterial("morphogen", scene);
    Object.assign(this.material, { albedoColor: GRAY, metallic: 0, roughness: 0.9 });
    // Normal maps are OpenGL's, +Y up; Babylon's own handedness turns the frame that they lie in.
    this.material.invertNormalMapX = !scene.useRightHandedSystem;
    this.material.invertNormalMapY = !scene.useRightHandedSystem;
    this.done = follow(stream, {
      isDisposed: () => this.disposed,
      show: (maps) => this.show(maps),
      shown: (lodPx) => {
        this.lodPx = lodPx;
        options.onLod?.(lodPx);
      },
    });
    this.done.catch(() => {}); // whoever does not ask is not told
  }

  dispose(): void {
    this.disposed = true;
    this.stream.cancel();
    this.material.dispose(false, true);
  }

  /** Swap all maps at once: those of different levels of detail do not fit each other. */
  private async show(maps: Files): Promise<void> {
    const [albedo, normal, surface] = await Promise.all([
      this.textureOf(maps.get("albedo")),
      this.textureOf(maps.get("normal")),
      this.surfaceOf(maps),
    ]);
    if (this.disposed) {
      [albedo, normal, surface].forEach((texture) => texture?.dispose());
      return;
    }
    const { material } = this;
    const before = [material.albedoTexture, material.bumpTexture, material.metallicTexture];
    Object.assign(material, {
      albedoTexture: albedo,
      bumpTexture: normal,
      metallicTexture: surface,
      albedoColor: albedo === null ? GRAY : Color3.White(),
      metallic: maps.has("metallic") ? 1 : 0,
      roughness: maps.has("roughness") ? 1 : 0.9,
      useRoughnessFromMetallicTextureAlpha: false,
      useRoughnessFromMetallicTextureGreen: maps.has("roughness"),
      useMetallnessFromMetallicTextureBlue: maps.has("metallic"),
      useAmbientOcclusionFromMetallicTextureRed: maps.has("ambient_occlusion"),
    });
    before.forEach((texture) => texture?.dispose());
  }

  private textureOf(file: AssetFile | undefined): Promise<Texture | null> {
    if (file === undefined) {
      return Promise.resolve(null);
    }
    return new Promise((resolve, reject) => {
      const texture: Texture = new Texture(`data:morphogen ${textureCount++}`, this.scene, {
        buffer: new Blob([file.data], { type: file.mediaType }),
        mimeType: file.mediaType,
        onLoad: () => resolve(this.placed(texture)),
        onError: (message) => reject(new BrokenStreamError(message ?? "a picture could not be read")),
      });
    });
  }

  /** Ambient occlusion, roughness and metallic as red, green and blue of one texture; null if none of them came. */
  private async surfaceOf(maps: Files): Promise<Texture | null> {
    const channels = [
      ["ambient_occlusion", "#f00"],
      ["roughness", "#0f0"],
      ["metallic", "#00f"],
    ] as const;
    const pictures = await Promise.all(channels.map(([name]) => bitmapOf(maps.get(name))));
    const { width = 0, height = 0 } = pictures.find((each) => each !== undefined) ?? {};
    if (width === 0) {
      return null;
    }
    const [whole, one] = [canvasOf(width, height), canvasOf(width, height)];
    whole.globalCompositeOperation = "lighter";
    pictures.forEach((picture, index) => {
      one.globalCompositeOperation = "copy";
      if (picture !== undefined) {
        one.drawImage(picture, 0, 0);
        one.globalCompositeOperation = "multiply";
        picture.close();
      }
      one.fillStyle = channels[index]?.[1] ?? "";
      one.fillRect(0, 0, width, height);
      whole.drawImage(one.canvas, 0, 0);
    });
    const { data } = whole.getImageData(0, 0, width, height);
    const [format, sampling] = [Constants.TEXTUREFORMAT_RGBA, Constants.TEXTURE_TRILINEAR_SAMPLINGMODE];
    return this.placed(new RawTexture(data, width, height, format, this.scene, true, true, sampling));
  }

  private placed(texture: Texture): Texture {
    [texture.uScale, texture.vScale] = this.options.repeat ?? [1, 1];
    texture.anisotropicFilteringLevel = this.options.anisotropy ?? 8;
    return texture;
  }
}

async function bitmapOf(file: AssetFile | undefined): Promise<ImageBitmap | undefined> {
  return file && createImageBitmap(new Blob([file.data], { type: file.mediaType }), { colorSpaceConversion: "none" });
}

function canvasOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const canvas = new OffscreenCanvas(width, height);
  return canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
}
