"""Requests for whole scenes: a square of a landscape with its textures, props, sky and light, as files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from engine.errors import InvalidRequestError
from engine.requests.checks import frozen_numbers
from engine.requests.landscape import Landscape

EXTENT_MIN_M, EXTENT_MAX_M = 32.0, 4096.0
VERTICES_MAX = 1025
"""Vertices along an edge: a scene is one file that engines load at once. Larger worlds are streamed in chunks."""

PROPS_MAX = 20_000
TEXTURE_SIZES_PX = (256, 512, 1024, 2048, 4096)


OWN_PROPS_MAX = 32
OWN_PROP_MAX_BYTES = 8 * 1024 * 1024
OWN_PROPS_MAX_BYTES = 24 * 1024 * 1024
DENSITY_MAX = 10_000.0


@dataclass(frozen=True, slots=True)
class OwnProp:
    """A user's own prop: a model, and where it belongs.

    name       letters, digits, "_" and "-", at most 64
    glb        a binary glTF file in meters, +Y up, standing on its origin; at most 8 MiB
    densities  biome -> how many stand on a hectare of it, 0 to 10,000
    radius_m   of the circle on the ground that it keeps for itself, 0.05 to 50
    slope_max  steepest ground, as rise over run, 0 to 4
    scale_min, scale_max  of its size when placed, 0.05 to 20
    leans      0 stays upright, 1 stands square on the slope
    """

    name: str
    glb: bytes
    densities: Mapping[str, float]
    radius_m: float = 1.0
    slope_max: float = 0.7
    scale_min: float = 0.8
    scale_max: float = 1.2
    leans: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= 64 or not all(c.isascii() and (c.isalnum() or c in "_-") for c in self.name):
            raise InvalidRequestError("own_props.name", self.name[:80], "1 to 64 letters, digits, _ and -")
        here = f"own_props.{self.name}"
        if not 1 <= len(self.glb) <= OWN_PROP_MAX_BYTES:
            raise InvalidRequestError(f"{here}.glb", f"{len(self.glb)} bytes", f"1 to {OWN_PROP_MAX_BYTES} bytes")
        if not self.densities:
            raise InvalidRequestError(f"{here}.densities", "{}", "at least one biome")
        object.__setattr__(self, "densities", frozen_numbers(f"{here}.densities", self.densities))
        for biome, density in self.densities.items():
            if not 0.0 <= density <= DENSITY_MAX:
                raise InvalidRequestError(f"{here}.densities.{biome}", density, f"0 to {DENSITY_MAX:g}")
        for name, low, high in (
            ("radius_m", 0.05, 50.0),
            ("slope_max", 0.0, 4.0),
            ("scale_min", 0.05, 20.0),
            ("scale_max", self.scale_min, 20.0),
            ("leans", 0.0, 1.0),
        ):
            value = getattr(self, name)
            if not low <= value <= high:  # also refuses NaN
                raise InvalidRequestError(f"{here}.{name}", value, f"{low:g} to {high:g}")
            object.__setattr__(self, name, float(value) + 0.0)

    def document(self) -> dict[str, object]:
        """The prop as JSON values; its file by its SHA-256."""
        numbers = {name: getattr(self, name) for name in ("radius_m", "slope_max", "scale_min", "scale_max", "leans")}
        return {
            "name": self.name,
            "glb_sha256": hashlib.sha256(self.glb).hexdigest(),
            "densities": dict(self.densities),
            **numbers,
        }


@dataclass(frozen=True, slots=True)
class SceneRequest:
    """One scene.

    landscape      the world that it is cut from
    extent_m       edge length, 32 to 4,096; at most 1,024 cells of the landscape
    x_m, z_m       its middle in the world, rounded to 8 cells; None for both: the world's spawn, which is dry land
    hour           time of day, 0 to 24: where the sun stands
    prop_density   factor of what grows and lies there by itself, 0 (bare) to 4
    prop_limit     most props, 0 to 20,000; there are fewer of all kinds rather than none of some
    texture_px     edge of the ground's picture, one of TEXTURE_SIZES_PX
    builtin_props  whether the built-in kinds of props stand there
    own_props      a user's own, at most 32 with at most 24 MiB in all
    """

    ASSET_KIND: ClassVar[str] = "scene"
    SHARED: ClassVar[bool] = True
    """Whether equal requests get one and the same generation, and its result is kept."""

    landscape: Landscape = field(default_factory=Landscape)
    extent_m: float = 512.0
    x_m: float | None = None
    z_m: float | None = None
    hour: float = 15.0
    prop_density: float = 1.0
    prop_limit: int = 2000
    texture_px: int = 2048
    builtin_props: bool = True
    own_props: tuple[OwnProp, ...] = ()

    def __post_init__(self) -> None:
        cell_m = self.landscape.cell_m
        longest_m = min(EXTENT_MAX_M, (VERTICES_MAX - 1) * cell_m)
        for name, low, high in (
            ("extent_m", max(EXTENT_MIN_M, 32 * cell_m), longest_m),
            ("x_m", -(2.0**31 - 2**17) * cell_m, (2.0**31 - 2**17) * cell_m),
            ("z_m", -(2.0**31 - 2**17) * cell_m, (2.0**31 - 2**17) * cell_m),
            ("hour", 0.0, 24.0),
            ("prop_density", 0.0, 4.0),
            ("prop_limit", 0, PROPS_MAX),
        ):
            value = getattr(self, name)
            if value is None:
                continue
            if not low <= value <= high:  # also refuses NaN
                raise InvalidRequestError(name, value, f"{low:g} to {high:g}")
            if name != "prop_limit":
                object.__setattr__(self, name, float(value) + 0.0)  # equal numbers, equal text
        if (self.x_m is None) != (self.z_m is None):
            raise InvalidRequestError("x_m, z_m", f"{self.x_m}, {self.z_m}", "both or neither")
        if self.texture_px not in TEXTURE_SIZES_PX:
            raise InvalidRequestError("texture_px", self.texture_px, ", ".join(map(str, TEXTURE_SIZES_PX)))
        names = [each.name for each in self.own_props]
        if len(names) > OWN_PROPS_MAX or len(set(names)) < len(names):
            raise InvalidRequestError(
                "own_props", ", ".join(names)[:200], f"at most {OWN_PROPS_MAX} of different names"
            )
        if (size := sum(len(each.glb) for each in self.own_props)) > OWN_PROPS_MAX_BYTES:
            raise InvalidRequestError("own_props", f"{size} bytes", f"at most {OWN_PROPS_MAX_BYTES} bytes in all")

    @property
    def seed(self) -> int:
        """That of its landscape."""
        return self.landscape.seed

    def canonical(self) -> str:
        """The request as canonical JSON: sorted keys, no spaces."""
        document = {
            "landscape": self.landscape.document(),
            "extent_m": self.extent_m,
            "x_m": self.x_m,
            "z_m": self.z_m,
            "hour": self.hour,
            "prop_density": self.prop_density,
            "prop_limit": self.prop_limit,
            "texture_px": self.texture_px,
            "builtin_props": self.builtin_props,
            "own_props": [each.document() for each in self.own_props],
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"))
