"""A folder of made-up elevation tiles, and a plan that trains on it in seconds."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.terrain.fractal import fractal
from engine.training.terrain.data import Tile, load_tiles
from engine.training.terrain.plan import DecoderPlan, TerrainPlan, TerrainStages

TILES = {"N00E001": 40.0, "N00E002": 400.0, "N01E003": 150.0, "N49E011": 300.0, "S36E149": 80.0}
"""Name -> spread of the heights in meters; the last two are held out."""

EDGE_PX = 448


@pytest.fixture(scope="session")
def terrain_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """manifest.json and PNG files as the data folder has them."""
    folder: Path = tmp_path_factory.mktemp("terrain")
    (folder / "tiles").mkdir()
    entries = []
    for number, (name, spread_m) in enumerate(TILES.items()):
        height_m = 2000.0 + spread_m * fractal(EDGE_PX, number, 0.45, ridged=True)
        cv2.imwrite(str(folder / "tiles" / f"{name}.png"), np.rint(height_m + 500.0).astype(np.uint16))
        entries.append({"name": name, "file": f"tiles/{name}.png", "metres_per_pixel_ns": 92.61})
    (folder / "manifest.json").write_text(json.dumps({"tiles": entries}))
    return folder


@pytest.fixture(scope="session")
def tiles(terrain_folder: Path) -> tuple[Tile, ...]:
    """All tiles of the folder."""
    return load_tiles(terrain_folder)


@pytest.fixture
def tiny_terrain_plan(terrain_folder: Path, tmp_path: Path) -> TerrainPlan:
    """Two steps of every stage of very small networks."""
    return TerrainPlan(
        terrain_folder,
        landforms=DecoderPlan(8, 1),
        details=DecoderPlan(8, 1),
        stages=TerrainStages(2, 2, 2),
        batch_size=2,
        window_px=32,
        device="cpu",
        checkpoint_interval=3,
        output=tmp_path / "run",
    )
