/** A material that gets sharper while its texture is being made. */
import * as THREE from "three";
import { type StreamedMaterialOptions as MaterialOptions, follow } from "../material.js";
import { decodePng } from "../png.js";
import type { AssetFile, Files, TextureUpdate } from "../readers.js";
import type { AssetStream } from "../stream.js";
import { type Meaning, release, textureOf } from "./textures.js";

export interface StreamedMaterialOptions extends MaterialOptions {
  /** Height of the relief in meters: displaces the vertices of the mesh, of which there should be enough. 0 by default. */
  readonly displacementM?: number;
}

type Slot = "map" | "normalMap" | "roughnessMap" | "metalnessMap" | "aoMap";

const SLOTS: readonly (readonly [map: string, slot: Slot, meaning: Meaning])[] = [
  ["albedo", "map", "color"],
  ["normal", "normalMap", "data"],
  ["roughness", "roughnessMap", "data"],
  ["metallic", "metalnessMap", "data"],
  ["ambient_occlusion", "aoMap", "data"],
];

/**
 * Shows a texture stream: `material` can be used at once, gray at first, then as sharp as what has come. Maps that were
 * not asked for stay without effect. `dispose` stops the stream and lets go of everything.
 */
export class StreamedMaterial {
  readonly material = new THREE.MeshStandardMaterial({ color: 0x808080, roughness: 0.9 });
  /** Settles with the stream; rejects as it does, unless it was disposed. */
  readonly done: Promise<void>;
  /** Edge length of what is shown, in pixels; 0: nothing yet. */
  lodPx = 0;
  private disposed = false;

  constructor(
    private readonly stream: AssetStream<TextureUpdate, Files>,
    private readonly options: StreamedMaterialOptions = {},
  ) {
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
    for (const texture of this.textures()) {
      release(texture);
    }
    this.material.dispose();
  }

  /** Swap all maps at once: those of different levels of detail do not fit each other. */
  private async show(maps: Files): Promise<void> {
    const { material } = this;
    const height = this.options.displacementM ? maps.get("height") : undefined;
    const [relief, ...textures] = await Promise.all([
      height && reliefOf(height),
      ...SLOTS.map(([name, , meaning]) => maps.get(name) && textureOf(maps.get(name) as AssetFile, meaning)),
    ]);
    const before = this.textures();
    const had = before.map((texture) => texture !== null);
    SLOTS.forEach(([, slot], index) => {
      material[slot] = this.placed(textures[index]);
    });
    material.displacementMap = this.placed(relief);
    material.displacementScale = this.options.displacementM ?? 0;
    material.color.set(material.map === null ? 0x808080 : 0xffffff);
    material.roughness = material.roughnessMap === null ? 0.9 : 1;
    material.metalness = material.metalnessMap === null ? 0 : 1;
    // Another set of maps is another shader; other texels are not.
    material.needsUpdate ||= this.textures().some((texture, index) => (texture !== null) !== had[index]);
    before.forEach(release);
    if (this.disposed) {
      this.textures().forEach(release);
    }
  }

  private placed(texture: THREE.Texture | undefined): THREE.Texture | null {
    if (texture !== undefined) {
      texture.repeat.set(...(this.options.repeat ?? [1, 1]));
      texture.anisotropy = this.options.anisotropy ?? 8;
    }
    return texture ?? null;
  }

  private textures(): (THREE.Texture | null)[] {
    return [...SLOTS.map(([, slot]) => this.material[slot]), this.material.displacementMap];
  }
}

/** Heights keep their 16 bits, as far as half floats hold them. */
async function reliefOf(file: AssetFile): Promise<THREE.DataTexture> {
  const { width, height, values } = await decodePng(file.data);
  const scale = values instanceof Uint16Array ? 65535 : 255;
  const texels = new Uint16Array(width * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const value = (values[row * width + column] as number) / scale;
      texels[(height - 1 - row) * width + column] = THREE.DataUtils.toHalfFloat(value);
    }
  }
  const texture = new THREE.DataTexture(texels, width, height, THREE.RedFormat, THREE.HalfFloatType);
  texture.wrapS = texture.wrapT = THREE.RepeatWrapping;
  texture.magFilter = THREE.LinearFilter;
  texture.minFilter = THREE.LinearMipmapLinearFilter;
  texture.generateMipmaps = true;
  texture.needsUpdate = true;
  return texture;
}
