"""What the network is asked for follows from the maps on disk, and leads back to them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.nets.albedo import albedo_basis
from engine.training.data.exemplars import Exemplar, guess_height, measure, resample, surface_height
from engine.training.data.materials import RawMaterial, read_materials

Field = NDArray[np.float32]
SmoothField = Callable[[int, int], Field]
CLASSES = {"rock": "stone", "bricks": "brick", "metal": "metal"}
TONES, HEIGHT, ROUGHNESS, METALLIC, SLOPES = slice(0, 3), 3, 4, 5, slice(6, 8)


@pytest.fixture(scope="module")
def materials(steady_folders: tuple[Path, Path]) -> dict[str, RawMaterial]:
    return {m.name: m for folder in steady_folders for m in read_materials(folder, CLASSES)}


def measured(material: RawMaterial, halvings: int = 0) -> list[Exemplar]:
    return measure(material, halvings, surface_height(material))


def stripes(size_px: int, cycles_x: int, cycles_y: int, strength: float = 50) -> RawMaterial:
    axis = 2 * np.pi * np.arange(size_px) / size_px
    field = 120 + strength * np.sin(cycles_x * axis[None] + cycles_y * axis[:, None])
    albedo = np.repeat(field[..., None], 3, 2).round().astype(np.uint8)
    return RawMaterial("stripes", "stone", "own", albedo, None, None, None)


@pytest.mark.parametrize("name", ["granite", "wall", "plate", "wall_1"])
def test_targets_and_palette_lead_back_to_the_albedo(materials: dict[str, RawMaterial], name: str) -> None:
    exemplar = measured(materials[name])[0]
    dark, mid, light = exemplar.palette
    basis = albedo_basis(dark, mid, light, exemplar.statistics["hue_variation"])
    painted = np.einsum("ij,jhw->hwi", basis.matrix, exemplar.targets[TONES].astype(np.float32)) + basis.mid
    assert np.abs(painted - materials[name].albedo / 255).max() <= 1 / 255


def test_targets_lead_back_to_roughness_and_height(materials: dict[str, RawMaterial]) -> None:
    granite = materials["granite"]
    exemplar = measured(granite)[0]
    targets, statistics = exemplar.targets.astype(np.float32), exemplar.statistics
    assert granite.roughness is not None
    roughness = targets[ROUGHNESS] * statistics["roughness_variation"] + statistics["roughness"]
    assert np.abs(roughness - granite.roughness / 255).max() < 1 / 255
    height = surface_height(granite)
    assert height is not None
    assert np.abs(targets[HEIGHT] * statistics["relief"] - height).max() < 0.01


def test_height_is_that_of_the_normal_map_without_its_drift(
    materials: dict[str, RawMaterial], smooth_field: SmoothField
) -> None:
    found = surface_height(materials["granite"])
    assert found is not None
    assert np.corrcoef(found.ravel(), smooth_field(128, 0).ravel())[0, 1] > 0.9
    assert surface_height(materials["plate"]) is None


@pytest.mark.parametrize(
    ("name", "missing"),
    [("granite", [METALLIC]), ("wall", []), ("plate", [HEIGHT, ROUGHNESS, 6, 7]), ("wall_1", [HEIGHT, 4, 5, 6, 7])],
)
def test_channels_of_missing_maps_are_masked_and_empty(
    materials: dict[str, RawMaterial], name: str, missing: list[int]
) -> None:
    for exemplar in measured(materials[name]):
        assert np.flatnonzero(~exemplar.present).tolist() == missing
        assert not exemplar.targets[~exemplar.present].any()
        assert exemplar.targets[exemplar.present].std((1, 2)).min() > 0
        assert ("relief" in exemplar.statistics) == bool(exemplar.present[HEIGHT])
        assert ("metalness" in exemplar.statistics) == bool(exemplar.present[METALLIC])


def test_material_with_a_height_gives_a_second_exemplar_with_guessed_structure(
    materials: dict[str, RawMaterial],
) -> None:
    measured_structure, guessed_structure = measured(materials["granite"])
    assert np.array_equal(measured_structure.targets, guessed_structure.targets)
    assert not np.array_equal(measured_structure.height, guessed_structure.height)
    assert len(measured(materials["plate"])) == 1


def test_structure_is_in_its_ranges(materials: dict[str, RawMaterial]) -> None:
    for material in materials.values():
        for exemplar in measured(material):
            distance, tone = exemplar.structure
            assert (exemplar.height.min(), exemplar.height.max()) == (0, 1)
            assert 0 <= distance.min() <= distance.max() <= 1
            assert -1 <= tone.min() <= tone.max() <= 1
            assert not tone[distance == 0].any()


@pytest.mark.parametrize(("halvings", "size_px"), [(2, 32), (1, 64), (0, 128)])
def test_density_changes_size_and_relief_alike(materials: dict[str, RawMaterial], halvings: int, size_px: int) -> None:
    exemplar = measured(materials["granite"], halvings)[0]
    assert exemplar.targets.shape == (8, size_px, size_px)
    # Half as many pixels across the same bumps: they are half as many pixels high.
    full = measured(materials["granite"])[0].statistics["relief"]
    assert exemplar.statistics["relief"] == pytest.approx(full * 2.0**-halvings, rel=0.05)


@pytest.mark.parametrize("cycles", [(8, 0), (0, 8), (6, 6), (20, 4)])
def test_direction_says_along_which_axis_the_grain_runs(cycles: tuple[int, int]) -> None:
    # Stripes that change along x run along y: 1.
    expected = (cycles[0] ** 2 - cycles[1] ** 2) / (cycles[0] ** 2 + cycles[1] ** 2)
    (exemplar,) = measured(stripes(128, *cycles))
    assert exemplar.statistics["direction"] == pytest.approx(expected, abs=0.02)


def test_coarser_grain_has_a_larger_scale_and_less_detail() -> None:
    coarse, middle, fine = (measured(stripes(128, cycles, 0))[0].statistics for cycles in (2, 8, 40))
    assert 1 >= coarse["scale"] > middle["scale"] > fine["scale"] >= 0
    assert coarse["detail"] < 0.1
    assert fine["detail"] > 0.9


def test_contrast_is_half_the_distance_of_dark_and_light() -> None:
    flat, strong = (measured(stripes(128, 4, 4, strength))[0] for strength in (2, 90))
    dark, _, light = strong.palette
    assert strong.statistics["contrast"] == pytest.approx(float(np.linalg.norm(light - dark)) / 2, rel=1e-5)
    assert flat.statistics["contrast"] < 0.02
    assert strong.statistics["contrast"] > 0.4


def test_uniform_material_gives_finite_targets() -> None:
    grey = RawMaterial("grey", "stone", "own", np.full((64, 64, 3), 128, np.uint8), None, None, None)
    (exemplar,) = measured(grey)
    assert np.isfinite(exemplar.targets).all()
    assert np.isfinite(exemplar.structure).all()
    assert np.abs(exemplar.targets).max() < 0.01
    assert all(np.isfinite(value) for value in exemplar.statistics.values())


def test_joint_tone_tells_dark_joints_from_light_ones() -> None:
    def joints(tone: int) -> Exemplar:
        albedo = np.full((128, 128, 3), 120, np.uint8)
        normal = np.full((128, 128, 3), (128, 128, 255), np.uint8)
        for position in range(0, 128, 32):
            albedo[:, position : position + 6] = tone
            normal[:, position - 2 : position] = (200, 128, 220)  # down to the right, into the joint
            normal[:, position + 6 : position + 8] = (56, 128, 220)
        normal[:, -2:] = (200, 128, 220)
        return measured(RawMaterial("wall", "brick", "own", albedo, normal, None, None))[0]

    assert joints(60).statistics["joint_tone"] < -0.3
    assert joints(180).statistics["joint_tone"] > 0.3


def test_halving_is_the_area_average(smooth_field: SmoothField) -> None:
    image = np.stack([smooth_field(64, seed) for seed in range(3)], 2)
    quarters = image.reshape(16, 4, 16, 4, 3).mean((1, 3))
    assert np.allclose(resample(image, 2), quarters, atol=1e-6)
    assert np.array_equal(resample(image, 0), image)


@pytest.mark.parametrize("joint", [-1.0, 1.0])
def test_thin_features_are_taken_for_low_ones(joint: float) -> None:
    tone = np.zeros((64, 64), np.float32)
    tone[:, ::16] = joint
    height = guess_height(tone)
    assert height[:, ::16].mean() < height[:, 8::16].mean()
