import json
from typing import Any

import pytest

from engine.errors import InvalidRequestError
from engine.requests.character.control import Control
from engine.requests.character.frames import FRAME_MAX, FramesRequest, Pictures
from engine.requests.character.identity import IdentityRequest, Who


@pytest.mark.parametrize(
    ("wanted", "field", "allowed"),
    [
        ({"rate_hz": 25}, "rate_hz", "24, 30, 60, 72, 90"),
        ({"frame_count": 0}, "frame_count", f"1 to {FRAME_MAX}"),
        ({"first_frame": -1}, "first_frame", f"0 to {FRAME_MAX}"),
        ({"poses": False}, "poses", "poses, a format of pictures, or both"),
        ({"script": ((5, Control()), (4, Control()))}, "script[1].frame", "ascending order"),
        ({"script": ((0, Control()),) * 4097}, "script", "at most 4096"),
    ],
)
def test_streams_out_of_range_are_refused_by_name(wanted: dict[str, Any], field: str, allowed: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        FramesRequest(**wanted)
    assert caught.value.field == field
    assert allowed in caught.value.allowed


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"format": "gif"}, "format"),
        ({"size_px": 512}, "size_px"),
        ({"renderer": "raytracer"}, "renderer"),
        ({"quality": 101}, "quality"),
        ({"background": "black"}, "background"),
    ],
)
def test_pictures_out_of_range_are_refused_by_name(wanted: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Pictures(**wanted)
    assert caught.value.field == field


def test_canonical_json_names_what_changes_a_bit_and_nothing_else() -> None:
    def canonical(**pictures: Any) -> str:
        return FramesRequest(pictures=Pictures(**pictures)).canonical()

    assert canonical(quality=10) == canonical(quality=90, background="#ffffff")
    assert canonical(format="webp", quality=10) != canonical(format="webp", quality=90)
    assert canonical(format="jpeg", background="#FFFFFF") == canonical(format="jpeg", background="#ffffff")
    assert canonical(format="jpeg", background="#ffffff") != canonical(format="jpeg")
    document = json.loads(FramesRequest(script=((4, Control(heading_deg=-90)),)).canonical())
    assert document["script"] == [[4, {"heading_deg": 270.0}]]
    assert document["pictures"] is None


def test_seed_is_that_of_the_identity() -> None:
    assert FramesRequest(who=Who(IdentityRequest(seed=12), IdentityRequest(seed=3), 0.5)).seed == 12
