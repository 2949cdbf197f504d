"""What is taken out of a GLB file before Blender imports it. Knows the container and its JSON, and no Blender."""

import json
import struct
from collections.abc import Collection, Mapping
from typing import Any

_HEAD, _CHUNK = struct.Struct("<4sII"), struct.Struct("<I4s")
_LEVELS = "MSFT_lod"


class UnreadableModelError(ValueError):
    """The bytes are no GLB file."""


def document_of(glb: bytes) -> dict[str, Any]:
    """The JSON of a GLB file. Raises UnreadableModelError."""
    return _split(glb)[0]


def provenance_in(glb: bytes) -> Mapping[str, str]:
    """What the file says about where it comes from. Raises UnreadableModelError."""
    told = document_of(glb).get("asset", {}).get("extras", {}).get("provenance", {})
    return {str(name): str(value) for name, value in told.items()}


def importable(glb: bytes, only: Collection[str] | None = None) -> bytes:
    """The same models as far as Blender's importer shows them well: without coarser levels of detail, which it would
    show on top of the finest one, and without extras, which it would write into the user's scene.

    only  names of nodes that are wanted, of those at the top; None: all. Raises UnreadableModelError.
    """
    document, rest = _split(glb)
    kept = _kept(document.get("nodes", []), only)
    numbers = {old: new for new, old in enumerate(kept)}
    document["nodes"] = [document["nodes"][number] for number in kept]
    for node in document["nodes"]:
        node.pop("extras", None)
        if "children" in node:
            node["children"] = [numbers[child] for child in node["children"] if child in numbers]
    for scene in document.get("scenes", ()):
        scene.pop("extras", None)
        scene["nodes"] = [numbers[number] for number in scene.get("nodes", ()) if number in numbers]
    for skin in document.get("skins", ()):
        skin.pop("skeleton", None)
        skin["joints"] = [numbers[number] for number in skin["joints"]]
    for animation in document.get("animations", ()):
        for channel in animation["channels"]:
            channel["target"]["node"] = numbers[channel["target"]["node"]]
    for kind in ("extensionsUsed", "extensionsRequired"):
        if kind in document:
            document[kind] = [name for name in document[kind] if name != _LEVELS]
    return _joined(document, rest)


def _kept(nodes: list[dict[str, Any]], only: Collection[str] | None) -> list[int]:
    """Numbers of the nodes that stay; no node refers to a coarser level of itself any more."""
    coarse: set[int] = set()
    for node in nodes:
        coarse.update(node.get("extensions", {}).pop(_LEVELS, {}).get("ids", ()))
    if only is None:
        return [number for number in range(len(nodes)) if number not in coarse]
    below = {child for node in nodes for child in node.get("children", ())}
    wanted = (number for number, node in enumerate(nodes) if number in below or node.get("name") in only)
    return [number for number in wanted if number not in coarse]


def _split(glb: bytes) -> tuple[dict[str, Any], bytes]:
    """The JSON, and the chunks behind it."""
    try:
        magic, version, _ = _HEAD.unpack_from(glb, 0)
        length, kind = _CHUNK.unpack_from(glb, _HEAD.size)
        begin = _HEAD.size + _CHUNK.size
        document = json.loads(glb[begin : begin + length])
    except (struct.error, ValueError) as error:
        raise UnreadableModelError(f"the model is no GLB file ({error})") from None
    if magic != b"glTF" or version != 2 or kind != b"JSON" or not isinstance(document, dict):
        raise UnreadableModelError("the model is no GLB file of version 2")
    return document, glb[begin + length :]


def _joined(document: Mapping[str, Any], rest: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = _HEAD.size + _CHUNK.size + len(text) + len(rest)
    return _HEAD.pack(b"glTF", 2, total) + _CHUNK.pack(len(text), b"JSON") + text + rest
