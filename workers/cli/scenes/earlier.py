"""An earlier scene as the beginning of another one: its request, and rectangles of it that are kept or made anew.

Only the detail of a land is made anew: the lie of it (coasts, mountains, valleys) belongs to its seed. A rectangle
that is kept is therefore the same land in the middle of four pieces that are made anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.codecs.gltf.reader.scene import read_glb_provenance
from engine.errors import DataError, InvalidRequestError
from engine.requests.landscape import Landscape, Reroll, Sketch
from engine.requests.scene import OwnProp, SceneRequest
from workers.cli.options import parsed_json, read_file
from workers.cli.scenes.own_props import checked_against

FILE_MAX_BYTES = 256 * 1024 * 1024
LAYOUT = "layout.json"
EDGE_CELLS = 48
"""So far inside of its rectangle the new land begins: what is outside looks no further."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle of a scene in meters from its middle: +x is east, +z is south; its north-west corner and size."""

    x_m: float
    z_m: float
    width_m: float
    depth_m: float


@dataclass(frozen=True, slots=True)
class Earlier:
    """A scene that was made: its request, and where in the world its middle lies."""

    request: SceneRequest
    x_m: float
    z_m: float


def parse_rectangle(option: str, text: str) -> Rectangle:
    """X,Z,WIDTH,DEPTH. Raises InvalidRequestError."""
    allowed = "X,Z,WIDTH,DEPTH in meters, WIDTH and DEPTH above 0"
    try:
        numbers = [float(item) for item in text.split(",")]
    except ValueError:
        raise InvalidRequestError(option, text, allowed) from None
    if len(numbers) != 4 or not all(abs(number) < 1e6 for number in numbers) or min(numbers[2:]) <= 0.0:
        raise InvalidRequestError(option, text, allowed)
    return Rectangle(*numbers)


def read_earlier(path: Path, sketch: Sketch | None, props: tuple[OwnProp, ...]) -> Earlier:
    """What a scene's folder, its layout.json, or a GLB file says about how it was made.

    A sketch and own props are known by their checksums only, and have to be given again. Raises InvalidRequestError.
    """
    document, middle = _described(path)
    try:
        own_props = checked_against(document["own_props"], props)
        land = document["landscape"]
        landscape = Landscape(
            **{name: land[name] for name in ("seed", "biomes", "cell_m", "relief", "roughness", "sea_level_m")},
            period_cells=land["period_cells"],
            sketch=_same_sketch(land["sketch"], sketch),
            rerolls=tuple(Reroll(*each) for each in land["rerolls"]),
        )
        plain = ("extent_m", "hour", "prop_density", "prop_limit", "texture_px", "builtin_props")
        request = SceneRequest(
            landscape,
            x_m=float(middle["x_m"]),
            z_m=float(middle["z_m"]),
            own_props=own_props,
            **{name: document[name] for name in plain},
        )
    except (KeyError, TypeError) as error:
        raise InvalidRequestError(
            "--from", str(path), f"a scene of this program (its request lacks {error})"
        ) from error
    return Earlier(request, float(middle["x_m"]), float(middle["z_m"]))


def made_anew(earlier: Earlier, rectangle: Rectangle, seed: int) -> SceneRequest:
    """The same scene with a rectangle made anew. Raises InvalidRequestError for one that is outside or too small."""
    _check_inside("--reroll", earlier, rectangle)
    return _with(earlier, [_reroll(earlier, rectangle, seed)])


def kept(earlier: Earlier, rectangle: Rectangle, seed: int) -> SceneRequest:
    """The same scene with everything but a rectangle made anew. Raises InvalidRequestError if nothing is left for it.

    Each of the four pieces reaches so far beyond the scene that its new land has begun at the scene's edge.
    """
    _check_inside("--lock", earlier, rectangle)
    cell_m, half_m = earlier.request.landscape.cell_m, earlier.request.extent_m / 2
    edge_m = EDGE_CELLS * cell_m
    least_m = edge_m + 16 * cell_m
    west_m, north_m = rectangle.x_m, rectangle.z_m
    east_m, south_m = west_m + rectangle.width_m, north_m + rectangle.depth_m
    # New land is complete in the middle half of a piece, along both axes: from a third of the way to the scene's edge.
    far_m = 2.0 * half_m + edge_m
    rooms_m = (north_m + half_m, half_m - south_m, west_m + half_m, half_m - east_m)
    bands = [2.0 * edge_m + 4.0 / 3.0 * (room_m - edge_m) if room_m >= least_m else 0.0 for room_m in rooms_m]
    north, south, west, east = bands
    pieces = (
        Rectangle(-far_m, north_m - north, 2.0 * far_m, north),
        Rectangle(-far_m, south_m, 2.0 * far_m, south),
        Rectangle(west_m - west, -far_m, west, 2.0 * far_m),
        Rectangle(east_m, -far_m, east, 2.0 * far_m),
    )
    if not any(bands):
        raise InvalidRequestError(
            "--lock",
            f"{rectangle.width_m:g} x {rectangle.depth_m:g} m",
            f"{least_m:g} m or more from one side of the scene at least: new land begins {edge_m:g} m away from it",
        )
    return _with(earlier, [_reroll(earlier, each, seed) for each in pieces if min(each.width_m, each.depth_m) > 0.0])


def _with(earlier: Earlier, rerolls: list[Reroll]) -> SceneRequest:
    landscape = earlier.request.landscape
    return replace(earlier.request, landscape=replace(landscape, rerolls=(*landscape.rerolls, *rerolls)))


def _reroll(earlier: Earlier, rectangle: Rectangle, seed: int) -> Reroll:
    return Reroll(earlier.x_m + rectangle.x_m, earlier.z_m + rectangle.z_m, rectangle.width_m, rectangle.depth_m, seed)


def _check_inside(option: str, earlier: Earlier, rectangle: Rectangle) -> None:
    half_m = earlier.request.extent_m / 2 + 1e-6
    corners = rectangle.x_m, rectangle.z_m, rectangle.x_m + rectangle.width_m, rectangle.z_m + rectangle.depth_m
    if max(map(abs, corners)) > half_m:
        given = f"{rectangle.x_m:g},{rectangle.z_m:g},{rectangle.width_m:g},{rectangle.depth_m:g}"
        raise InvalidRequestError(option, given, f"inside of the scene, {-half_m:g} to {half_m:g} m along x and z")


def _same_sketch(document: Mapping[str, Any] | None, sketch: Sketch | None) -> Sketch | None:
    given = None if sketch is None else Landscape(sketch=sketch).document()["sketch"]
    if given != document:
        allowed = "none: the earlier scene has none" if document is None else f"the earlier scene's, {document}"
        raise InvalidRequestError("--sketch", given, allowed)
    return sketch


def _described(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The request of a scene, and what the scene says of itself."""
    file = path / LAYOUT if path.is_dir() else path
    data = read_file("--from", file, FILE_MAX_BYTES)
    allowed = "a scene's folder, its layout.json, or a GLB file of this program"
    try:
        if data.startswith(b"glTF"):
            provenance, extras = read_glb_provenance(data)
        elif data.startswith(b"\x89PNG"):
            raise InvalidRequestError("--from", str(path), f"{allowed}: a picture does not say where the scene lies")
        else:
            layout = parsed_json("--from", path, data, allowed)
            provenance, extras = layout["provenance"], layout["scene"]
        request = parsed_json("--from", path, provenance["Request"], allowed)
        if not {"x_m", "z_m"} <= extras.keys() or "landscape" not in request:
            raise InvalidRequestError("--from", str(path), allowed)
    except (DataError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidRequestError("--from", str(path), allowed) from error
    return request, extras
