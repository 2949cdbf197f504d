"""Triangle meshes: what props, terrain and levels are made of, and what the file formats write."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles over shared vertices, as in glTF: meters, +Y up, right-handed, front faces counter-clockwise.

    position            float32 [vertices, 3]
    normal              float32 [vertices, 3] of length 1
    triangle            uint32 [triangles, 3]
    texture_coordinate  float32 [vertices, 2], v grows downwards in the image; None: the material has no images
    tangent             float32 [vertices, 4], direction of growing u and the sign of the bitangent; None: derived from
                        the texture coordinates where it is needed
    color               uint8 [vertices, 4], linear RGBA that multiplies the material's base color; None: white
    """

    position: NDArray[np.float32]
    normal: NDArray[np.float32]
    triangle: NDArray[np.uint32]
    texture_coordinate: NDArray[np.float32] | None = None
    tangent: NDArray[np.float32] | None = None
    color: NDArray[np.uint8] | None = None

    @property
    def vertex_count(self) -> int:
        """Number of vertices."""
        return len(self.position)

    @property
    def triangle_count(self) -> int:
        """Number of triangles."""
        return len(self.triangle)

    def bounds(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The smallest and the largest corner, float32 [3] each. Raises ValueError for a mesh without vertices."""
        return self.position.min(axis=0), self.position.max(axis=0)


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of several that have the same attributes. Raises ValueError for none, or if the attributes differ."""
    if not meshes:
        raise ValueError("meshes: none is not allowed; allowed: at least one")
    starts = np.cumsum([0] + [mesh.vertex_count for mesh in meshes[:-1]])
    triangles = [mesh.triangle + np.uint32(start) for mesh, start in zip(meshes, starts, strict=True)]
    return Mesh(
        position=np.concatenate([mesh.position for mesh in meshes]),
        normal=np.concatenate([mesh.normal for mesh in meshes]),
        triangle=np.concatenate(triangles),
        texture_coordinate=_joined_attribute([mesh.texture_coordinate for mesh in meshes], "texture_coordinate"),
        tangent=_joined_attribute([mesh.tangent for mesh in meshes], "tangent"),
        color=_joined_attribute([mesh.color for mesh in meshes], "color"),
    )


def _joined_attribute(values: Sequence[NDArray[Number] | None], name: str) -> NDArray[Number] | None:
    present = [value for value in values if value is not None]
    if not present:
        return None
    if len(present) < len(values):
        raise ValueError(f"meshes: {len(values) - len(present)} of {len(values)} have no {name}; allowed: all or none")
    return np.concatenate(present)
