"""An appearance is drawn from the bank by seed; what the request says replaces what was drawn."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError, WeightsError
from engine.generators.texture.appearance import (
    ATTRIBUTE_JITTER,
    ATTRIBUTE_NAMES,
    ATTRIBUTES,
    Appearance,
    AppearanceBank,
    check_attributes,
    draw_appearance,
    load_bank,
)
from engine.nets.albedo import CONTRAST_FLOOR
from engine.requests.texture import Color, TextureRequest

SEEDS = st.integers(0, 2**32 - 1)
COLORS = st.tuples(*[st.integers(0, 255)] * 3)


@pytest.fixture(scope="module")
def loaded(bank: dict[str, torch.Tensor]) -> AppearanceBank:
    return load_bank(bank, 3, 4)


def drawn(
    bank: AppearanceBank,
    seed: int = 0,
    class_index: int = 0,
    salt: int = 0,
    *,
    palette: tuple[Color, ...] = (),
    attributes: Mapping[str, float] | None = None,
) -> Appearance:
    request = TextureRequest("any", seed=seed, palette=palette, attributes=attributes or {})
    return draw_appearance(bank, class_index, request, salt)


@given(SEEDS)
def test_draw_is_a_pure_function_of_seed_and_salt(loaded: AppearanceBank, seed: int) -> None:
    first, again, other_seed, other_salt = (
        drawn(loaded, seed),
        drawn(loaded, seed),
        drawn(loaded, seed ^ 1),
        drawn(loaded, seed, salt=1),
    )
    assert torch.equal(first.style, again.style)
    assert first.attributes == again.attributes
    assert np.array_equal(first.basis.matrix, again.basis.matrix)
    assert first.attributes != other_seed.attributes
    assert first.attributes != other_salt.attributes


@given(SEEDS, st.integers(0, 2))
def test_drawn_attributes_stay_near_an_exemplar_and_in_range(
    loaded: AppearanceBank, seed: int, class_index: int
) -> None:
    values = torch.tensor([drawn(loaded, seed, class_index).attributes[name] for name in ATTRIBUTE_NAMES])
    members = loaded.attributes[loaded.class_index == class_index]
    room = members.abs() * ATTRIBUTE_JITTER + 1e-6
    assert ((values - members).abs() <= room).all(1).any()
    for value, info in zip(values.tolist(), ATTRIBUTES, strict=True):
        assert info.minimum <= round(value, 6) <= info.maximum


@given(SEEDS, st.integers(0, 2))
def test_style_lies_between_two_exemplars_of_the_class(loaded: AppearanceBank, seed: int, class_index: int) -> None:
    style = drawn(loaded, seed, class_index).style
    members = loaded.style[loaded.class_index == class_index]
    assert style.shape == (1, 4)
    assert (style[0] >= members.amin(0) - 1e-6).all()
    assert (style[0] <= members.amax(0) + 1e-6).all()


def test_every_exemplar_of_a_class_comes_up(loaded: AppearanceBank) -> None:
    reliefs = {round(drawn(loaded, seed).attributes["relief"] / 0.5) for seed in range(50)}
    nearest = {min((0, 3), key=lambda row: abs(float(loaded.attributes[row, 6]) / 0.5 - relief)) for relief in reliefs}
    assert nearest == {0, 3}


@given(SEEDS, st.sampled_from(ATTRIBUTES), st.floats(0, 1))
def test_attributes_of_the_request_replace_drawn_ones(
    loaded: AppearanceBank, seed: int, info: object, share: float
) -> None:
    known = next(entry for entry in ATTRIBUTES if entry is info)
    value = known.minimum + share * (known.maximum - known.minimum)
    given_, plain = drawn(loaded, seed, attributes={known.name: value}), drawn(loaded, seed)
    assert given_.attributes == {**plain.attributes, known.name: value}
    assert torch.equal(given_.style, plain.style)


def test_network_is_steered_by_four_attributes_around_zero(loaded: AppearanceBank) -> None:
    attributes = {"scale": 1.0, "direction": -0.25, "detail": 0.25, "joint_tone": 0.5, "relief": 3.0}
    assert drawn(loaded, attributes=attributes).network_attributes().tolist() == [[1.0, -0.25, -0.5, 0.5]]


@given(SEEDS, COLORS, COLORS, COLORS)
def test_three_colors_are_taken_as_they_are(
    loaded: AppearanceBank, seed: int, dark: Color, mid: Color, light: Color
) -> None:
    basis = drawn(loaded, seed, palette=(dark, mid, light)).basis
    axis = (np.array(light) - np.array(dark)) / 510
    assert np.allclose(basis.mid, np.array(mid) / 255)
    if np.linalg.norm(axis) > 0.02:
        assert np.allclose(basis.matrix[:, 0], axis, atol=1e-6)


@given(SEEDS, COLORS)
def test_one_color_becomes_the_middle_and_keeps_shade_and_light(
    loaded: AppearanceBank, seed: int, color: Color
) -> None:
    basis = drawn(loaded, seed, palette=(color,)).basis
    assert np.allclose(basis.mid, np.array(color) / 255)
    assert 0.01 < np.linalg.norm(basis.matrix[:, 0]) < 2


@given(SEEDS, st.floats(0.02, 0.6), st.sampled_from([(), ((120, 90, 60),), ((0, 0, 0), (99, 99, 99), (255, 200, 150))]))
def test_contrast_of_the_request_holds_with_any_palette(
    loaded: AppearanceBank, seed: int, contrast: float, palette: tuple[Color, ...]
) -> None:
    basis = drawn(loaded, seed, palette=palette, attributes={"contrast": contrast}).basis
    assert np.linalg.norm(basis.matrix[:, 0]) == pytest.approx(contrast, rel=1e-4)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.5), st.tuples(*[st.tuples(*[st.floats(0, 1)] * 3)] * 3))
def test_contrast_of_the_request_does_not_leave_the_colors_that_there_are(
    loaded: AppearanceBank, seed: int, contrast: float, palette: tuple[tuple[float, ...], ...]
) -> None:
    colors = torch.tensor(palette).expand_as(loaded.palette)
    basis = drawn(replace(loaded, palette=colors), seed, attributes={"contrast": contrast}).basis
    for color in (basis.mid - basis.matrix[:, 0], basis.mid + basis.matrix[:, 0]):
        assert ((color > -CONTRAST_FLOOR) & (color < 1 + CONTRAST_FLOOR)).all()


def test_hue_variation_is_the_spread_across_dark_and_light(loaded: AppearanceBank) -> None:
    matrix = drawn(loaded, attributes={"hue_variation": 0.15}).basis.matrix
    assert np.allclose(np.linalg.norm(matrix[:, 1:], axis=0), 0.15)


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ({"shine": 0.5}, "attributes.shine"),
        ({"roughness": 1.01}, "attributes.roughness"),
        ({"direction": -1.5}, "attributes.direction"),
    ],
)
def test_attribute_that_is_unknown_or_out_of_range_is_named(attributes: Mapping[str, float], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check_attributes(attributes)
    assert caught.value.field == field


def test_ends_of_every_range_are_allowed() -> None:
    check_attributes({info.name: info.minimum for info in ATTRIBUTES})
    check_attributes({info.name: info.maximum for info in ATTRIBUTES})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"palette": None}, r"'palette' has shape None, expected \(5, 3, 3\)"),
        ({"class_index": None}, r"'class_index' has shape None"),
        ({"style": torch.zeros(5, 3)}, r"'style' has shape \(5, 3\), expected \(5, 4\)"),
        ({"attributes": torch.zeros(4, 11)}, r"'attributes' has shape \(4, 11\), expected \(5, 11\)"),
        ({"style": torch.full((5, 4), torch.nan)}, "'style' holds values that are not finite"),
        ({"class_index": torch.tensor([0, 1, 1, 0, 1])}, "cover exactly the classes 0 to 2"),
        ({"class_index": torch.tensor([0, 1, 2, 0, 3])}, "cover exactly the classes 0 to 2"),
    ],
)
def test_bank_that_does_not_fit_is_refused(
    bank: dict[str, torch.Tensor], changes: Mapping[str, torch.Tensor | None], message: str
) -> None:
    tensors = {name: value for name, value in {**bank, **changes}.items() if value is not None}
    with pytest.raises(WeightsError, match=message):
        load_bank(tensors, 3, 4)
