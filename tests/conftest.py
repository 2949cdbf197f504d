"""Settings and fixtures that tests of different layers share."""

import json
import os
import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from pxr import Usd, UsdValidation

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.codecs.image import encode_png
from engine.errors import InvalidRequestError
from engine.generators.character.frames import FramesGenerator
from engine.generators.character.pose import pose_numbers
from engine.generators.protocol import Generator, StepKinds
from engine.requests.character.control import Steering
from engine.requests.character.identity import Who
from engine.requests.world import ChunkRequest, WorldRequest

# Property tests must give the same verdict on every run and on a busy machine: a fixed choice of examples, and no
# limit on how long one may take (pytest's own time limit stands).
settings.register_profile("steady", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("steady")

CONFORMANCE = Path(__file__).parent / "conformance"


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
    choices=(("renderer", ("mesh", "network")), *DISC_NAMES.items()),
)


@dataclass(slots=True)
class Rolling:
    """Where a disc is, and how many more frames it moves on to before one that is costly: every third one is."""

    rate_hz: int
    x_m: float
    z_m: float
    cheap_count: int = 0


class DiscMotion:
    """Discs that roll as they are told: what a character does in tests of everything around characters.

    told          what held for the last one that was moved on
    costly_count  steps with a frame that was costly
    """

    names: Mapping[str, tuple[str, ...]] = DISC_NAMES

    def __init__(self) -> None:
        self.batch_sizes: list[int] = []
        self.costly_count = 0
        self.told = Steering()

    def begin(self, seed: int, rate_hz: int) -> Rolling:
        return Rolling(rate_hz, seed % 7 / 10.0, 0.0, seed % 3)

    def step(self, moving: Sequence[Rolling], steering: Sequence[Steering]) -> NDArray[np.float32]:
        self.batch_sizes.append(len(moving))
        self.costly_count += any(map(self.costly, moving))
        for each in moving:
            each.cheap_count = (each.cheap_count - 1) % 3
        self.told = steering[-1]
        return np.stack([self._rolled(*pair) for pair in zip(moving, steering, strict=True)])

    def costly(self, moving: Rolling) -> bool:
        return moving.cheap_count == 0

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


@dataclass(slots=True)
class FlatState:
    request: AssetRequest
    part_count: int
    finished: bool = False


@dataclass(slots=True)
class FlatLand:
    """Worlds and chunks in which everything is 11 m high; a chunk takes `step_s`. Notes what it was asked.

    stalled  set: chunks wait until it is cleared
    """

    kind: str
    step_s: float = 0.0
    requests: list[AssetRequest] = field(default_factory=list)
    stalled: threading.Event = field(default_factory=threading.Event)

    @property
    def info(self) -> GeneratorInfo:
        return GeneratorInfo(self.kind, f"flat {self.kind}", "1", "S", "ab" * 32, "none", classes=("grassland",))

    def begin(self, request: AssetRequest) -> FlatState:
        if isinstance(request, ChunkRequest | WorldRequest) and "lava" in request.landscape.biomes:
            raise InvalidRequestError("biomes", "lava", "grassland")
        self.requests.append(request)
        return FlatState(request, 1 + len(request.maps) if isinstance(request, ChunkRequest) else 1)

    def checkpoint(self, state: FlatState) -> bytes:
        return bytes([state.finished])

    def resume(self, request: AssetRequest, checkpoint: bytes) -> FlatState:
        assert checkpoint == b"\0"
        return self.begin(request)

    def steps_ahead(self, state: FlatState) -> StepKinds:
        return ((state.request.ASSET_KIND, 1),)

    def step(self, states: Sequence[FlatState]) -> list[tuple[Part, ...]]:
        return [self._step(state) for state in states]

    def _step(self, state: FlatState) -> tuple[Part, ...]:
        state.finished = True
        request = state.request
        if not isinstance(request, ChunkRequest):
            world = {"spawn": {"x_m": 8.0, "z_m": -4.0}, "chunk_m": 512.0, "cell_m": 2.0, "sea_level_m": 0.0}
            return (Part(0, "world", 0, "application/json", json.dumps(world).encode()),)
        while self.stalled.is_set():
            time.sleep(0.002)
        time.sleep(self.step_s)
        described = {
            "row": request.row, "column": request.column, "vertices": request.vertices, "x_m": request.column * 512.0,
            "z_m": request.row * 512.0, "edge_m": 512.0, "height_base_m": 10.0, "height_step_m": 1 / 64,
        }  # fmt: skip
        height = encode_png(np.full((request.vertices, request.vertices), 64, np.uint16), {})
        files = {"chunk": json.dumps(described).encode()}
        files |= {name: height if name == "height" else name.encode() for name in request.maps}
        return tuple(
            Part(number, name, request.vertices, "image/png" if name == "height" else "application/json", data)
            for number, (name, data) in enumerate(files.items())
        )


@dataclass(slots=True)
class FlatCatalog:
    """Flat worlds and their chunks."""

    world: FlatLand = field(default_factory=lambda: FlatLand("world"))
    chunk: FlatLand = field(default_factory=lambda: FlatLand("chunk"))

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.chunk.info, self.world.info)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        if not isinstance(request, ChunkRequest | WorldRequest):
            raise InvalidRequestError("request", request.ASSET_KIND, "chunk, world")
        return self.chunk if isinstance(request, ChunkRequest) else self.world


@pytest.fixture
def flat_catalog() -> Iterator[FlatCatalog]:
    """Generators of worlds without a network."""
    catalog = FlatCatalog()
    yield catalog
    catalog.chunk.stalled.clear()


def run_node(script: str, data: bytes, folder: Path) -> dict[str, Any]:
    """What a script of the conformance folder prints about a file."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed, so no other reader of glTF can run")
    if not all((CONFORMANCE / "node_modules" / name).is_dir() for name in ("gltf-validator", "three")):
        missing = "other readers of glTF are not installed: make conformance-reader"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    path = folder / "file.glb"
    path.write_bytes(data)
    done = subprocess.run(["node", CONFORMANCE / script, path], check=True, capture_output=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture
def khronos_issues(tmp_path: Path) -> Callable[[bytes], list[dict[str, Any]]]:
    """The errors and warnings that the Khronos validator has about a file."""

    def issues(data: bytes) -> list[dict[str, Any]]:
        report = run_node("validate_gltf.mjs", data, tmp_path)
        return [message for message in report["issues"]["messages"] if message["severity"] < 2]

    return issues


@pytest.fixture
def load_in_three(tmp_path: Path) -> Callable[[bytes], dict[str, Any]]:
    """What three.js finds in a file; see load_gltf.mjs."""
    return lambda data: run_node("load_gltf.mjs", data, tmp_path)


@pytest.fixture
def usd_faults(tmp_path: Path) -> Callable[[str, dict[str, bytes]], list[str]]:
    """What the validators of USD itself have to say about the stage NAME of these files."""

    def faults(name: str, files: dict[str, bytes]) -> list[str]:
        for file_name, data in files.items():
            (tmp_path / file_name).write_bytes(data)
        stage = Usd.Stage.Open(str(tmp_path / name))
        validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
        assert len(validators) > 20
        return [error.GetErrorAsString() for error in UsdValidation.ValidationContext(validators).Validate(stage)]

    return faults
