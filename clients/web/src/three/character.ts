/** A skinned character whose bones follow a stream of poses. */
import * as THREE from "three";
import type { GLTF } from "three/addons/loaders/GLTFLoader.js";
import { type CharacterDescription, type Pose, descriptionOf } from "../character.js";
import type { CharacterRequest, MorphogenClient } from "../client.js";
import { BrokenStreamError, InvalidRequestError } from "../errors.js";
import type { FrameStream } from "../frames.js";
import type { Files } from "../readers.js";
import { disposeObject, loadGlb } from "./scene.js";

/** Height of the ground at a place, in meters; undefined where it is not known. */
export type GroundHeight = (xM: number, zM: number) => number | undefined;

export interface CharacterViewOptions {
  /** What it walks on; flat by default. */
  readonly ground?: GroundHeight;
  /** Whether it casts and takes shadows; true by default. */
  readonly shadows?: boolean;
}

/** The character of a request, standing, ready to `play`. */
export async function loadCharacter(
  client: MorphogenClient,
  request: CharacterRequest = {},
  options: CharacterViewOptions = {},
): Promise<CharacterView> {
  const { files } = await client.generateCharacter(request).result();
  return CharacterView.of(files, options);
}

/**
 * A group with the character in it. Its origin is where the character began; the character itself walks away from there,
 * to `place`. Call `update` before each picture: bones glide from pose to pose, at whatever rate either comes.
 */
export class CharacterView extends THREE.Group {
  /** Where the character is now, on the ground below its pelvis, in this group. */
  readonly place = new THREE.Vector3();
  /** Number of the newest frame; -1: none yet. */
  frame = -1;
  private readonly bones: readonly THREE.Bone[];
  private readonly from: Snapshot;
  private readonly to: Snapshot;
  private arrivedAtMs = 0;
  private intervalMs = 1e3 / 30;
  private stream: FrameStream | undefined;

  private constructor(
    readonly gltf: GLTF,
    readonly description: CharacterDescription,
    private readonly options: CharacterViewOptions,
  ) {
    super();
    const shadows = options.shadows ?? true;
    gltf.scene.traverse((each) => {
      [each.castShadow, each.receiveShadow] = [shadows, shadows];
      each.frustumCulled = false; // bones carry it out of the bounds that it was made with
    });
    this.add(gltf.scene);
    this.bones = description.joints.map((name) => {
      const bone = gltf.scene.getObjectByName(name);
      if (bone === undefined) {
        throw new BrokenStreamError(`the model has no joint "${name}"`);
      }
      return bone as THREE.Bone;
    });
    this.from = snapshotOf(this.bones);
    this.to = snapshotOf(this.bones);
  }

  /** The view of the files of GenerateCharacter. */
  static async of(files: Files, options: CharacterViewOptions = {}): Promise<CharacterView> {
    const [model, description] = [files.get("character"), files.get("description")];
    if (model === undefined || description === undefined) {
      throw new BrokenStreamError("these are not the files of a character");
    }
    return new CharacterView(await loadGlb(model), descriptionOf({ sequence: 0, data: description.data }), options);
  }

  /** Clips of the model, for an AnimationMixer; a stream that plays overrules them. */
  get clips(): readonly THREE.AnimationClip[] {
    return this.gltf.animations;
  }

  /** Follows a stream with poses until it ends; rejects as it does, unless another one was played or it was disposed. */
  async play(stream: FrameStream): Promise<void> {
    this.stream?.cancel();
    this.stream = stream;
    try {
      for await (const { number, pose } of stream) {
        if (this.stream !== stream) {
          return;
        }
        if (pose === undefined) {
          throw new InvalidRequestError("poses: a stream of pictures alone", "poses", "false", "true");
        }
        const rateHz = Number(stream.description?.document["rate_hz"] ?? 30);
        this.take(pose, number, 1e3 / rateHz);
      }
    } catch (error) {
      if (this.stream === stream) {
        throw error;
      }
    }
  }

  /** Glide towards the newest pose. */
  update(nowMs = performance.now()): void {
    const share = this.frame < 0 ? 0 : Math.min(1, (nowMs - this.arrivedAtMs) / this.intervalMs);
    const { from, to, bones } = this;
    bones.forEach((bone, joint) => {
      bone.quaternion.slerpQuaternions(from.rotations[joint] as Rotation, to.rotations[joint] as Rotation, share);
    });
    const pelvis = (bones[0] as THREE.Bone).position.lerpVectors(from.root, to.root, share);
    const groundM = this.options.ground?.(pelvis.x + this.position.x, pelvis.z + this.position.z);
    this.gltf.scene.position.y = groundM === undefined ? 0 : groundM - this.position.y;
    this.place.set(pelvis.x, this.gltf.scene.position.y, pelvis.z);
  }

  /** Stops the stream and lets go of the model. */
  override dispose(): void {
    const { stream } = this;
    this.stream = undefined;
    stream?.cancel();
    disposeObject(this);
  }

  private take(pose: Pose, number: number, intervalMs: number): void {
    const isFirst = this.frame < 0;
    this.bones.forEach((bone, joint) => {
      (this.from.rotations[joint] as Rotation).copy(bone.quaternion);
      (this.to.rotations[joint] as Rotation).fromArray(pose.rotation, 4 * joint);
    });
    this.from.root.copy((this.bones[0] as THREE.Bone).position);
    this.to.root.fromArray(pose.rootM);
    if (isFirst) {
      this.from.root.copy(this.to.root);
    }
    [this.frame, this.arrivedAtMs, this.intervalMs] = [number, performance.now(), intervalMs];
  }
}

type Rotation = THREE.Quaternion;

interface Snapshot {
  readonly root: THREE.Vector3;
  readonly rotations: readonly Rotation[];
}

function snapshotOf(bones: readonly THREE.Bone[]): Snapshot {
  return { root: (bones[0] as THREE.Bone).position.clone(), rotations: bones.map((bone) => bone.quaternion.clone()) };
}
