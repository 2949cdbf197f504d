"""A folder of a user's own props: GLB files, and a manifest that says where they belong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from engine.errors import InvalidRequestError
from engine.requests.scene import OWN_PROP_MAX_BYTES, OwnProp
from workers.cli.options import read_file

MANIFEST = "props.yaml"
"""NAME: {file: NAME.glb, densities: {BIOME: PER_HECTARE}, radius_m: ..., and so on}, as in OwnProp; only `densities`
has no default."""

_NUMBERS = ("radius_m", "slope_max", "scale_min", "scale_max", "leans")


def read_props(folder: Path | None) -> tuple[OwnProp, ...]:
    """The props of a folder; none without one. Raises InvalidRequestError naming file, entry and what is allowed."""
    if folder is None:
        return ()
    path = folder / MANIFEST
    data = read_file("--props", path)
    try:
        manifest = yaml.safe_load(data)
    except yaml.YAMLError as error:
        raise InvalidRequestError("--props", str(path), f"a YAML file that can be read ({error})") from error
    if not isinstance(manifest, dict) or not manifest:
        raise InvalidRequestError("--props", str(path), "NAME: {densities: {BIOME: PER_HECTARE}} for one prop or more")
    return tuple(_prop(folder, str(name), entry) for name, entry in manifest.items())


def _prop(folder: Path, name: str, entry: Any) -> OwnProp:
    place = f"{folder / MANIFEST}.{name}"
    known = ("file", "densities", *_NUMBERS)
    if not isinstance(entry, dict) or not isinstance(entry.get("densities"), dict):
        raise InvalidRequestError(place, entry, "an object with densities, BIOME: PER_HECTARE")
    if unknown := sorted(map(str, entry.keys() - set(known))):
        raise InvalidRequestError(place, unknown[0], ", ".join(known))
    file = folder / str(entry.get("file", f"{name}.glb"))
    glb = read_file(f"{place}.file", file, OWN_PROP_MAX_BYTES + 1)
    return OwnProp(
        name,
        glb,
        {str(biome): _number(f"{place}.densities.{biome}", value) for biome, value in entry["densities"].items()},
        **{number: _number(f"{place}.{number}", entry[number]) for number in _NUMBERS if number in entry},
    )


def _number(place: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRequestError(place, value, "a number")
    return float(value)


def checked_against(documents: list[Mapping[str, Any]], props: tuple[OwnProp, ...]) -> tuple[OwnProp, ...]:
    """The props, if they are those that an earlier scene was made with. Raises InvalidRequestError otherwise."""
    if [prop.document() for prop in props] != documents:
        names = ", ".join(str(each.get("name")) for each in documents) or "none"
        raise InvalidRequestError("--props", ", ".join(prop.name for prop in props) or "none", f"the same: {names}")
    return props
