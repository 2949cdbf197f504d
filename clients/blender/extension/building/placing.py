"""Where what is made lies in the scene, what is told about it, and how it is taken back."""

import contextlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import bpy

from morphogen_client import Header

TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
PREFIX = "morphogen_"
"""Of custom properties."""

_KINDS = (
    "objects",
    "collections",
    "meshes",
    "armatures",
    "lights",
    "materials",
    "images",
    "actions",
    "node_groups",
    "worlds",
)


def provenance_of(header: Header, sha256: str) -> dict[str, str]:
    """What made an asset, from which request, as custom properties."""
    made_by = header.generator
    return {
        "asset_id": header.asset_id,
        "sha256": sha256,
        "generator": f"{made_by.name}/{made_by.version}/{made_by.tier}",
        "weights_sha256": made_by.weights_sha256,
        "kernel_class": made_by.kernel_class,
        "request": header.canonical_request,
        "digital_source_type": TRAINED,
    }


def note(block: bpy.types.ID, facts: Mapping[str, Any]) -> None:
    """Keep facts in custom properties; what Blender has no type for becomes JSON."""
    for name, value in facts.items():
        plain = isinstance(value, str | int | float | bool)
        block[PREFIX + name] = value if plain else json.dumps(value, sort_keys=True)


def new_root(name: str, scene: bpy.types.Scene) -> tuple[bpy.types.Collection, bpy.types.Object]:
    """A collection in the scene, and an empty at the 3D cursor that carries what is made: a meter is a meter below it,
    whatever the scene's unit scale is.
    """
    collection = bpy.data.collections.new(name)
    scene.collection.children.link(collection)
    root = bpy.data.objects.new(name, None)
    root.empty_display_size = 1.0
    root.location = scene.cursor.location
    root.scale = 3 * (1.0 / scene.unit_settings.scale_length,)
    collection.objects.link(root)
    return collection, root


def by_uid(blocks: Iterable[bpy.types.ID], uid: int | None) -> Any:
    """The data-block of this `session_uid`, or None: unlike a reference, it outlives undo, and tells what is gone."""
    return next((block for block in blocks if block.session_uid == uid), None)


class Made:
    """The data-blocks that a generation has made so far, to take them back.

    Kept by `session_uid`, so that it holds no reference which an undo would make invalid.
    """

    def __init__(self) -> None:
        self._uids: set[int] = set()

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """What comes into being inside of the block is taken for made by the generation."""
        before = {block.session_uid for block in _blocks()}
        try:
            yield
        finally:
            self._uids |= {block.session_uid for block in _blocks()} - before

    def remove(self) -> None:
        """Take back what is still there."""
        bpy.data.batch_remove([block for block in _blocks() if block.session_uid in self._uids])
        self._uids.clear()


def _blocks() -> Iterator[bpy.types.ID]:
    return itertools.chain.from_iterable(getattr(bpy.data, kind) for kind in _KINDS)
