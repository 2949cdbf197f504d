"""What a request for a material accepts, and what it is called."""

import json
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import InvalidRequestError
from engine.requests.checks import SEED_MAX
from engine.requests.probe import ProbeRequest
from engine.requests.texture import MASK_MAX_BYTES, TEXTURE_SIZES_PX, Blend, MapKind, Pattern, TextureRequest, Wrap

STONE = TextureRequest("stone")

INFO = GeneratorInfo("texture", "texgen", "1", "M", "ab" * 32, "cpu-fp32")

INFINITE = float("inf")

REQUESTS = st.builds(
    TextureRequest,
    texture_class=st.sampled_from(["stone", "brick"]),
    seed=st.integers(0, SEED_MAX),
    size_px=st.sampled_from(TEXTURE_SIZES_PX),
    wrap=st.sampled_from(Wrap),
    attributes=st.dictionaries(st.sampled_from(["relief", "scale"]), st.floats(0, 1)),
    palette=st.sampled_from([(), ((1, 2, 3),), ((0, 0, 0), (9, 9, 9), (255, 255, 255))]),
    pattern=st.sampled_from([None, Pattern("brick"), Pattern("brick", {"rows": 4})]),
    blend=st.sampled_from([None, Blend("wood"), Blend("wood", 0.25), Blend("wood", 0.25, 4)]),
    maps=st.sampled_from([tuple(MapKind), (MapKind.ALBEDO,)]),
)


@pytest.mark.parametrize(
    ("change", "field", "allowed"),
    [
        ({"texture_class": ""}, "texture_class", "the name of a class in the catalog"),
        ({"seed": -1}, "seed", "0 to 4294967295"),
        ({"seed": SEED_MAX + 1}, "seed", "0 to 4294967295"),
        ({"size_px": 100}, "size_px", "64, 128, 256, 512, 1024, 2048"),
        ({"size_px": 0}, "size_px", "64, 128"),
        ({"palette": ((1, 2, 3), (1, 2, 3))}, "palette", "no, one (mid) or three (dark, mid, light) colors"),
        ({"palette": ((1, 2, 256),)}, "palette", "sRGB colors with parts 0 to 255"),
        ({"palette": ((1, 2),)}, "palette", "sRGB colors"),
        ({"pattern": Pattern("brick"), "mask_png": b"x"}, "mask_png", "a mask or a pattern, not both"),
        ({"mask_png": bytes(MASK_MAX_BYTES + 1)}, "mask_png", "at most 4194304 bytes"),
        ({"maps": ()}, "maps", "at least one map, none twice"),
        ({"maps": (MapKind.ALBEDO, MapKind.ALBEDO)}, "maps", "none twice"),
        ({"attributes": {"relief": INFINITE}}, "attributes.relief", "a finite number"),
        ({"attributes": {"relief": float("nan")}}, "attributes.relief", "a finite number"),
    ],
)
def test_value_out_of_range_is_refused_with_field_and_range(
    change: dict[str, object], field: str, allowed: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        replace(STONE, **change)  # type: ignore[arg-type]  # each change names a field
    assert caught.value.field == field
    assert allowed in caught.value.allowed
    assert str(caught.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("kind", "arguments", "field"),
    [
        (Blend, {"texture_class": "wood", "amount": 1.1}, "blend.amount"),
        (Blend, {"texture_class": "wood", "amount": float("nan")}, "blend.amount"),
        (Blend, {"texture_class": "wood", "patches_per_tile": 0}, "blend.patches_per_tile"),
        (Blend, {"texture_class": "wood", "patches_per_tile": 17}, "blend.patches_per_tile"),
        (Pattern, {"name": "brick", "parameters": {"rows": -INFINITE}}, "pattern.rows"),
        (ProbeRequest, {"part_bytes": 0, "part_count": 1}, "part_bytes"),
        (ProbeRequest, {"part_bytes": 2**24 + 1, "part_count": 1}, "part_bytes"),
        (ProbeRequest, {"part_bytes": 1, "part_count": 0}, "part_count"),
        (ProbeRequest, {"part_bytes": 1, "part_count": 1_000_001}, "part_count"),
        (ProbeRequest, {"part_bytes": 1, "part_count": 1, "step_ms": -0.1}, "step_ms"),
        (ProbeRequest, {"part_bytes": 1, "part_count": 1, "step_ms": 1000.5}, "step_ms"),
    ],
)
def test_pieces_of_requests_check_their_ranges(
    kind: type[AssetRequest | Blend | Pattern], arguments: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        kind(**arguments)  # type: ignore[arg-type]  # the arguments are those of the kind
    assert caught.value.field == field


def test_ends_of_every_range_are_allowed() -> None:
    for seed in (0, SEED_MAX):
        replace(STONE, seed=seed, mask_png=bytes(MASK_MAX_BYTES))
    assert (Blend("wood", 0.0, 1).amount, Blend("wood", 1.0, 16).amount) == (0.0, 1.0)
    assert ProbeRequest(2**24, 1_000_000, 1000.0).step_ms == 1000.0


@pytest.mark.parametrize(
    ("size_px", "lods_px"), [(64, (64,)), (256, (64, 128, 256)), (2048, (64, 128, 256, 512, 1024, 2048))]
)
def test_levels_of_detail_double_up_to_the_size(size_px: int, lods_px: tuple[int, ...]) -> None:
    assert replace(STONE, size_px=size_px).lods_px() == lods_px


def test_requests_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        STONE.seed = 3  # type: ignore[misc]


def test_attributes_are_taken_over_sorted_and_as_floats() -> None:
    given_ = {"scale": 1, "relief": 2}
    request = replace(STONE, attributes=given_)
    given_["scale"] = 0
    assert list(request.attributes.items()) == [("relief", 2.0), ("scale", 1.0)]


@given(REQUESTS)
def test_canonical_text_is_json_and_the_same_for_equal_requests(request: TextureRequest) -> None:
    shuffled = replace(request, attributes=dict(sorted(request.attributes.items(), reverse=True)))
    assert request.canonical() == shuffled.canonical()
    document = json.loads(request.canonical())
    assert list(document) == sorted(document)
    assert document["seed"] == request.seed
    assert " " not in request.canonical()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"attributes": {"relief": 1}}, {"attributes": {"relief": 1.0}}),
        ({"attributes": {"direction": -0.0}}, {"attributes": {"direction": 0.0}}),
        ({"pattern": Pattern("brick", {"rows": 4})}, {"pattern": Pattern("brick", {"rows": 4.0})}),
        ({"blend": Blend("wood", 1)}, {"blend": Blend("wood", 1.0)}),
        ({"blend": Blend("wood", -0.0)}, {"blend": Blend("wood", 0)}),
    ],
)
def test_equal_numbers_give_one_address_however_they_are_written(first: Any, second: Any) -> None:
    assert INFO.asset_id(replace(STONE, **first)) == INFO.asset_id(replace(STONE, **second))


@given(REQUESTS, REQUESTS)
def test_requests_share_an_address_only_if_they_are_equal(first: TextureRequest, second: TextureRequest) -> None:
    assert (INFO.asset_id(first) == INFO.asset_id(second)) == (first == second)


def test_masks_enter_the_canonical_text_by_their_checksum() -> None:
    texts = {replace(STONE, mask_png=mask).canonical() for mask in (b"", b"a", b"b")}
    assert len(texts) == 3
    assert max(map(len, texts)) < 1000
