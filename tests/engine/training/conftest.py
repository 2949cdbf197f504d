"""Procedural textures of four classes, as stand-ins for photographs, and folders of a few materials in both layouts."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.training.data.exemplars import Exemplar
from engine.training.data.preparation import prepare_materials
from engine.training.data.sampler import Sampler
from engine.training.data.stock import Stock, draw_structures, stock_up
from engine.training.plan import ClassPlan, DataPlan, NetworkPlan, StagesPlan, TexturePlan

Pictures = NDArray[np.float32]
Draw = Callable[[int, int], tuple[Pictures, list[str]]]
WriteFolder = Callable[[Path, int, int], Path]
Exemplars = list[list[Exemplar]]
SmoothField = Callable[[int, int], NDArray[np.float32]]

CLASSES = ("cloud", "blob", "grain", "check")
SIZE_PX = 64
MATERIAL_PX = 128
MATERIALS = {
    "granite": ("rock", ("albedo", "normal", "roughness")),
    "wall": ("bricks", ("albedo", "normal", "roughness", "metallic", "ao")),
    "plate": ("metal", ("albedo", "metallic")),
}
"""Name -> data class and maps."""

SHEETS = {"granite_1": "rock", "wall_1": "bricks", "wall_2": "bricks", "plate_1": "metal"}
"""Name of an albedo image -> data class."""


def _field(random: np.random.Generator, slope: float, band: float = 0.0, stretch: float = 1.0) -> NDArray[np.float64]:
    cycles = np.fft.fftfreq(SIZE_PX) * SIZE_PX
    radius = np.hypot(cycles[:, None], cycles[None] * stretch)
    radius[0, 0] = 1
    amplitude = radius**-slope
    if band:
        amplitude *= np.exp(-(((radius - band) / (0.25 * band)) ** 2))
    amplitude[0, 0] = 0
    field = np.fft.ifft2(np.fft.fft2(random.standard_normal((SIZE_PX, SIZE_PX))) * amplitude).real
    return np.asarray(field / field.std())


def _texture(kind: str, random: np.random.Generator) -> Pictures:
    if kind == "cloud":
        field = _field(random, random.uniform(1.0, 2.0))
    elif kind == "blob":
        field = np.tanh(3 * _field(random, 0.5, band=random.uniform(6, 12)))
    elif kind == "grain":
        field = _field(random, 1.2, stretch=random.uniform(0.1, 0.3))
    else:
        wave = np.sin(2 * np.pi * random.integers(2, 6) * np.arange(SIZE_PX) / SIZE_PX + random.uniform(0, 6))
        field = np.sign(wave[:, None] * wave[None]) + 0.3 * _field(random, 1.0)
    share = 1 / (1 + np.exp(-1.5 * field))
    dark, light = random.uniform(0.1, 0.5, (3, 1, 1)), random.uniform(0.5, 0.9, (3, 1, 1))
    grain = 0.02 * random.standard_normal((3, SIZE_PX, SIZE_PX))
    return np.clip(dark * (1 - share) + light * share + grain, 0, 1).astype(np.float32)


def _draw(count: int, seed: int) -> tuple[Pictures, list[str]]:
    random = np.random.default_rng(seed)
    labels = [CLASSES[index % len(CLASSES)] for index in range(count)]
    return np.stack([_texture(label, random) for label in labels]), labels


def _write_folder(folder: Path, count: int, seed: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pictures, labels = _draw(count, seed)
    items = []
    for index, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        name = f"{label}_{index:03}.png"
        pixels = np.round(picture.transpose(1, 2, 0)[..., ::-1] * 255).astype(np.uint8)
        assert cv2.imwrite(str(folder / name), pixels)
        items.append({"file": name, "class": label})
    (folder / "manifest.json").write_text(json.dumps({"size": SIZE_PX, "textures": items}))
    return folder


@pytest.fixture(scope="session")
def draw_textures() -> Draw:
    """Pictures [count, 3, 64, 64] in [0, 1] and their classes, all four in turn."""
    return _draw


@pytest.fixture(scope="session")
def write_textures() -> WriteFolder:
    """Writes a data folder of `count` textures and returns it."""
    return _write_folder


def _smooth_field(size_px: int, seed: int) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    cycles = np.fft.fftfreq(size_px) * size_px
    envelope = np.exp(-((np.hypot(cycles[:, None], cycles[None]) / 6) ** 2))
    envelope[0, 0] = 0
    field = np.fft.ifft2(np.fft.fft2(random.standard_normal((size_px, size_px))) * envelope).real
    return np.asarray(field / field.std(), np.float32)


def _map_pixels(kind: str, seed: int) -> NDArray[np.uint8]:
    """A map as OpenCV writes it: grey, or blue, green, red."""
    field = _smooth_field(MATERIAL_PX, seed)
    if kind == "normal":
        slope_x = (np.roll(field, -1, 1) - np.roll(field, 1, 1)) / 2
        slope_y = (np.roll(field, -1, 0) - np.roll(field, 1, 0)) / 2
        vectors = np.stack([np.ones_like(field), slope_y, -slope_x], 2)  # blue is out, green is up, red is right
        vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
        return np.round(vectors * 127.5 + 127.5).astype(np.uint8)
    grain = 6 * np.random.default_rng(seed).standard_normal((MATERIAL_PX, MATERIAL_PX))
    grey = np.clip(120 + 30 * field + grain, 0, 255)
    if kind == "albedo":
        return np.round(np.stack([grey * 0.5, grey * 0.8, grey], 2)).astype(np.uint8)
    return np.round(grey).astype(np.uint8)


def _write_image(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = [cv2.IMWRITE_WEBP_QUALITY, 101] if path.suffix == ".webp" else []  # above 100 is lossless
    assert cv2.imwrite(str(path), pixels, settings)


def _write_data(folder: Path) -> tuple[Path, Path]:
    sets, sheets = folder / "sets", folder / "sheets"
    materials, textures = [], []
    for seed, (name, (data_class, maps)) in enumerate(MATERIALS.items()):
        for kind in maps:
            suffix = "webp" if name == "wall" else "png"
            _write_image(sets / name / f"{kind}.{suffix}", _map_pixels(kind, seed))
        materials.append({"name": name, "class": data_class, "maps": [*maps], "licence": "CC0-1.0 (own)"})
    for seed, (name, data_class) in enumerate(SHEETS.items(), 10):
        _write_image(sheets / data_class / f"{name}.png", _map_pixels("albedo", seed))
        textures.append({"file": f"{data_class}/{name}.png", "class": data_class})
    (sets / "manifest.json").write_text(json.dumps({"size": MATERIAL_PX, "materials": materials}))
    (sheets / "manifest.json").write_text(json.dumps({"licence": "CC-BY-4.0", "textures": textures}))
    return sets, sheets


@pytest.fixture(scope="session")
def smooth_field() -> SmoothField:
    """A smooth random field of a size and seed that wraps: mean 0, deviation 1."""
    return _smooth_field


@pytest.fixture
def data_folders(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of three PBR sets and one of four albedo images, all 128 px, of the data classes rock, bricks, metal."""
    return _write_data(tmp_path / "data")


@pytest.fixture(scope="session")
def steady_folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same for tests that only read."""
    return _write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def tiny_plan(steady_folders: tuple[Path, Path]) -> TexturePlan:
    """A plan over both folders with the smallest of networks."""
    sets, sheets = steady_folders
    return TexturePlan(
        (DataPlan(sets), DataPlan(sheets, frame_px=5)),
        {
            "stone": ClassPlan(("rock",)),
            "brick": ClassPlan(("bricks",), "brick"),
            "metal": ClassPlan(("metal",), "flat|noise:columns=2..3,rows=2"),
        },
        seed=3,
        network=NetworkPlan(4, 8, (8, 8, 8, 8, 8)),
        stages=StagesPlan(2, 0),
        batch_size=4,
        enlarged_batch_size=2,
        crop_px=64,
    )


@pytest.fixture(scope="session")
def exemplars(tiny_plan: TexturePlan) -> Exemplars:
    """The materials of `tiny_plan` at its densities."""
    materials, _ = prepare_materials(tiny_plan, lambda *_: None)
    return materials


@pytest.fixture(scope="session")
def stock(tiny_plan: TexturePlan, exemplars: Exemplars) -> Stock:
    """The stock of `exemplars`, with two drawn structures of 128 px per class."""
    patterns = [entry.pattern for entry in tiny_plan.classes.values()]
    return stock_up(exemplars, list(tiny_plan.classes), draw_structures(patterns, 1, 2, MATERIAL_PX))


@pytest.fixture(scope="session")
def make_sampler(stock: Stock) -> Callable[[TexturePlan], Sampler]:
    """Draws batches of `stock`, as a plan with the classes of `tiny_plan` says."""
    return lambda plan: Sampler(stock, plan.crop_px, plan.drawn_share)
