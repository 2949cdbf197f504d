"""A small picture by Cycles of what lies in the scene."""

from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

Place = tuple[float, float, float]


def render(path: Path, eye: Place, target: Place, samples: int = 8) -> NDArray[np.float32]:
    """RGBA [height, width, 4] of what is seen from `eye`, also written to `path`."""
    scene = bpy.context.scene
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.clip_end = 5000.0
    camera.location = eye
    camera.rotation_euler = (Vector(target) - Vector(eye)).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.use_denoising = True
    scene.render.film_transparent = True
    scene.render.resolution_x, scene.render.resolution_y = 320, 240
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    bpy.data.objects.remove(camera)
    picture = bpy.data.images.load(str(path))
    width, height = picture.size
    pixels = np.empty(4 * width * height, np.float32)
    picture.pixels.foreach_get(pixels)
    bpy.data.images.remove(picture)
    return pixels.reshape(height, width, 4)[::-1]


def add_sun(energy: float = 4.0) -> None:
    """A sun from the south-west, and some light from everywhere."""
    scene = bpy.context.scene
    sun = bpy.data.objects.new("light", bpy.data.lights.new("light", "SUN"))
    sun.data.energy = energy
    sun.rotation_euler = (0.7, 0.0, -0.6)
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("light")
    scene.world.color = (0.25, 0.28, 0.33)
