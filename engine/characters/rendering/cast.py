"""Characters of one or many identities as tensors of one shape, ready to be posed and drawn in batches."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.characters.atlas import part_atlas
from engine.characters.character import Character
from engine.characters.parts import part_table


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Meshes padded to the longest one; rows are characters.

    position, normal  float32 [characters, vertices, 3]
    triangle          int64 [characters, triangles, 3]; what pads has no area
    joint, weight     int64 and float32 [characters, vertices, 4]
    slot              int64 [characters, vertices]
    brightness        float32 [characters, vertices]
    rest_place        float32 [characters, 19, 3], joints in the T-pose; rest_offset likewise, from their parents
    scale             float32 [characters, 3]: leg scale, sole, height of the mesh in meters
    palette           float32 [characters, 8, 3], sRGB
    parts             float32 [characters, parts, PART_NUMBERS], see `parts`
    features          float32 [characters, FEATURE_COUNT], see `Identity.features`
    atlas             float32 [characters, ATLAS_CHANNELS, parts * ALONG, WRAPPED], see `atlas`
    """

    position: torch.Tensor
    normal: torch.Tensor
    triangle: torch.Tensor
    joint: torch.Tensor
    weight: torch.Tensor
    slot: torch.Tensor
    brightness: torch.Tensor
    rest_place: torch.Tensor
    rest_offset: torch.Tensor
    scale: torch.Tensor
    palette: torch.Tensor
    parts: torch.Tensor
    features: torch.Tensor
    atlas: torch.Tensor

    def __len__(self) -> int:
        return len(self.position)

    def to(self, device: torch.device) -> "Cast":
        """The same on another device."""
        return Cast(*(getattr(self, name).to(device) for name in Cast.__slots__))

    def rows(self, index: torch.Tensor) -> "Cast":
        """Some of the characters, in this order."""
        return Cast(*(getattr(self, name)[index] for name in Cast.__slots__))


Row = tuple[NDArray[np.generic], ...]
"""What `Cast` holds of one character, unpadded, in its order; small enough to be sent between processes."""


def cast_of(characters: Sequence[Character]) -> Cast:
    """Some characters as tensors. Raises ValueError for none."""
    return cast_of_rows([row_of(character) for character in characters])


def row_of(character: Character) -> Row:
    """One character's part of a cast."""
    measures = character.measures
    scale = (measures.leg_scale, measures.sole, float(character.position[:, 1].max()))
    return (
        character.position, character.normal, character.triangle.astype(np.int64), character.joint.astype(np.int64),
        character.weight, character.slot.astype(np.int64), character.brightness, measures.joint.astype(np.float32),
        measures.rest_offset_m, np.array(scale, np.float32), character.identity.palette.slots(),
        part_table(character), character.identity.features(), part_atlas(character),
    )  # fmt: skip


def cast_of_rows(rows: Sequence[Row]) -> Cast:
    """A cast from its rows. Raises ValueError for none."""
    if not rows:
        raise ValueError("characters: none is not allowed; allowed: at least one")
    return Cast(*(torch.from_numpy(_padded(column)) for column in zip(*rows, strict=True)))


def _padded(arrays: Sequence[NDArray[np.generic]]) -> NDArray[np.generic]:
    longest = max(len(array) for array in arrays)
    result = np.zeros((len(arrays), longest, *arrays[0].shape[1:]), arrays[0].dtype)
    for row, array in zip(result, arrays, strict=True):
        row[: len(array)] = array
    return result
