"""A whole asset in the calling thread."""

from engine.assets import Draft, Part
from engine.generators.probe import ProbeGenerator
from engine.generators.texture.generator import TextureGenerator
from engine.generators.whole import finished_parts, steps_of
from engine.requests.probe import ProbeRequest
from engine.requests.texture import MapKind, TextureRequest


def test_parts_come_step_by_step() -> None:
    steps = list(steps_of(ProbeGenerator(), ProbeRequest(10, 3)))
    assert [[part.sequence for part in parts] for parts in steps] == [[0], [1], [2]]


def test_every_step_of_a_texture_is_a_level_of_detail(generator: TextureGenerator) -> None:
    steps = list(steps_of(generator, TextureRequest("wood", 3, 128, maps=(MapKind.ALBEDO, MapKind.HEIGHT))))
    assert [[part.lod_px for part in parts] for parts in steps] == [[64, 64], [128, 128]]
    assert all(part.payload.startswith(b"\x89PNG") for parts in steps for part in parts)


def test_drafts_are_encoded_and_parts_stay_as_they_are() -> None:
    part = Part(0, "albedo", 64, "image/png", b"here")
    draft = Draft(1, "normal", 64, "image/png", lambda: b"now")
    assert finished_parts((part, draft)) == (part, Part(1, "normal", 64, "image/png", b"now"))
