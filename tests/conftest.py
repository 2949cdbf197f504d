"""Settings and fixtures that tests of different layers share."""

import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from engine.assets import GeneratorInfo
from engine.errors import InvalidRequestError
from engine.generators.character.frames import FramesGenerator
from engine.generators.character.pose import pose_numbers
from engine.requests.character.control import Steering
from engine.requests.character.identity import Who

# Property tests must give the same verdict on every run and on a busy machine: a fixed choice of examples, and no
# limit on how long one may take (pytest's own time limit stands).
settings.register_profile("steady", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("steady")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small file system needs more rights")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


DISC_NAMES = {"gait": ("walk", "run"), "action": ("wave", "jump"), "style": ("plain",)}
DISC_INFO = GeneratorInfo(
    asset_kind="frames",
    name="disc",
    version="1",
    tier="S",
    weights_sha256="",
    kernel_class="none",
    classes=("disc",),
    sizes_px=(128, 256),
    maps=("description", "pose", "frame"),
    choices=(("renderer", ("network", "mesh")), *DISC_NAMES.items()),
)


@dataclass(slots=True)
class Rolling:
    """Where a disc is."""

    rate_hz: int
    x_m: float
    z_m: float


class DiscMotion:
    """Discs that roll as they are told: what a character does in tests of everything around characters."""

    names: Mapping[str, tuple[str, ...]] = DISC_NAMES

    def __init__(self) -> None:
        self.batch_sizes: list[int] = []

    def begin(self, seed: int, rate_hz: int) -> Rolling:
        return Rolling(rate_hz, seed % 7 / 10.0, 0.0)

    def step(self, moving: Sequence[Rolling], steering: Sequence[Steering]) -> NDArray[np.float32]:
        self.batch_sizes.append(len(moving))
        return np.stack([self._rolled(*pair) for pair in zip(moving, steering, strict=True)])

    def stored(self, moving: Rolling) -> bytes:
        return struct.pack("<2d", moving.x_m, moving.z_m)

    def restored(self, data: bytes, rate_hz: int) -> Rolling:
        if len(data) != 16:
            raise InvalidRequestError("checkpoint", f"{len(data)} bytes", "16 bytes of motion")
        return Rolling(rate_hz, *struct.unpack("<2d", data))

    @staticmethod
    def _rolled(moving: Rolling, steering: Steering) -> NDArray[np.float32]:
        angle = np.radians(steering.heading_deg + steering.direction_deg)
        moving.x_m += float(np.sin(angle)) * steering.speed_mps / moving.rate_hz
        moving.z_m += float(np.cos(angle)) * steering.speed_mps / moving.rate_hz
        rotation = np.zeros((19, 4), np.float32)
        rotation[:, 3] = 1.0
        root = np.array([moving.x_m, float(steering.action == "jump"), moving.z_m], np.float32)
        return pose_numbers(root, rotation, np.full(4, float(steering.action != "jump"), np.float32))


class DiscFigures:
    """Every character is a disc."""

    def figure(self, who: Who) -> Who:
        for name in who.identity.sliders:
            if name != "height":
                raise InvalidRequestError(f"identity.sliders.{name}", who.identity.sliders[name], "height")
        return who

    def own_pose(self, figure: Who, pose: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: ARG002 - discs are alike
        return pose

    def description(self, figure: Who) -> dict[str, object]:
        return {
            "identity": figure.document(),
            "joints": [f"joint {number}" for number in range(19)],
            "parents": [-1] + 18 * [0],
            "rest_offset_m": 19 * [[0.0, 0.0, 0.0]],
            "root_scale": 0.5,
            "root_lift_m": 0.02,
        }


class DiscPainter:
    """A disc that shows where it is and where the camera stands."""

    sizes_px = DISC_INFO.sizes_px

    def prepare(self, figure: Any, size_px: int) -> None:
        assert figure is not None
        assert size_px in self.sizes_px

    def paint(self, figure: Any, pose: NDArray[np.float32], steering: Steering, size_px: int) -> NDArray[np.uint8]:
        y, x = np.mgrid[:size_px, :size_px].astype(np.float32) / size_px
        height = 0.2 * pose[1]
        inside = (x - 0.5 - 0.05 * np.sin(pose[0])) ** 2 + (y - 0.5 + height) ** 2 < 0.09
        hue = 40 * figure.identity.seed % 200
        turned = np.full_like(x, steering.camera_yaw_deg / 2)
        return np.stack([hue + 40 * x, 50 + 150 * y, turned, 255 * inside], -1).astype(np.uint8)


@pytest.fixture
def disc_motion() -> DiscMotion:
    """What moves in `disc_frames`."""
    return DiscMotion()


@pytest.fixture
def disc_frames(disc_motion: DiscMotion) -> FramesGenerator:
    """The generator of frames, of discs instead of characters: no network, and as fast as can be."""
    painters = {"network": DiscPainter(), "mesh": DiscPainter()}
    return FramesGenerator(DISC_INFO, disc_motion, DiscFigures(), painters)
