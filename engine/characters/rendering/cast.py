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


def cast_of(characters: Sequence[Character]) -> Cast:
    """Some characters as tensors. Raises ValueError for none."""
    if not characters:
        raise ValueError("characters: none is not allowed; allowed: at least one")

    def stacked(name: str, kind: type[np.generic]) -> torch.Tensor:
        return torch.from_numpy(_padded([getattr(one, name) for one in characters]).astype(kind))

    measures = [one.measures for one in characters]
    scale = [
        (m.leg_scale, m.sole, float(one.position[:, 1].max())) for m, one in zip(measures, characters, strict=True)
    ]
    return Cast(
        stacked("position", np.float32), stacked("normal", np.float32), stacked("triangle", np.int64),
        stacked("joint", np.int64), stacked("weight", np.float32), stacked("slot", np.int64),
        stacked("brightness", np.float32),
        torch.from_numpy(np.stack([m.joint for m in measures]).astype(np.float32)),
        torch.from_numpy(np.stack([m.rest_offset_m for m in measures])),
        torch.tensor(scale, dtype=torch.float32),
        torch.from_numpy(np.stack([one.identity.palette.slots() for one in characters])),
        torch.from_numpy(np.stack([part_table(one) for one in characters])),
        torch.from_numpy(np.stack([one.identity.features() for one in characters])),
        torch.from_numpy(np.stack([part_atlas(one) for one in characters])),
    )  # fmt: skip


def _padded(arrays: Sequence[NDArray[np.generic]]) -> NDArray[np.generic]:
    longest = max(len(array) for array in arrays)
    result = np.zeros((len(arrays), longest, *arrays[0].shape[1:]), arrays[0].dtype)
    for row, array in zip(result, arrays, strict=True):
        row[: len(array)] = array
    return result
