"""What a scene consists of, before any file format: materials, models with levels of detail, instances, the sun."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh


class AlphaMode(StrEnum):
    """How a material's alpha is used."""

    OPAQUE = "opaque"
    MASK = "mask"
    BLEND = "blend"


@dataclass(frozen=True, slots=True)
class Image:
    """An image file: PNG or JPEG, told by `media_type`."""

    data: bytes
    media_type: str = "image/png"


@dataclass(frozen=True, slots=True)
class Material:
    """A metallic-roughness surface.

    base_color     linear RGBA factor, each 0 to 1
    albedo         sRGB image, its alpha counts
    normal         tangent space, OpenGL (+Y, green up)
    orm            red = ambient occlusion, green = roughness, blue = metallic; multiplies `roughness` and `metallic`
    texture_scale  how often the images repeat per unit of texture coordinate, along u and v
    """

    name: str
    base_color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    roughness: float = 1.0
    metallic: float = 0.0
    albedo: Image | None = None
    normal: Image | None = None
    orm: Image | None = None
    texture_scale: tuple[float, float] = (1.0, 1.0)
    alpha_mode: AlphaMode = AlphaMode.OPAQUE
    double_sided: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """A mesh and the index of its material in the scene."""

    mesh: Mesh
    material: int


@dataclass(frozen=True, slots=True)
class Lod:
    """One level of detail of a model.

    coverage  share of the screen's height, 0 to 1, below which the next coarser level takes over; 0 for the coarsest
    """

    primitives: tuple[Primitive, ...]
    coverage: float = 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """Something that can be placed; `lods` from fine to coarse, at least one."""

    name: str
    lods: tuple[Lod, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """Placements of one model, which stay instances in every format that has them.

    model        index in the scene
    translation  float32 [count, 3], meters
    rotation     float32 [count, 4], unit quaternions x, y, z, w
    scale        float32 [count, 3]
    """

    name: str
    model: int
    translation: NDArray[np.float32]
    rotation: NDArray[np.float32]
    scale: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sun:
    """A light from infinitely far away.

    direction    unit vector along which the light travels
    color        linear RGB, each 0 to 1
    illuminance  lux on a surface that faces it
    """

    direction: tuple[float, float, float]
    color: tuple[float, float, float]
    illuminance: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole scene; coordinates as in `Mesh`.

    extras  anything worth keeping for tools, as JSON values; formats store it with the scene
    """

    name: str
    materials: tuple[Material, ...]
    models: tuple[Model, ...]
    instances: tuple[Instances, ...]
    sun: Sun | None = None
    extras: Mapping[str, object] = field(default_factory=dict)
