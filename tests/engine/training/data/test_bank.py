"""The bank holds one row per material, complete where the material is not."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.generators.texture.appearance import ATTRIBUTE_NAMES, ATTRIBUTES, load_bank
from engine.nets.style_encoder import StyleEncoder
from engine.training.data.bank import FALLBACK, build_bank, nominal, tinted
from engine.training.data.exemplars import Exemplar
from engine.training.plan import ClassPlan, TexturePlan

Exemplars = list[list[Exemplar]]
CLASSES = {
    "stone": ClassPlan(("rock",)),
    "brick": ClassPlan(("bricks",), dark_joints=True),
    "metal": ClassPlan(("metal",), metal=True),
}
STYLE_WIDTH = 4
NO_DIRECTION = (0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def encoder() -> StyleEncoder:
    torch.manual_seed(1)
    return StyleEncoder(STYLE_WIDTH)


def column(bank: dict[str, torch.Tensor], name: str) -> list[float]:
    values: list[float] = bank["attributes"][:, ATTRIBUTE_NAMES.index(name)].tolist()
    return values


def test_bank_can_be_drawn_from(exemplars: Exemplars, encoder: StyleEncoder, tiny_plan: TexturePlan) -> None:
    bank = build_bank(exemplars, tiny_plan.classes, encoder, NO_DIRECTION)
    loaded = load_bank(bank, len(CLASSES), STYLE_WIDTH)
    assert loaded.class_index.tolist() == [0, 1, 2, 0, 1, 1, 2]
    assert loaded.style.std(0).min() > 0
    assert torch.equal(loaded.palette[0], torch.from_numpy(nominal(exemplars[0]).palette))


def test_attributes_lie_in_the_ranges_that_requests_have(exemplars: Exemplars, encoder: StyleEncoder) -> None:
    bank = build_bank(exemplars, CLASSES, encoder, NO_DIRECTION)
    low, high = (torch.tensor(ends) for ends in zip(*((a.minimum, a.maximum) for a in ATTRIBUTES), strict=True))
    assert (bank["attributes"] >= low).all()
    assert (bank["attributes"] <= high).all()


def test_what_a_material_lacks_comes_from_a_full_one_of_its_class(exemplars: Exemplars, encoder: StyleEncoder) -> None:
    bank = build_bank(exemplars, CLASSES, encoder, NO_DIRECTION)
    stone, brick = nominal(exemplars[0]).statistics, nominal(exemplars[1]).statistics
    assert column(bank, "relief")[3:6] == pytest.approx([stone["relief"], brick["relief"], brick["relief"]])
    assert column(bank, "roughness")[3] == pytest.approx(stone["roughness"])
    assert column(bank, "metalness")[:2] == pytest.approx([FALLBACK["metalness"], brick["metalness"]])


def test_class_without_any_full_material_falls_back(exemplars: Exemplars, encoder: StyleEncoder) -> None:
    bank = build_bank(exemplars, CLASSES, encoder, NO_DIRECTION)
    assert column(bank, "relief")[2] == FALLBACK["relief"]
    assert column(bank, "roughness")[6] == pytest.approx(FALLBACK["roughness"])
    assert column(bank, "metalness")[6] == 1.0  # the class is metal although no map of this one says so
    assert column(bank, "metalness_variation")[6] == 0.0


def test_nominal_density_is_256_px_with_the_measured_structure(exemplars: Exemplars) -> None:
    measured, guessed = exemplars[0][:2]
    assert nominal(exemplars[0]) is measured
    wide = [replace(e, targets=np.zeros((8, 256, 256), np.float16)) for e in (measured, guessed)]
    assert nominal([measured, guessed, *wide]) is wide[0]


def test_dark_joints_are_never_light(exemplars: Exemplars, encoder: StyleEncoder) -> None:
    bank = build_bank(exemplars, CLASSES, encoder, NO_DIRECTION)
    tones = column(bank, "joint_tone")
    measured = [nominal(group).statistics["joint_tone"] for group in exemplars]
    is_brick = [group[0].texture_class == "brick" for group in exemplars]
    expected = [-abs(tone) if brick else tone for tone, brick in zip(measured, is_brick, strict=True)]
    assert tones == pytest.approx(expected, abs=1e-6)


def test_materials_that_run_across_their_patterns_are_turned(exemplars: Exemplars, encoder: StyleEncoder) -> None:
    own = nominal(exemplars[0])
    directed = [[replace(own, statistics={**own.statistics, "direction": 0.6})]]
    with_class = {"stone": CLASSES["stone"]}
    along, across = (build_bank(directed, with_class, encoder, (direction,)) for direction in (0.5, -0.5))
    assert column(along, "direction")[0] == pytest.approx(0.6)
    assert column(across, "direction")[0] == pytest.approx(-0.6)
    assert not torch.allclose(along["style"], across["style"])


def test_small_tiles_count_as_enlarged_to_the_nominal_size(exemplars: Exemplars, encoder: StyleEncoder) -> None:
    bank = build_bank(exemplars, CLASSES, encoder, NO_DIRECTION)
    measured = nominal(exemplars[0]).statistics["scale"]
    assert column(bank, "scale")[0] == pytest.approx(min(measured + 1 / 6, 1.0), abs=1e-6)


def test_attributes_outside_the_limits_of_their_class_are_moved(exemplars: Exemplars, encoder: StyleEncoder) -> None:
    classes = {**CLASSES, "stone": ClassPlan(("rock",), limits={"relief": (7.5, 8.0), "contrast": (0.0, 0.01)})}
    free, limited = (build_bank(exemplars, plans, encoder, NO_DIRECTION) for plans in (CLASSES, classes))
    stone = (free["class_index"] == 0).tolist()
    assert [value for value, own in zip(column(limited, "relief"), stone, strict=True) if own] == [7.5, 7.5]
    assert [value for value, own in zip(column(limited, "contrast"), stone, strict=True) if own] == pytest.approx(
        [0.01, 0.01]
    )
    others = ~torch.tensor(stone)
    assert torch.equal(free["attributes"][others], limited["attributes"][others])


def test_further_colors_of_a_class_are_further_rows(exemplars: Exemplars, encoder: StyleEncoder) -> None:
    classes = {**CLASSES, "stone": ClassPlan(("rock",), colors=("#804020", "#102030", "#ffffff"))}
    bank = build_bank(exemplars, classes, encoder, NO_DIRECTION)
    assert bank["class_index"].tolist() == [0, 1, 2, 0, 1, 1, 2, 0, 0, 0]
    assert torch.equal(bank["style"][7:10], bank["style"][[0, 3, 0]])
    assert torch.allclose(bank["palette"][7, 1], torch.tensor([0x80, 0x40, 0x20]) / 255, atol=0.01)
    load_bank(bank, 3, STYLE_WIDTH)


def test_tinting_keeps_dark_dark_and_light_light() -> None:
    palette = np.array([[0.1, 0.1, 0.1], [0.4, 0.3, 0.2], [0.8, 0.7, 0.6]], np.float32)
    dark, mid, light = tinted(palette, "#336699")
    assert np.allclose(mid, [0.2, 0.4, 0.6], atol=0.01)
    assert (dark < mid).all()
    assert (light > mid).all()
