"""Procedural textures of four classes, as stand-ins for photographs."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

Pictures = NDArray[np.float32]
Draw = Callable[[int, int], tuple[Pictures, list[str]]]
WriteFolder = Callable[[Path, int, int], Path]

CLASSES = ("cloud", "blob", "grain", "check")
SIZE_PX = 64


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
