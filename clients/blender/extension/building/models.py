"""Models by Blender's own glTF importer, brought to where they belong."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import bpy

from morphogen_client import BrokenStreamError

from .glb import UnreadableModelError, importable


def import_models(glb: bytes, collection: bpy.types.Collection, only: set[str] | None = None) -> list[bpy.types.Object]:
    """The objects of a GLB file, in meters, in this collection; selection and active object stay as they are.

    only  names of top nodes that are wanted; None: all. Raises BrokenStreamError for a file that cannot be imported.
    """
    before = set(bpy.data.objects)
    try:
        plain = importable(glb, only)
    except UnreadableModelError as error:
        raise BrokenStreamError(str(error)) from None
    with _selection_kept(), _scale_of_one(), _file_of(plain) as path:
        try:
            # Bones along the body, as animators expect them, instead of all upwards.
            bpy.ops.import_scene.gltf(filepath=path, bone_heuristic="TEMPERANCE")
        except RuntimeError as error:
            raise BrokenStreamError(f"Blender cannot import the model: {error}") from error
    made = [each for each in bpy.data.objects if each not in before]
    for each in made:
        for user in each.users_collection:
            user.objects.unlink(each)
        collection.objects.link(each)
    return made


def hang_below(root: bpy.types.Object, objects: list[bpy.types.Object]) -> None:
    """Let the objects that have no parent hang below `root`, at the same place relative to it."""
    for each in objects:
        if each.parent is None:
            each.parent = root


@contextlib.contextmanager
def _file_of(data: bytes) -> Iterator[str]:
    """A file for as long as the importer reads it; Windows lets nobody else open one that is still open."""
    handle, path = tempfile.mkstemp(".glb", "morphogen_")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        yield path
    finally:
        Path(path).unlink()


@contextlib.contextmanager
def _scale_of_one() -> Iterator[None]:
    """Meters, whatever the scene's unit is: the importer would scale, and so does the root that all hangs below."""
    units = bpy.context.scene.unit_settings
    scale_length = units.scale_length
    units.scale_length = 1.0
    try:
        yield
    finally:
        units.scale_length = scale_length


@contextlib.contextmanager
def _selection_kept() -> Iterator[None]:
    layer = bpy.context.view_layer
    active, selected = layer.objects.active, list(layer.objects.selected)
    try:
        yield
    finally:
        for each in layer.objects.selected:
            each.select_set(state=False)
        for each in selected:
            each.select_set(state=True)
        layer.objects.active = active
