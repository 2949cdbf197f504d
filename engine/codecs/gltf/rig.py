"""A rigged character as one binary glTF file: skin, joints, a material for each of its colors, clips.

What is seen is what the software renderer draws: the same mesh and weights, and colors painted in sRGB become linear
factors of materials that can be recolored one by one. Format: glTF 2.0, chapters 3.7.3 (skins) and 3.11 (animations).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.characters.character import Character
from engine.characters.identity import PARTS, SLIDERS
from engine.characters.measures import own_root_m
from engine.characters.palettes import METAL, SLOT_NAMES
from engine.codecs.gltf.document import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, Document, self_description
from engine.motion import quaternions
from engine.motion.pose import Poses
from engine.motion.skeleton import PELVIS, SKELETON

MESH_NODE = 0
FIRST_JOINT_NODE = 1
"""Nodes: the mesh, then the joints in the skeleton's order."""

_GAMMA = 2.2
_SHORT_INDEX_MAX = 65534


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A named motion: poses of the common skeleton [frames] at an even rate."""

    name: str
    poses: Poses
    rate_hz: float

    def __post_init__(self) -> None:
        if len(self.poses.shape) != 1 or self.poses.shape[0] < 2:
            raise ValueError(
                f"clip {self.name}: poses of shape {self.poses.shape} are not allowed; allowed: two or more"
            )
        if not 0.0 < self.rate_hz <= 1000.0:
            raise ValueError(f"clip {self.name}: rate_hz {self.rate_hz} is outside (0, 1000]")


def write_character_glb(character: Character, clips: Sequence[Clip], provenance: Mapping[str, str]) -> bytes:
    """The GLB file of a character with its clips; equal arguments give equal bytes.

    provenance  as for `self_description`

    Raises ValueError for clips that share a name.
    """
    names = [clip.name for clip in clips]
    if len(set(names)) < len(names):
        raise ValueError(f"clips: {names} are not allowed; allowed: a name for each")
    document = Document()
    identity = character.identity
    primitives, materials = _surfaces(document, character)
    title = f"{identity.kind}_{identity.seed}"
    skin = {
        "name": "skeleton",
        "inverseBindMatrices": document.add_accessor(_inverse_binds(character), kind="MAT4"),
        "skeleton": FIRST_JOINT_NODE + PELVIS,
        "joints": [FIRST_JOINT_NODE + joint for joint in range(SKELETON.joint_count)],
    }
    properties = self_description(provenance, title)
    properties |= {
        "scene": 0,
        "scenes": [
            {"name": title, "nodes": [MESH_NODE, FIRST_JOINT_NODE + PELVIS], "extras": _identity_extras(character)}
        ],
        "nodes": [{"name": title, "mesh": 0, "skin": 0}, *_joint_nodes(character)],
        "meshes": [{"name": title, "primitives": primitives}],
        "materials": materials,
        "skins": [skin],
    }
    if clips:
        properties["animations"] = [_animation(document, character, clip) for clip in clips]
    return document.to_glb(properties)


def _surfaces(document: Document, character: Character) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """A primitive and a material for each color slot in use. Vertices are shared by all primitives."""
    colors = character.identity.palette.slots()
    position = document.add_accessor(character.position, target=ARRAY_BUFFER, bounds=True)
    brightest = np.ones(len(colors), np.float32)
    np.maximum.at(brightest, character.slot, character.brightness)
    shade = (character.brightness / brightest[character.slot]) ** _GAMMA
    tint = np.full((len(shade), 4), 255, np.uint8)
    tint[:, :3] = np.rint(np.clip(shade, 0.0, 1.0) * 255.0)[:, None]
    attributes = {
        "POSITION": position,
        "NORMAL": document.add_accessor(character.normal, target=ARRAY_BUFFER),
        "COLOR_0": document.add_accessor(tint, target=ARRAY_BUFFER, normalized=True),
        "JOINTS_0": document.add_accessor(character.joint, target=ARRAY_BUFFER),
        "WEIGHTS_0": document.add_accessor(character.weight, target=ARRAY_BUFFER),
    }
    primitives: list[dict[str, object]] = []
    materials: list[dict[str, object]] = []
    kind = np.uint16 if len(character.position) <= _SHORT_INDEX_MAX else np.uint32
    for slot in np.unique(character.slot).tolist():
        chosen = character.triangle[character.slot[character.triangle[:, 0]] == slot]
        indices = document.add_accessor(chosen.reshape(-1).astype(kind), target=ELEMENT_ARRAY_BUFFER)
        primitives.append({"attributes": attributes, "indices": indices, "material": len(materials)})
        linear = np.clip(colors[slot] * brightest[slot], 0.0, 1.0).astype(np.float64) ** _GAMMA
        surface: dict[str, object] = {
            "baseColorFactor": [*(round(value, 6) for value in linear.tolist()), 1.0],
            "metallicFactor": 0.6 if slot == METAL else 0.0,
            "roughnessFactor": 0.4 if slot == METAL else 0.85,
        }
        materials.append({"name": SLOT_NAMES[slot], "pbrMetallicRoughness": surface})
    return primitives, materials


def _inverse_binds(character: Character) -> NDArray[np.float32]:
    """Matrices float32 [19, 16], column by column, that move each joint of the T-pose to the origin."""
    matrix = np.tile(np.eye(4, dtype=np.float32), (SKELETON.joint_count, 1, 1))
    matrix[:, 3, :3] = -character.measures.joint
    return matrix.reshape(-1, 16)


def _joint_nodes(character: Character) -> list[dict[str, Any]]:
    offsets = character.measures.rest_offset_m.astype(np.float64).round(6)
    offsets[PELVIS] = character.measures.joint[PELVIS]
    nodes: list[dict[str, Any]] = []
    for joint, name in enumerate(SKELETON.names):
        node: dict[str, Any] = {"name": name, "translation": offsets[joint].tolist()}
        children = [FIRST_JOINT_NODE + child for child, parent in enumerate(SKELETON.parents) if parent == joint]
        if children:
            node["children"] = children
        nodes.append(node)
    return nodes


def _animation(document: Document, character: Character, clip: Clip) -> dict[str, object]:
    """Rotations of all joints and the way of the pelvis, scaled to the character's legs."""
    frames = clip.poses.shape[0]
    time = document.add_accessor((np.arange(frames) / clip.rate_hz).astype(np.float32), bounds=True)
    rotation = quaternions.continuous(quaternions.normalized(clip.poses.rotation)).astype(np.float32)
    way = np.ascontiguousarray(own_root_m(character.measures, clip.poses.root_m), np.float32)
    outputs = [(PELVIS, "translation", document.add_accessor(way))]
    turns = [document.add_accessor(np.ascontiguousarray(rotation[:, joint])) for joint in range(SKELETON.joint_count)]
    outputs += [(joint, "rotation", accessor) for joint, accessor in enumerate(turns)]
    return {
        "name": clip.name,
        "samplers": [{"input": time, "output": output, "interpolation": "LINEAR"} for _, _, output in outputs],
        "channels": [
            {"sampler": index, "target": {"node": FIRST_JOINT_NODE + joint, "path": path}}
            for index, (joint, path, _) in enumerate(outputs)
        ],
    }


def _identity_extras(character: Character) -> dict[str, object]:
    """Who the character is, so that a file can be made again."""
    identity = character.identity
    return {
        "identity": {
            "seed": identity.seed,
            "kind": identity.kind,
            "sliders": dict(zip(SLIDERS, identity.sliders, strict=True)),
            "parts": dict(zip(PARTS, identity.parts, strict=True)),
        }
    }
