# ruff: noqa: INP001, T201 - a script that prints
"""A flight over an endless world in Panda3D: chunks appear as the server sends them, and leave when it evicts them.

Needs `pip install panda3d panda3d-gltf panda3d-simplepbr`. Draws without a window, and writes pictures, unless
--window is given.

python 13_panda3d_world.py [HOST:PORT] [--window]
"""

import contextlib
import queue
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from pathlib import Path

import gltf
import simplepbr
from direct.showbase.ShowBase import ShowBase
from panda3d.core import AmbientLight, DirectionalLight, NodePath, loadPrcFileData

from morphogen_client import (
    DEFAULT_SERVER,
    CancelledError,
    Chunk,
    ChunkArrived,
    ChunksEvicted,
    Client,
    ExploreEvent,
    Landscape,
    WorldExplorer,
    WorldOpened,
    WorldSettled,
)

WINDOW = "--window" in sys.argv
SERVER = next((argument for argument in sys.argv[1:] if not argument.startswith("--")), DEFAULT_SERVER)
LAND = Landscape(seed=5, biomes={"forest": 1.0})
SPEED_M_PER_S, SECONDS, VIEW_DISTANCE_M = 60.0, 120.0, 450.0
PROPS_SHOWN = ("broadleaf_tree", "conifer", "birch", "hut", "boulder", "tower")
PROP_LIMIT = 400
SETTINGS = """
win-size 768 512
gl-version 3 2
audio-library-name null
print-pipe-types #f
notify-level-device fatal
notify-level-egldisplay error
"""


class View(ShowBase):  # type: ignore[misc]
    """The world in view: a node for each chunk."""

    def __init__(self, models: bytes) -> None:
        loadPrcFileData("", SETTINGS if WINDOW else SETTINGS + "load-display p3headlessgl\n")
        super().__init__(windowType="onscreen" if WINDOW else "offscreen")
        # Mesa's software driver crashes with multisampling or shadows.
        simplepbr.init(msaa_samples=4 if WINDOW else 0, enable_shadows=False)
        self.set_background_color(0.55, 0.68, 0.8)
        self.disable_mouse()
        self.camLens.set_near_far(1.0, 4000.0)
        self.camera.set_hpr(-60.0, -14.0, 0.0)
        sky, sun = AmbientLight("sky"), DirectionalLight("sun")
        sky.set_color((0.35, 0.4, 0.45, 1.0))
        sun.set_color((2.6, 2.4, 2.1, 1.0))
        for light, angles in ((sky, (0, 0, 0)), (sun, (-50, -40, 0))):
            node = self.render.attach_new_node(light)
            node.set_hpr(*angles)
            self.render.set_light(node)
        self._models = loaded(models)
        self._chunks: dict[tuple[int, int], NodePath] = {}

    def show(self, chunk: Chunk) -> None:
        """Put a chunk where it belongs, in place of its coarser self."""
        self.drop(chunk)
        place = self._chunks[chunk.key] = loaded(chunk.parts["mesh"])
        place.set_pos(chunk.description["x_m"], -chunk.description["z_m"], 0.0)  # +z is south, +y is north here
        place.reparent_to(self.render)
        if "props" in chunk.parts:
            self._plant(chunk, place.attach_new_node("props"))

    def drop(self, chunk: Chunk) -> None:
        """Forget a chunk, if it is there."""
        if chunk.key in self._chunks:
            self._chunks.pop(chunk.key).remove_node()

    def _plant(self, chunk: Chunk, below: NodePath) -> None:
        rows_of = {name: rows for name, rows in chunk.placements().items() if name.startswith(PROPS_SHOWN)}
        count = sum(map(len, rows_of.values()))
        for name, rows in rows_of.items():
            for x, y, z, turn_deg, scale in rows[:: max(1, count // PROP_LIMIT)].tolist():
                prop = self._models.find(f"**/{name}").copy_to(below)
                prop.set_pos_hpr_scale(x, -z, y, turn_deg, 0.0, 0.0, scale, scale, scale)
        below.flatten_strong()  # a few large meshes instead of hundreds of small ones


def loaded(glb: bytes) -> NodePath:
    """The nodes of a GLB file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.glb")
        path.write_bytes(glb)
        return NodePath(gltf.load_model(str(path)))


def receive(explorer: WorldExplorer, events: "queue.Queue[ExploreEvent]") -> None:
    """Hand on what comes, in a thread of its own. A full queue makes the server wait."""
    try:
        for event in explorer:
            events.put(event)
    except CancelledError:
        pass  # the flight is over


with Client(SERVER) as client:
    view = View(client.world(LAND).files["models.glb"])
    events: "queue.Queue[ExploreEvent]" = queue.Queue(4)
    counts: Counter[str] = Counter()
    stops_m = deque([] if WINDOW else [0.0, 1200.0])  # without a window: from stop to stop, a picture at each
    began_at_s = time.monotonic()
    with client.explore_world(
        LAND, view_distance_m=VIEW_DISTANCE_M, vertices_max=129, maps=["mesh", "props"]
    ) as explorer:
        threading.Thread(target=receive, args=[explorer, events], daemon=True).start()
        opened = events.get()
        assert isinstance(opened, WorldOpened)
        x_m, z_m = opened.viewer.x_m, opened.viewer.z_m
        while stops_m or (WINDOW and time.monotonic() - began_at_s < SECONDS):
            flown_m = stops_m[0] if stops_m else SPEED_M_PER_S * (time.monotonic() - began_at_s)
            explorer.move(x_m + flown_m, z_m, velocity_x=SPEED_M_PER_S if WINDOW else 0.0)
            view.camera.set_pos(x_m + flown_m, -z_m, 120.0)
            view.task_mgr.step()
            with contextlib.suppress(queue.Empty):
                match events.get(timeout=0.005):  # at most one for each picture
                    case ChunkArrived(chunk, refines):
                        view.show(chunk)
                        counts["finer" if refines else "new"] += 1
                    case ChunksEvicted(chunks):
                        counts["out of view"] += len(chunks)
                        for chunk in chunks.values():
                            view.drop(chunk)
                    case WorldSettled(chunk_count) if stops_m:
                        path = Path(f"out/13_world_{stops_m.popleft():.0f}_m.png")
                        path.parent.mkdir(parents=True, exist_ok=True)
                        view.task_mgr.step()
                        view.win.save_screenshot(str(path))
                        print(path, "with", chunk_count, "chunks")
    print("chunks:", ", ".join(f"{count} {word}" for word, count in counts.items()))
