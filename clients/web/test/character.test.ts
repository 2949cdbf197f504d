import { expect, it } from "vitest";
import type { Part } from "../src/assembly.js";
import { descriptionOf, frameOf } from "../src/character.js";
import { BrokenStreamError } from "../src/index.js";

const POSE = new Uint8Array(Float32Array.from({ length: 83 }, (_, index) => index).buffer);

function part(mediaType: string, ...pieces: Uint8Array[]): Part {
  const data = new Uint8Array(pieces.flatMap((piece) => [...piece]));
  return { sequence: 4, map: "frame", lodPx: 128, mediaType, data, resumeToken: new Uint8Array(), controlCount: 0 };
}

it("takes picture, transparency and pose apart", () => {
  const [picture, alpha] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];
  const frame = frameOf(part("video/vp9;keyframe=0;alpha_bytes=2;pose_bytes=332", picture, alpha, POSE), 7, 2);
  expect(frame).toMatchObject({ number: 7, controlCount: 2, keyframe: false, sizePx: 128 });
  expect(frame.picture).toEqual({ mediaType: "video/vp9", data: picture });
  expect(frame.alpha).toEqual(alpha);
  expect([...(frame.pose?.rootM ?? [])]).toEqual([0, 1, 2]);
  expect([frame.pose?.rotation[0], frame.pose?.rotation.length]).toEqual([3, 76]);
  expect([...(frame.pose?.contact ?? [])]).toEqual([79, 80, 81, 82]);
});

it("takes poses alone, and pictures alone", () => {
  expect(frameOf(part("application/x-morphogen-pose", POSE), 0, 0)).toMatchObject({
    picture: undefined,
    keyframe: true,
  });
  expect(frameOf(part("image/png", Uint8Array.of(1)), 0, 0)).toMatchObject({ pose: undefined, alpha: undefined });
});

it.each([
  ["a short pose", part("application/x-morphogen-pose", POSE.subarray(4))],
  ["a pose of another size", part("image/png;pose_bytes=8", Uint8Array.of(1), POSE.subarray(0, 8))],
  ["more transparency than there is", part("video/vp9;alpha_bytes=9", Uint8Array.of(1))],
  ["a parameter that is no number", part("video/vp9;keyframe=yes", Uint8Array.of(1))],
  ["a picture without bytes", part("image/png;pose_bytes=332", POSE)],
])("refuses %s", (_, broken) => {
  expect(() => frameOf(broken, 0, 0)).toThrow(BrokenStreamError);
});

it("refuses descriptions of something else", () => {
  const document = { joints: ["pelvis"], parents: [-1], rest_offset_m: [[0, 0, 0]] };
  for (const text of ["{", "{}", JSON.stringify(document)]) {
    expect(() => descriptionOf({ sequence: 0, data: new TextEncoder().encode(text) })).toThrow(BrokenStreamError);
  }
});
