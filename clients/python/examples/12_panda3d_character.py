# ruff: noqa: INP001, T201 - a script that prints
"""A character in Panda3D: its rigged model, moved by the poses that the server streams.

Needs `pip install panda3d panda3d-gltf panda3d-simplepbr`. Draws without a window, and writes pictures, unless
--window is given; there the arrow keys steer.

python 12_panda3d_character.py [HOST:PORT] [--window]
"""

import sys
import tempfile
from pathlib import Path

import gltf
import simplepbr
from direct.actor.Actor import Actor
from direct.showbase.ShowBase import ShowBase
from panda3d.core import AmbientLight, DirectionalLight, LQuaternionf, NodePath, loadPrcFileData

from morphogen_client import DEFAULT_SERVER, Client, Frame, Identity

RATE_HZ, FRAME_COUNT = 30, 75
WINDOW = "--window" in sys.argv
SERVER = next((argument for argument in sys.argv[1:] if not argument.startswith("--")), DEFAULT_SERVER)
SETTINGS = """
win-size 512 512
gl-version 3 2
audio-library-name null
print-pipe-types #f
notify-level-device fatal
notify-level-egldisplay error
"""
TURNS = {"arrow_left": 45.0, "arrow_right": -45.0}


class Stage(ShowBase):  # type: ignore[misc]
    """A lit place with a camera that follows."""

    def __init__(self) -> None:
        loadPrcFileData("", SETTINGS)
        if not WINDOW:
            loadPrcFileData("", "load-display p3headlessgl")
        super().__init__(windowType="onscreen" if WINDOW else "offscreen")
        # Mesa's software driver crashes with multisampling or shadows.
        simplepbr.init(msaa_samples=4 if WINDOW else 0, enable_shadows=WINDOW)
        self.set_background_color(0.16, 0.18, 0.2)
        self.disable_mouse()
        sky, sun = AmbientLight("sky"), DirectionalLight("sun")
        sky.set_color((0.35, 0.37, 0.4, 1.0))
        sun.set_color((2.2, 2.1, 2.0, 1.0))
        for light, angles in ((sky, (0, 0, 0)), (sun, (-35, -40, 0))):
            node = self.render.attach_new_node(light)
            node.set_hpr(*angles)
            self.render.set_light(node)

    def follow(self, place: NodePath) -> None:
        """Look at a place from its left."""
        x, y, _ = place.get_pos(self.render)
        self.camera.set_pos(x + 1.9, y - 2.8, 1.3)
        self.camera.look_at(x, y, 0.7)


def rigged(glb: bytes) -> tuple[Actor, dict[str, NodePath]]:
    """The model, and a node for each joint that moves it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "character.glb")
        path.write_bytes(glb)
        actor = Actor(NodePath(gltf.load_model(str(path))))
    joints = {joint.name: actor.control_joint(None, "modelRoot", joint.name) for joint in actor.get_joints()}
    return actor, joints


def pose(joints: dict[str, NodePath], names: list[str], frame: Frame) -> None:
    """Put a frame's pose on the model: from +Y up, as in glTF, to Panda's +Z up."""
    assert frame.pose is not None
    for name, (x, y, z, w) in zip(names, frame.pose.rotation.tolist(), strict=True):
        joints[name].set_quat(LQuaternionf(w, x, -z, y))
    x, y, z = frame.pose.root_m.tolist()
    joints[names[0]].set_pos(x, -z, y)


with Client(SERVER) as client:
    character = client.character(identity=Identity(3), clips=["idle"], preview_px=64)
    names = list(character.description["joints"])
    stage = Stage()
    actor, joints = rigged(character.files["character.glb"])
    actor.reparent_to(stage.render)
    stream = client.stream_frames(
        identity=Identity(3),
        rate_hz=RATE_HZ,
        frame_count=100 * FRAME_COUNT if WINDOW else FRAME_COUNT,
        delivery="live" if WINDOW else "lossless",
        best_effort=not WINDOW,
        credit=2,
    )
    heading_deg = 0.0
    for frame in stream:
        if frame.number == 0:
            stream.steer(speed_mps=1.4)
        for key, turn_deg in TURNS.items():
            if WINDOW and stage.mouseWatcherNode.is_button_down(key):
                heading_deg += turn_deg / RATE_HZ
                stream.steer(heading_deg=heading_deg)
        pose(joints, names, frame)
        stage.follow(joints[names[0]])
        stage.task_mgr.step()
        if not WINDOW and frame.number % 25 == 24:
            path = Path(f"out/12_frame_{frame.number:03}.png")
            path.parent.mkdir(parents=True, exist_ok=True)
            stage.win.save_screenshot(str(path))
            print(path)
    print(stream.result().frame_count, "frames;", len(joints), "joints")
