/** From parts to characters: what they are made of, and frame by frame how they stand and what they look like. */
import type { Part } from "./assembly.js";
import { BrokenStreamError } from "./errors.js";
import type { StreamHeader } from "./gen/morphogen/v1/common_pb.js";
import { type AssetFile, jsonOf } from "./readers.js";

export const JOINT_COUNT = 19;

/** Who a character is, and its skeleton. Axes: right-handed, +Y up; at heading 0 it faces +Z and its left is +X. */
export interface CharacterDescription {
  /** Names of the joints; those of the binary glTF have the same ones. */
  readonly joints: readonly string[];
  /** Index of each joint's parent; -1 for the pelvis. */
  readonly parents: readonly number[];
  /** Where each joint lies in the T-pose, relative to its parent: x, y, z in meters. */
  readonly restOffsetM: readonly (readonly number[])[];
  readonly heightM: number;
  /** Everything about the identity, with which it can be asked for again. */
  readonly identity: Readonly<Record<string, unknown>>;
  /** All of it, as it came. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** How a character stands. */
export interface Pose {
  /** Where the pelvis is: x, y, z in meters; the ground is y = 0. */
  readonly rootM: Float32Array;
  /** x, y, z, w of the rotation of each of 19 joints, relative to its parent; that of the pelvis to the world. */
  readonly rotation: Float32Array;
  /** How surely left ankle, left toe, right ankle and right toe stand on the ground, 0 to 1. */
  readonly contact: Float32Array;
}

/** One frame: a pose, a picture, or both. */
export interface Frame {
  /** From 0 at the character's beginning; live streams leave some out. */
  readonly number: number;
  readonly pose: Pose | undefined;
  /** An image, e.g. of "image/jpeg", or one access unit of a video, e.g. of "video/h264". */
  readonly picture: AssetFile | undefined;
  /** Transparency of a video's frame, as a second one of the same codec. */
  readonly alpha: Uint8Array<ArrayBuffer> | undefined;
  /** Whether decoding can start here; true of all images. */
  readonly keyframe: boolean;
  /** Edge length of the picture in pixels. */
  readonly sizePx: number;
  /** The controls that it shows: those up to this number. */
  readonly controlCount: number;
}

const ROTATION_AT = 3;
const CONTACT_AT = ROTATION_AT + 4 * JOINT_COUNT;
const POSE_NUMBERS = CONTACT_AT + 4;
const POSE_BYTES = 4 * POSE_NUMBERS;
const POSE_TYPE = "application/x-morphogen-pose";

/** What "description" says. Throws BrokenStreamError. */
export function descriptionOf(part: { readonly sequence: number; readonly data: Uint8Array }): CharacterDescription {
  const document = jsonOf(part);
  const { joints, parents, rest_offset_m: restOffsetM, height_m: heightM, identity } = document;
  const lists = [joints, parents, restOffsetM];
  if (!lists.every((list) => Array.isArray(list) && list.length === JOINT_COUNT)) {
    throw new BrokenStreamError(`part ${part.sequence} describes no character of ${JOINT_COUNT} joints`);
  }
  return { joints, parents, restOffsetM, heightM, identity, document } as CharacterDescription;
}

/** The frame that a part is. Throws BrokenStreamError. */
export function frameOf(part: Part, number: number, controlCount: number): Frame {
  const { kind, parameters } = mediaTypeOf(part);
  const poseOnly = kind === POSE_TYPE;
  const poseBytes = poseOnly ? POSE_BYTES : (parameters.get("pose_bytes") ?? 0);
  const alphaBytes = parameters.get("alpha_bytes") ?? 0;
  const pictureBytes = part.data.length - poseBytes - alphaBytes;
  if ((poseBytes !== 0 && poseBytes !== POSE_BYTES) || pictureBytes < 0 || poseOnly !== (pictureBytes === 0)) {
    throw new BrokenStreamError(`part ${part.sequence}: ${part.data.length} bytes of ${part.mediaType} are no frame`);
  }
  const pictureEnd = pictureBytes + alphaBytes;
  return {
    number,
    pose: poseBytes === 0 ? undefined : poseOf(part.data.subarray(pictureEnd)),
    picture: poseOnly ? undefined : { mediaType: kind, data: part.data.subarray(0, pictureBytes) },
    alpha: alphaBytes === 0 ? undefined : part.data.subarray(pictureBytes, pictureEnd),
    keyframe: parameters.get("keyframe") !== 0,
    sizePx: part.lodPx,
    controlCount,
  };
}

/** Number of the first frame of a stream. Throws BrokenStreamError. */
export function firstFrameOf(header: StreamHeader): number {
  const data = new TextEncoder().encode(header.canonicalRequest);
  const first = jsonOf({ sequence: 0, data })["first_frame"];
  if (typeof first !== "number") {
    throw new BrokenStreamError("the header does not say which frame is the first");
  }
  return first;
}

function poseOf(data: Uint8Array): Pose {
  const view = new DataView(data.buffer, data.byteOffset, POSE_BYTES);
  const numbers = Float32Array.from({ length: POSE_NUMBERS }, (_, index) => view.getFloat32(4 * index, true));
  return {
    rootM: numbers.subarray(0, ROTATION_AT),
    rotation: numbers.subarray(ROTATION_AT, CONTACT_AT),
    contact: numbers.subarray(CONTACT_AT),
  };
}

/** The type and its parameters, which are numbers. */
function mediaTypeOf(part: Part): { kind: string; parameters: ReadonlyMap<string, number> } {
  const [kind = "", ...items] = part.mediaType.split(";");
  const parameters = new Map<string, number>();
  for (const item of items) {
    const [name = "", value = ""] = item.split("=");
    if (!/^\d+$/.test(value)) {
      throw new BrokenStreamError(`part ${part.sequence} has the unreadable type ${part.mediaType}`);
    }
    parameters.set(name.trim(), Number(value));
  }
  return { kind, parameters };
}
