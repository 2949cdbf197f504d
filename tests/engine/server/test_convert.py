"""Wire messages to requests, with every way of getting them wrong."""

from typing import Any

import pytest

from engine.assets import Blend, MapKind, Pattern, ProbeRequest, TextureRequest, Wrap
from engine.errors import InvalidRequestError
from engine.server.convert import MAPS, WRAPS, parsed, probe_request, texture_request
from morphogen.v1 import diagnostics_pb2, texture_pb2

Message = texture_pb2.GenerateTextureRequest


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


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"part_size_bytes": 0}, "part_size_bytes"),
        ({"part_size_bytes": 16 * 1024 * 1024 + 1}, "part_size_bytes"),
        ({"part_count": 0}, "part_count"),
        ({"step_ms": -1.0}, "step_ms"),
        ({"step_ms": float("nan")}, "step_ms"),
    ],
)
def test_probe_mistake_is_named_by_its_wire_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        probe_request(diagnostics_pb2.StreamProbeRequest(**{"part_size_bytes": 1, "part_count": 1, **fields}))
    assert refused.value.field == field


def test_probe_request_arrives() -> None:
    message = diagnostics_pb2.StreamProbeRequest(part_size_bytes=7, part_count=9, step_ms=1.5)
    assert probe_request(message) == ProbeRequest(7, 9, 1.5)


@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"\x0a\x05ab", b"\x0a\x02\xff\xfe"])
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="GenerateTextureRequest"):
        parsed(Message, data)
