"""Poses of a stream as an action of the character's armature."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Quaternion, Vector
from numpy.typing import NDArray

from morphogen_client import BrokenStreamError

_LINEAR = 1
"""Number of the interpolation, as `foreach_set` wants it."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Poses in a row, in glTF's axes.

    joints    their names, the pelvis first
    root_m    float32 [frame, 3]: the pelvis
    rotation  float32 [frame, joint, 4]: x, y, z, w relative to the parent; to the rest pose, whose joints' axes are
              the world's
    rate_hz   frames in a second
    """

    joints: tuple[str, ...]
    root_m: NDArray[np.float32]
    rotation: NDArray[np.float32]
    rate_hz: int


def bake(armature: bpy.types.Object, motion: Motion, name: str, scene: bpy.types.Scene) -> bpy.types.Action:
    """Make an action of the poses, from the scene's current frame on, and let the armature play it.

    Raises BrokenStreamError for joints that the armature does not have.
    """
    missing = set(motion.joints) - {bone.name for bone in armature.data.bones}
    if missing:
        raise BrokenStreamError(f"the model has no joints {', '.join(sorted(missing))}")
    action = bpy.data.actions.new(name)
    action.use_fake_user = True
    curves = _assigned(armature, action)
    scene_hz = scene.render.fps / scene.render.fps_base
    frames = scene.frame_current + np.arange(len(motion.root_m)) * (scene_hz / motion.rate_hz)
    for number, joint in enumerate(motion.joints):
        armature.pose.bones[joint].rotation_mode = "QUATERNION"
        path = f'pose.bones["{joint}"].'
        rest = armature.data.bones[joint].matrix_local.to_quaternion()
        turns = _turns(motion.rotation[:, number], rest)
        for index in range(4):
            _fill(curves.new(path + "rotation_quaternion", index=index), frames, turns[:, index])
    pelvis = armature.data.bones[motion.joints[0]]
    moves = _moves(motion.root_m, pelvis.head_local, pelvis.matrix_local.to_quaternion())
    for index in range(3):
        _fill(curves.new(f'pose.bones["{pelvis.name}"].location', index=index), frames, moves[:, index])
    return action


def _assigned(armature: bpy.types.Object, action: bpy.types.Action) -> Any:
    """The action's curves, after it has become the armature's."""
    animation = armature.animation_data_create()
    animation.action = action
    if not hasattr(action, "slots"):  # until Blender 4.3
        return action.fcurves
    slot = action.slots.new("OBJECT", armature.name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    animation.action_slot = slot
    return strip.channelbag(slot, ensure=True).fcurves


def _turns(rotation: NDArray[np.float32], rest: Quaternion) -> NDArray[np.float64]:
    """w, x, y, z in the bone's own axes [frame, 4], without jumps of sign."""
    turns = np.array([rest.inverted() @ turn @ rest for turn in _in_blenders_axes(rotation)])
    flips = np.sum(turns[:-1] * turns[1:], axis=1) < 0.0
    turns[1:] *= np.where(np.cumsum(flips) % 2, -1.0, 1.0)[:, None]
    return turns


def _in_blenders_axes(rotation: NDArray[np.float32]) -> Iterator[Quaternion]:
    for x, y, z, w in rotation.tolist():
        yield Quaternion((w, x, -z, y))


def _moves(root_m: NDArray[np.float32], head: Vector, rest: Quaternion) -> NDArray[np.float64]:
    """Of the pelvis from its rest place, in its own axes [frame, 3]."""
    return np.array([rest.inverted() @ (Vector((x, -z, y)) - head) for x, y, z in root_m.tolist()])


def _fill(curve: bpy.types.FCurve, frames: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    points = curve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.column_stack([frames, values]).ravel())
    points.foreach_set("interpolation", np.full(len(frames), _LINEAR, np.intc))
    curve.update()
