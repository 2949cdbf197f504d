"""What an asset's parts and its address depend on."""

import hashlib
import threading
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from engine.assets import DIGEST_START, Draft, GeneratorInfo, Part, running_digest
from engine.requests.checks import SEED_MAX
from engine.requests.texture import TEXTURE_SIZES_PX, Blend, MapKind, Pattern, TextureRequest, Wrap

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


@pytest.mark.parametrize("part", ["asset_kind", "name", "version", "weights_sha256", "kernel_class"])
def test_address_depends_on_everything_that_can_change_a_bit(part: str) -> None:
    changed = replace(INFO, **{part: "other"})  # type: ignore[arg-type]  # all of these are texts
    assert changed.asset_id(STONE) != INFO.asset_id(STONE)
    assert replace(INFO, model_card="reworded").asset_id(STONE) == INFO.asset_id(STONE)
    assert replace(INFO, tier="S").asset_id(STONE) == INFO.asset_id(STONE)


def test_part_works_out_its_checksum_unless_it_is_known() -> None:
    part = Part(0, "albedo", 64, "image/png", b"png")
    assert part.digest() == hashlib.sha256(b"png").digest()
    assert replace(part, sha256=b"known").digest() == b"known"


def test_draft_becomes_the_part_that_it_announces_in_any_thread() -> None:
    threads: list[int] = []

    def encode() -> bytes:
        threads.append(threading.get_ident())
        return b"png"

    draft, parts = Draft(4, "height", 128, "image/png", encode), list[Part]()
    thread = threading.Thread(target=lambda: parts.append(draft.part()))
    thread.start()
    thread.join()
    assert parts == [Part(4, "height", 128, "image/png", b"png")]
    assert threads != [threading.get_ident()]


def test_running_digest_can_be_continued_and_depends_on_the_order() -> None:
    first, second = (hashlib.sha256(payload).digest() for payload in (b"1", b"2"))
    forwards = running_digest(running_digest(DIGEST_START, first), second)
    assert forwards == hashlib.sha256(hashlib.sha256(bytes(32) + first).digest() + second).digest()
    assert forwards != running_digest(running_digest(DIGEST_START, second), first)
