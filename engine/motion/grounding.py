"""Takes of people of other sizes brought onto the common skeleton: scaled, with their feet where the scaled feet were.

Rotations alone would put feet centimeters away from where they stood, because proportions differ, and every step would
slide. So after scaling by leg length the legs reach for the scaled ankles, and the ground is put under the lowest foot.
"""

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.contacts import detect_contacts
from engine.motion.output.two_bone import reach, unit
from engine.motion.pose import Poses, joint_positions, joint_rotations, local_rotations
from engine.motion.skeleton import (
    CONTACT_JOINTS,
    LEFT_LEG,
    LEG_LENGTH_M,
    LEG_OFFSETS_M,
    PELVIS,
    RIGHT_LEG,
    Float,
)

STRAIGHT_WEIGHT = 0.25
"""A leg bent by an angle of this sine bends about an axis half its own, half the pelvis's."""

LOWEST_SHARE = 0.03
"""Share of the frames that may have their lowest foot below the ground: outliers of the capture."""


def leg_length_of(position_m: NDArray[Float]) -> float:
    """Median length of thigh and shin over frames [frame, 19, 3], the mean of both legs."""
    legs = [
        np.linalg.norm(position_m[:, leg[bone + 1]] - position_m[:, leg[bone]], axis=-1)
        for leg in (LEFT_LEG, RIGHT_LEG)
        for bone in (0, 1)
    ]
    return float(np.median(np.sum(legs, axis=0))) / 2


def grounded(
    rotation: NDArray[Float],
    position_m: NDArray[Float],
    rate_hz: float,
    *,
    level: bool = True,
    from_hips: bool = False,
) -> Poses:
    """Poses [frame] on the common skeleton of a take with its own proportions.

    rotation    local ones [frame, 19, 4], x, y, z, w
    position_m  where the take's joints were [frame, 19, 3], meters, world space
    level       put the ground under the lowest foot; otherwise the take's own ground stays
    from_hips   legs keep their direction instead of the feet their place: for figures with hips of another width
    """
    target = position_m * Float(LEG_LENGTH_M / max(leg_length_of(position_m), 1e-3))
    poses = Poses(target[:, 0], quaternions.normalized(rotation).astype(Float), np.zeros((len(rotation), 4), Float))
    world = joint_rotations(poses.rotation)
    position = joint_positions(poses, world=world)
    for leg in (LEFT_LEG, RIGHT_LEG):
        ankle = target[:, leg[2]]
        if from_hips:
            ankle = ankle - target[:, leg[0]] + position[:, leg[0]]
        world[:, leg[0]], world[:, leg[1]] = reach(world, position, leg[:3], ankle)
    untwist_legs(world, joint_positions(poses, world=world))
    poses = Poses(poses.root_m, local_rotations(world), poses.contact)
    position = joint_positions(poses)
    if level:
        ground = float(np.quantile(position[:, CONTACT_JOINTS, 1].min(1), LOWEST_SHARE))
        poses.root_m[:, 1] -= Float(ground)
        position[..., 1] -= Float(ground)
    return Poses(poses.root_m, poses.rotation, detect_contacts(position, rate_hz))


def untwist_legs(world: NDArray[Float], position_m: NDArray[Float]) -> None:
    """Turn thighs, shins and feet of world rotations [..., 19, 4] about their own length, in place; no joint moves.

    The axis that a knee bends about is only known while it is bent: fits to straight legs twist at random, which skins
    show. Here it is drawn towards the pelvis's sideways axis the more, the straighter the leg is.
    """
    sideways = quaternions.turned(world[..., PELVIS, :], np.array((1, 0, 0), Float))
    for leg in (LEFT_LEG, RIGHT_LEG):
        hip, knee, ankle, toe = (position_m[..., joint, :] for joint in leg)
        thigh, shin, foot = unit(hip - knee), unit(knee - ankle), unit(toe - ankle)
        hinge = quaternions.crossed(thigh, shin)  # its length is the sine of the bend
        axis = unit(hinge + STRAIGHT_WEIGHT * sideways)
        world[..., leg[0], :] = _framed(thigh, axis, np.array((0, 1, 0), Float))
        world[..., leg[1], :] = _framed(shin, axis, np.array((0, 1, 0), Float))
        world[..., leg[2], :] = _framed(foot, axis, unit(np.array(LEG_OFFSETS_M[3], Float)))
        world[..., leg[3], :] = world[..., leg[2], :]


def _framed(along: NDArray[Float], aside: NDArray[Float], rest_along: NDArray[Float]) -> NDArray[Float]:
    """Rotations [..., 4] that turn `rest_along` onto `along` and +X as near to `aside` as that allows."""
    x = unit(aside - along * (aside * along).sum(-1, keepdims=True))
    rest_x = np.array((1, 0, 0), Float)
    there = np.stack((x, along, quaternions.crossed(x, along)), axis=-1)
    rest = np.stack((rest_x, rest_along, np.cross(rest_x, rest_along)), axis=-1)
    return quaternions.from_matrix(there @ rest.T).astype(Float)
