"""The panel on made-up land: it must see its own spoiled sets, and the difference between good and bad generators."""

from collections.abc import Sequence

import numpy as np
import pytest

from engine.errors import DataError
from engine.terrain.erosion import eroded
from engine.terrain.fractal import fractal
from engine.training.panel.report import PanelReport
from engine.training.terrain.data import Tile, style_of
from engine.training.terrain.panel import CROP_PX, Reals, evaluate_terrain, read_reals
from engine.training.terrain.plan import HELD_OUT
from engine.training.terrain.statistics import Crop

CONTROLS = {"blurred", "noisy", "few_modes", "shuffled", "memorised"}
COUNT = 32
STYLES = [(0.0, 0.0)] * COUNT


def land(seed: int, count: int = COUNT) -> list[Crop]:
    """Smooth, eroded hills: neither of the baselines."""
    random = np.random.default_rng(seed)
    return [
        eroded(fractal(CROP_PX, int(random.integers(2**31)), 0.35) * float(random.uniform(2, 6)), 10)
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def reals() -> Reals:
    return Reals(land(1), land(2), STYLES)


@pytest.fixture(scope="module")
def good(reals: Reals) -> PanelReport:
    """Of a generator that makes the real thing."""
    return evaluate_terrain(reals, lambda styles, seed: land(100 + seed, len(styles)), 3, {"weights": "none"})


def test_every_spoiled_set_is_caught(good: PanelReport) -> None:
    assert set(good.sets) == CONTROLS | {"reals", "generator", "fractal", "ridged_eroded"}
    assert {name for name in CONTROLS if not good.flags[name]} == set()
    assert "nearest_ratio" in good.flags["memorised"]


def test_real_thing_passes_what_it_must(good: PanelReport) -> None:
    verdicts = {item.name: item.holds for item in good.criteria}
    assert verdicts["coverage"]
    assert verdicts["no copies"]
    assert verdicts["spectrum nearer than fractal"]
    assert good.flags["generator"] == ()
    assert good.conditions["weights"] == "none"


def test_copies_fail(reals: Reals) -> None:
    def copies(styles: Sequence[tuple[float, float]], _seed: int) -> list[Crop]:
        return [np.roll(crop, 2, axis=0) for crop in reals.known[: len(styles)]]

    few = Reals(reals.held_out[:8], reals.known[:8], STYLES[:8])
    report = evaluate_terrain(few, copies, 3)
    assert not {item.name: item.holds for item in report.criteria}["no copies"]
    assert report.exit_code in (1, 3)  # of so few crops not every spoiled set can be told


def test_halves_are_of_different_tiles_and_of_one_style(tiles: tuple[Tile, ...]) -> None:
    reals = read_reals(tiles, HELD_OUT, 6, 1)
    assert len(reals.held_out) == len(reals.known) == len(reals.styles) == 6
    assert all(crop.shape == (CROP_PX, CROP_PX) for crop in reals.held_out + reals.known)
    slopes = [[np.hypot(*np.gradient(crop)).mean() for crop in crops] for crops in (reals.held_out, reals.known)]
    assert np.corrcoef(*np.log(slopes))[0, 1] > 0.5
    assert {crop.tobytes() for crop in reals.held_out}.isdisjoint(crop.tobytes() for crop in reals.known)


def test_too_little_land_is_refused(tiles: tuple[Tile, ...]) -> None:
    small = tiles[0].height_m[:64, :64]
    tile = Tile("N49E011", small, np.ones_like(small, np.bool_), style_of(small))
    with pytest.raises(DataError, match="no 4 crops of land"):
        read_reals([tile, *tiles[:2]], HELD_OUT, 4, 1)
