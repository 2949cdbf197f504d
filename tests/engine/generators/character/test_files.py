import json
import struct
from typing import Any

import pytest

from engine.assets import Draft, Part
from engine.codecs.image import decode_png, read_provenance
from engine.errors import InvalidRequestError
from engine.generators.character.files import CLIP_FRAMES, CLIP_RATE_HZ
from engine.motion.actions import OFFERED
from engine.requests.character.identity import CharacterRequest, IdentityRequest, Who

REQUEST = CharacterRequest(Who(IdentityRequest(7)), clips=("walk", "wave"), preview_px=64)


def made(generator: Any, request: CharacterRequest = REQUEST, checkpoint: bytes = b"") -> list[Part]:
    state = generator.resume(request, checkpoint) if checkpoint else generator.begin(request)
    parts = []
    while not state.finished:
        parts += [item.part() if isinstance(item, Draft) else item for item in generator.step([state])[0]]
    return parts


def document_of(glb: bytes) -> dict[str, Any]:
    (size,) = struct.unpack_from("<I", glb, 12)
    document: dict[str, Any] = json.loads(glb[20 : 20 + size])
    return document


@pytest.fixture
def generator(generators: Any) -> Any:
    return generators[CharacterRequest]


def test_files_come_in_order_and_say_what_they_are(generator: Any) -> None:
    parts = made(generator)
    assert [(part.map, part.media_type) for part in parts] == [
        ("description", "application/json"),
        ("character", "model/gltf-binary"),
        ("preview", "image/png"),
    ]
    description = json.loads(parts[0].payload)
    assert description["identity"]["seed"] == 7
    assert description["provenance"]["DigitalSourceType"].endswith("trainedAlgorithmicMedia")
    assert decode_png(parts[2].payload).shape == (64, 64, 3)
    assert read_provenance(parts[2].payload)["Seed"] == "7"


def test_model_has_skin_and_the_clips_that_were_asked_for(generator: Any) -> None:
    document = document_of(made(generator)[1].payload)
    assert len(document["skins"][0]["joints"]) == 19
    assert [clip["name"] for clip in document["animations"]] == ["walk", "wave"]
    times = document["accessors"][document["animations"][0]["samplers"][0]["input"]]
    assert times["count"] == CLIP_FRAMES
    assert times["max"] == [pytest.approx((CLIP_FRAMES - 1) / CLIP_RATE_HZ)]


def test_without_names_there_is_a_clip_of_everything(generator: Any) -> None:
    state = generator.begin(CharacterRequest())
    assert sorted(generator.clip_names()) == sorted(OFFERED)
    assert state.part_count == 3


def test_same_bytes_again_and_from_every_checkpoint(generator: Any) -> None:
    whole = made(generator)
    assert made(generator) == whole
    for count in (1, 2):
        assert made(generator, checkpoint=bytes([count])) == whole[count:]


def test_announced_steps_are_those_that_are_made(generator: Any) -> None:
    state = generator.begin(REQUEST)
    ahead = generator.steps_ahead(state)
    assert [name for name, _ in ahead] == [
        "character description", "character clips", "character character", "character preview"
    ]  # fmt: skip
    made = []
    while not state.finished:
        made.append((generator.steps_ahead(state)[0][0], len(generator.step([state])[0])))
    assert [name for name, _ in made] == [name for name, count in ahead for _ in range(count)]
    assert [count for name, count in made if name == "character clips"] == 10 * [0]


def test_clips_that_were_not_finished_are_begun_again(generator: Any) -> None:
    state = generator.begin(REQUEST)
    for _ in range(4):
        generator.step([state])
    rest = made(generator, checkpoint=generator.checkpoint(state))
    assert rest == made(generator)[1:]


def test_unknown_clips_and_foreign_checkpoints_are_refused(generator: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        generator.begin(CharacterRequest(clips=("fly",)))
    assert (caught.value.field, caught.value.value) == ("clips", "fly")
    for checkpoint in (b"\x03", b"ab"):
        with pytest.raises(InvalidRequestError, match="checkpoint"):
            generator.resume(REQUEST, checkpoint)
