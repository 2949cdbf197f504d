"""The one place for axes, handedness and units: how a scene of this project stands in other programs.

Inside, everything is as in glTF: right-handed, +Y up, meters, front faces counter-clockwise, height grids with rows
along +Z and columns along +X. Every other convention here is a swap or a flip of these axes, chosen such that
what is converted coincides with a GLB of the same scene after the engine's own import of it: Unity's glTFast mirrors x,
Unreal's Interchange swaps y and z.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = np.float32


@dataclass(frozen=True, slots=True)
class Axes:
    """A program's axes and unit of length.

    name             of the program or the format
    sources          for each axis there, the axis here that it shows: 0, 1 or 2 for x, y or z
    signs            for each axis there, 1 if it points the same way as the axis here, -1 if the opposite way
    units_per_meter  how many of its units are one meter
    clockwise_front  whether triangles are seen from the front where their corners run clockwise
    """

    name: str
    sources: tuple[int, int, int] = (0, 1, 2)
    signs: tuple[int, int, int] = (1, 1, 1)
    units_per_meter: float = 1.0
    clockwise_front: bool = False

    @property
    def mirrored(self) -> bool:
        """Whether the program's axes are left-handed."""
        return bool(np.linalg.det(self._matrix()) < 0)

    def points(self, position_m: NDArray[Float]) -> NDArray[Float]:
        """Positions [..., 3] in meters to the program's axes and units."""
        return self.directions(position_m) * Float(self.units_per_meter)

    def directions(self, direction: NDArray[Float]) -> NDArray[Float]:
        """Normals and other directions [..., 3] to the program's axes; lengths stay."""
        return direction[..., self.sources] * np.asarray(self.signs, Float)

    def scales(self, scale: NDArray[Float]) -> NDArray[Float]:
        """Factors per axis [..., 3] to the program's axes."""
        return scale[..., self.sources]

    def rotations(self, quaternion: NDArray[Float]) -> NDArray[Float]:
        """Unit quaternions x, y, z, w [..., 4] to the program's axes.

        A rotation's axis is a pseudovector: in a mirrored space it points the other way, so that the turn stays.
        """
        handedness = Float(-1 if self.mirrored else 1)
        axis = self.directions(quaternion[..., :3]) * handedness
        return np.concatenate([axis, quaternion[..., 3:]], axis=-1)

    def tangents(self, tangent: NDArray[Float]) -> NDArray[Float]:
        """Tangents with the sign of the bitangent [..., 4] to the program's axes; mirroring turns the sign."""
        handedness = Float(-1 if self.mirrored else 1)
        return np.concatenate([self.directions(tangent[..., :3]), tangent[..., 3:] * handedness], axis=-1)

    def triangles(self, triangle: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Vertex indices [triangles, 3] in the order that shows their fronts there.

        New axes leave the picture as it is, so the order changes only where clockwise triangles are fronts.
        """
        return triangle[:, ::-1] if self.clockwise_front else triangle

    def heights(self, height_m: NDArray[Float]) -> NDArray[Float]:
        """A grid of heights [rows along +Z, columns along +X] to the program's [second, first] horizontal axis.

        Values stay in meters; the grid is turned and flipped so that both horizontal axes there grow with the index.
        """
        up = self.sources.index(1)
        first, second = (axis for axis in range(3) if axis != up)
        grid = height_m if self.sources[first] == 0 else height_m.T
        return grid[:: self.signs[second], :: self.signs[first]]

    def _matrix(self) -> NDArray[np.float64]:
        """Rotation or reflection [3, 3] that the axes are."""
        return np.eye(3)[list(self.sources)] * np.asarray(self.signs, np.float64)[:, None]


GLTF = Axes("gltf")
"""glTF, Godot and three.js: right-handed, +Y up, meters."""

USD = Axes("usd")
"""As glTF; the layer says so with upAxis = "Y" and metersPerUnit = 1."""

UNITY = Axes("unity", signs=(-1, 1, 1), clockwise_front=True)
"""Left-handed, +Y up, meters, +Z forward: x is mirrored; fronts run clockwise."""

UNREAL = Axes("unreal", sources=(0, 2, 1), units_per_meter=100.0)
"""Left-handed, +Z up, centimeters: y and z change places; fronts stay counter-clockwise."""
