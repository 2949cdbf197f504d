"""Clips of a foreign, rigged GLB: its skeleton at rest and what its animations do with it, frame by frame."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.codecs.gltf.reader.container import Container
from engine.codecs.gltf.reader.fields import Fields, refusal
from engine.errors import DataError
from engine.motion import quaternions
from engine.motion.retarget.rig import Rig, RigPoses, WorldPoses, local_poses
from engine.motion.skeleton import Float

NODES_MAX, KEYS_MAX, FRAMES_MAX = 4096, 200_000, 200_000


@dataclass(frozen=True, slots=True)
class RiggedFile:
    """A rig and its clips by name; frames at the rate that was asked for."""

    rig: Rig
    clips: dict[str, RigPoses]


def read_clips_of_glb(data: bytes, rate_hz: float = 30.0) -> RiggedFile:
    """The first skin's skeleton and all animations of a GLB file. Scales are taken out: joints move, they do not grow.

    Raises DataError for a file that is not a sound GLB, has no skin, or whose animations are out of order.
    """
    container = Container(data)
    document = container.document
    nodes = document.sections("nodes")
    skins = document.sections("skins")
    if not skins:
        raise DataError("skins: none is not allowed; allowed: a file with a skinned character")
    tree = _Tree(nodes)
    joints = [joint for joint in tree.order if joint in set(skins[0].integers("joints", max(len(nodes) - 1, 0)))]
    if not joints:
        raise DataError("skins.0.joints: empty is not allowed; allowed: at least one joint")
    rest = tree.world({}, 1)
    names = tuple(nodes[joint].text("name", f"node {joint}") for joint in joints)
    parents = tuple(tree.joint_above(joint, joints) for joint in joints)
    frame = local_poses(_rig_stub(names, parents), WorldPoses(rest.position[:, joints], rest.rotation[:, joints]))
    rig = Rig(names, parents, frame.translation[0], frame.rotation[0])
    clips: dict[str, RigPoses] = {}
    for number, animation in enumerate(document.sections("animations")):
        tracks, frames = _tracks(container, animation, len(nodes), rate_hz)
        world = tree.world(tracks, frames)
        name = animation.text("name", f"animation {number}")
        clips[name] = local_poses(rig, WorldPoses(world.position[:, joints], world.rotation[:, joints]))
    return RiggedFile(rig, clips)


def _rig_stub(names: tuple[str, ...], parents: tuple[int, ...]) -> Rig:
    return Rig(names, parents, np.zeros((len(names), 3), Float), quaternions.identity(len(names)))


class _Tree:
    """All nodes with their rest transforms, parents first."""

    def __init__(self, nodes: list[Fields]) -> None:
        count = len(nodes)
        if count > NODES_MAX:
            raise refusal("nodes", count, f"at most {NODES_MAX}")
        self.parents = [-1] * count
        for index, node in enumerate(nodes):
            for child in node.integers("children", max(count - 1, 0)):
                if self.parents[child] >= 0 or child == index:
                    raise refusal(f"nodes.{index}.children", child, "each node below one other")
                self.parents[child] = index
        self.order = self._ordered(count)
        self.rest = [self._rest(node) for node in nodes]

    def _ordered(self, count: int) -> list[int]:
        order = [index for index in range(count) if self.parents[index] < 0]
        children: dict[int, list[int]] = {}
        for index, parent in enumerate(self.parents):
            children.setdefault(parent, []).append(index)
        for index in order:
            order += children.get(index, [])
        if len(order) != count:
            raise DataError("nodes: a circle is not allowed; allowed: a tree")
        return order

    @staticmethod
    def _rest(node: Fields) -> dict[str, NDArray[Float]]:
        if "matrix" in node:
            matrix = np.array(node.numbers("matrix", tuple(np.eye(4).ravel())), np.float64).reshape(4, 4).T
            scale = np.maximum(np.linalg.norm(matrix[:3, :3], axis=0), 1e-9)
            turn = quaternions.from_matrix(matrix[:3, :3] / scale)
            return {
                "translation": matrix[:3, 3].astype(Float),
                "rotation": turn.astype(Float),
                "scale": scale.astype(Float),
            }
        return {
            "translation": np.array(node.numbers("translation", (0.0, 0.0, 0.0)), Float),
            "rotation": np.array(node.numbers("rotation", (0.0, 0.0, 0.0, 1.0)), Float),
            "scale": np.array(node.numbers("scale", (1.0, 1.0, 1.0)), Float),
        }

    def joint_above(self, joint: int, joints: list[int]) -> int:
        """Index among `joints` of the nearest one above `joint`, or -1."""
        above = self.parents[joint]
        while above >= 0 and above not in joints:
            above = self.parents[above]
        return joints.index(above) if above >= 0 else -1

    def world(self, tracks: dict[tuple[int, str], NDArray[Float]], frames: int) -> WorldPoses:
        """All nodes over the frames; `tracks` replace rest values of (node, path)."""
        count = len(self.parents)
        position, rotation = np.zeros((frames, count, 3), Float), quaternions.identity(frames, count)
        scale = np.ones((frames, count, 3), Float)
        for node in self.order:
            own = {path: tracks.get((node, path), value) for path, value in self.rest[node].items()}
            above = self.parents[node]
            if above < 0:
                position[:, node], rotation[:, node] = own["translation"], quaternions.normalized(own["rotation"])
                scale[:, node] = own["scale"]
                continue
            grown = own["translation"] * scale[:, above]
            position[:, node] = position[:, above] + quaternions.turned(rotation[:, above], grown)
            rotation[:, node] = quaternions.multiplied(rotation[:, above], quaternions.normalized(own["rotation"]))
            scale[:, node] = scale[:, above] * own["scale"]
        return WorldPoses(position, quaternions.normalized(rotation).astype(Float))


def _tracks(
    container: Container, animation: Fields, node_count: int, rate_hz: float
) -> tuple[dict[tuple[int, str], NDArray[Float]], int]:
    """Sampled channels by (node, path), and the number of frames."""
    samplers = animation.sections("samplers")
    keyed: dict[tuple[int, str], tuple[NDArray[Any], NDArray[Any], str]] = {}
    end_s = 0.0
    for channel in animation.sections("channels"):
        target = channel.section("target")
        path = target.text("path")
        if "node" not in target or path not in ("translation", "rotation", "scale"):
            continue
        sampler = samplers[channel.integer("sampler", max(len(samplers) - 1, 0))]
        last = 1 << 20
        time = container.accessor(sampler.integer("input", last), ("SCALAR",), KEYS_MAX).astype(np.float64)
        value = container.accessor(sampler.integer("output", last), ("VEC3", "VEC4"), 3 * KEYS_MAX).astype(np.float64)
        how = sampler.text("interpolation", "LINEAR")
        if how == "CUBICSPLINE" and len(value) == 3 * len(time):
            value = value[1::3]  # the keys themselves; between them a straight line is close enough at 30 keys a second
        if not len(time) or len(value) != len(time) or not np.isfinite(value).all() or (np.diff(time) < 0).any():
            raise refusal(f"{animation.place}.samplers", f"{len(time)} times, {len(value)} values", "finite, in order")
        keyed[target.integer("node", max(node_count - 1, 0)), path] = (time, value, how)
        end_s = max(end_s, float(time[-1]))
    frames = int(np.floor(end_s * rate_hz + 1e-3)) + 1
    if frames > FRAMES_MAX:
        raise refusal(animation.place, f"{end_s} s", f"at most {FRAMES_MAX} frames")
    at = np.arange(frames) / rate_hz
    return {key: _sampled(at, *track, key[1]) for key, track in keyed.items()}, frames


def _sampled(
    at: NDArray[np.float64], time: NDArray[np.float64], value: NDArray[np.float64], how: str, path: str
) -> NDArray[Float]:
    after = np.clip(np.searchsorted(time, at, side="right"), 1, max(len(time) - 1, 1))
    before = np.minimum(after - 1, len(time) - 1)
    after = np.minimum(after, len(time) - 1)
    span = np.maximum(time[after] - time[before], 1e-9)
    share = np.clip((at - time[before]) / span, 0, 1) if how != "STEP" else np.zeros(len(at))
    if path == "rotation":
        return quaternions.blended(value[before], value[after], share[:, None]).astype(Float)
    return np.asarray(value[before] + (value[after] - value[before]) * share[:, None], Float)
