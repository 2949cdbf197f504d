"""Messages that ask for textures to requests and back, with every way of getting them wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.requests.texture import TEXTURE_SIZES_PX, Blend, MapKind, Pattern, TextureRequest, Wrap
from engine.wire.parsing import parsed
from engine.wire.requests.texture import MAPS, WRAPS, texture_message, texture_request
from morphogen.v1 import texture_pb2

Message = texture_pb2.GenerateTextureRequest

names = st.text(min_size=1, max_size=20)
numbers = st.dictionaries(st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False), max_size=4)
colors = st.tuples(*[st.integers(0, 255)] * 3)
structures: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"pattern": st.builds(Pattern, st.text(max_size=20), numbers)}),
    st.fixed_dictionaries({"mask_png": st.binary(min_size=1, max_size=100)}),
)
textures = st.builds(
    lambda structure, **fields: TextureRequest(**structure, **fields),
    structures,
    texture_class=names,
    seed=st.integers(0, 2**32 - 1),
    size_px=st.sampled_from(TEXTURE_SIZES_PX),
    wrap=st.sampled_from(Wrap),
    attributes=numbers,
    palette=st.one_of(st.just(()), st.tuples(colors), st.tuples(colors, colors, colors)),
    blend=st.none() | st.builds(Blend, names, st.floats(0, 1), st.integers(1, 16)),
    maps=st.lists(st.sampled_from(MapKind), min_size=1, unique=True).map(tuple),
)


def test_unset_fields_mean_defaults() -> None:
    assert texture_request(Message(texture_class="stone")) == TextureRequest("stone", size_px=512)


def test_every_field_arrives() -> None:
    message = Message(
        texture_class="stone",
        seed=2**32 - 1,
        size_px=128,
        wrap=texture_pb2.WRAP_Y,
        attributes={"scale": 1.5},
        palette=[0x102030, 0, 0xFFFFFF],
        pattern=texture_pb2.Pattern(name="bricks", parameters={"rows": 8}),
        blend=texture_pb2.Blend(texture_class="moss", amount=0.25),
        maps=[texture_pb2.TEXTURE_MAP_HEIGHT, texture_pb2.TEXTURE_MAP_ALBEDO],
    )
    assert texture_request(message) == TextureRequest(
        "stone",
        seed=2**32 - 1,
        size_px=128,
        wrap=Wrap.Y,
        attributes={"scale": 1.5},
        palette=((0x10, 0x20, 0x30), (0, 0, 0), (255, 255, 255)),
        pattern=Pattern("bricks", {"rows": 8.0}),
        blend=Blend("moss", 0.25, 3),
        maps=(MapKind.HEIGHT, MapKind.ALBEDO),
    )


def test_every_known_enum_number_has_a_meaning() -> None:
    assert set(WRAPS) == set(texture_pb2.Wrap.values())
    assert set(MAPS) == set(texture_pb2.TextureMap.values()) - {texture_pb2.TEXTURE_MAP_UNSPECIFIED}
    assert set(MAPS.values()) == set(MapKind)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"texture_class": ""}, "texture_class"),
        ({"size_px": 100}, "size_px"),
        ({"wrap": 99}, "wrap"),
        ({"maps": [77]}, "maps"),
        ({"maps": [texture_pb2.TEXTURE_MAP_UNSPECIFIED]}, "maps"),
        ({"maps": [texture_pb2.TEXTURE_MAP_ALBEDO] * 2}, "maps"),
        ({"palette": [0x1000000]}, "palette"),
        ({"palette": [1, 2]}, "palette"),
        ({"attributes": {"scale": float("nan")}}, "attributes.scale"),
        ({"pattern": texture_pb2.Pattern(name="x", parameters={"rows": float("inf")})}, "pattern.rows"),
        ({"pattern": texture_pb2.Pattern(name="x"), "mask_png": b"x"}, "mask_png"),
        ({"mask_png": bytes(4 * 1024 * 1024 + 1)}, "mask_png"),
        ({"blend": texture_pb2.Blend(amount=0.5)}, "blend.texture_class"),
        ({"blend": texture_pb2.Blend(texture_class="moss", amount=1.5)}, "blend.amount"),
        ({"blend": texture_pb2.Blend(texture_class="moss", patches_per_tile=17)}, "blend.patches_per_tile"),
    ],
)
def test_mistake_is_named_by_its_wire_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        texture_request(Message(**{"texture_class": "stone", **fields}))
    assert refused.value.field == field


@given(textures)
def test_texture_request_comes_back_from_its_message(request: TextureRequest) -> None:
    arrived = texture_request(parsed(Message, texture_message(request).SerializeToString()))
    assert arrived == request
    assert arrived.canonical() == request.canonical()


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        request = texture_request(parsed(Message, data))
    except InvalidRequestError:
        return
    assert texture_request(texture_message(request)) == request


def test_message_states_every_default_that_it_was_made_with() -> None:
    message = texture_message(texture_request(Message(texture_class="stone")))
    assert (message.size_px, message.wrap, len(message.maps)) == (512, texture_pb2.WRAP_BOTH, len(MapKind))
    assert not message.HasField("pattern")
    assert not message.HasField("blend")
