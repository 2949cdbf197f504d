"""A square of a world as it arrives: its files, and what they hold as numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from morphogen_client.errors import BrokenStreamError, MissingMapsError
from morphogen_client.material import DecodedMaps, Pixels
from morphogen_client.results.document import parsed

Key = tuple[int, int]
"""Row and column of a chunk."""

VERTICES = (33, 65, 129, 257)
"""Vertices along the edge of a chunk, coarse to fine: each has every other vertex of the next."""

_DESCRIPTION = "chunk"
_FIELDS = ("row", "column", "vertices", "x_m", "z_m", "edge_m", "height_base_m", "height_step_m")


@dataclass(frozen=True)
class Chunk:
    """A chunk at one level of detail.

    row, column  its place: it begins at z = row * edge_m, x = column * edge_m
    vertices     along its edge, one of `VERTICES`; the last row and column are the first ones of the next chunks
    parts        its files as they came, by name: "chunk" (JSON) and the maps that were asked for; "mesh" is a GLB file
    """

    row: int
    column: int
    vertices: int
    parts: Mapping[str, bytes]

    @property
    def key(self) -> Key:
        """Row and column."""
        return self.row, self.column

    @property
    def size_bytes(self) -> int:
        """All its files together."""
        return sum(map(len, self.parts.values()))

    @cached_property
    def description(self) -> Mapping[str, Any]:
        """The part "chunk": place, range of heights, sea level. Raises BrokenStreamError if it cannot be read."""
        described = parsed(f"chunk {self.row}, {self.column}", self._part(_DESCRIPTION), _FIELDS)
        if (described["row"], described["column"], described["vertices"]) != (self.row, self.column, self.vertices):
            raise BrokenStreamError(f"chunk {self.row}, {self.column}: its description is another chunk's")
        return described

    @cached_property
    def images(self) -> Mapping[str, Pixels]:
        """The maps that are pictures as arrays, rows from north to south; each is decoded when it is looked at.

        ground  [vertices, vertices, 3] of uint8: shares of soil, rock and snow; the rest is vegetation
        masks   the same: slope (rise over run) / 4, flow, depth of water / 16 m
        normal  the same: east, up, south, from -1 to 1
        """
        return DecodedMaps({name: png for name, png in self.parts.items() if png.startswith(b"\x89PNG")})

    @cached_property
    def height_m(self) -> NDArray[np.float32]:
        """Heights in meters [vertices, vertices], rows from north to south, columns from west to east.

        Raises MissingMapsError if "height" was not asked for, BrokenStreamError for a picture of another size.
        """
        self._part("height")
        steps = self.images["height"]
        if steps.shape != (self.vertices, self.vertices):
            raise BrokenStreamError(f"chunk {self.row}, {self.column}: height is a picture of {list(steps.shape)}")
        base_m, step_m = (float(self.description[name]) for name in ("height_base_m", "height_step_m"))
        return (base_m + step_m * steps.astype(np.float64)).astype(np.float32)

    def placements(self, name: str = "props") -> Mapping[str, NDArray[np.float64]]:
        """Where models stand, by the name of the model: rows of x, y, z in meters from the chunk's corner, the turn
        about the vertical in degrees, and the scale.

        name  "props" or "cover". Raises MissingMapsError if the chunk does not have it.
        """
        document = parsed(f"chunk {self.row}, {self.column}, {name}", self._part(name), ())
        try:
            return {model: np.asarray(rows, np.float64).reshape(-1, 5) for model, rows in document.items()}
        except (TypeError, ValueError) as error:
            raise BrokenStreamError(f"chunk {self.row}, {self.column}: {name} cannot be read ({error})") from error

    def _part(self, name: str) -> bytes:
        if name not in self.parts:
            raise MissingMapsError(
                f"chunk {self.row}, {self.column} with {self.vertices} vertices has no {name!r}, only "
                f"{', '.join(self.parts)}"
            )
        return self.parts[name]
