import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InvalidRequestError
from engine.requests.character.control import Control
from engine.requests.character.frames import FRAME_MAX
from engine.requests.character.identity import IdentityRequest, Who
from workers.cli.characters.wishes import DEFAULT_CONTROL, Take, frames_request, parse_settings, read_script

HERO = Who(IdentityRequest(3))


def scripted(tmp_path: Path, document: Any) -> Path:
    path = tmp_path / "script.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_settings_say_who_it_is_and_what_it_does() -> None:
    setting = parse_settings(
        4, ["kind=goblin", "height=0.9", "headwear=crown", "hair=#aa3311", "speed_mps=2", "action=wave", "gait = run"]
    )
    assert setting.identity == IdentityRequest(4, "goblin", {"height": 0.9}, {"headwear": "crown"}, {"hair": "#aa3311"})
    assert setting.control == Control(speed_mps=2.0, action="wave", gait="run")


@pytest.mark.parametrize("text", ["height", "=1", "height=", "speed_mps=fast", "speed_mps=9", "camera_zoom=nan"])
def test_settings_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        parse_settings(0, [text])


def test_somebody_who_is_told_nothing_walks() -> None:
    request = frames_request(HERO, Control(), Take(2.0, 24, None), None, poses=True)
    assert (request.frame_count, request.script) == (48, ((0, DEFAULT_CONTROL),))


def test_what_is_set_holds_before_the_script(tmp_path: Path) -> None:
    path = scripted(tmp_path, [{"frame": 10, "action": "jump"}, {"at_s": 1.5, "action": "", "camera_yaw_deg": 20}])
    request = frames_request(HERO, Control(speed_mps=1), Take(2.0, 60, path), None, poses=True)
    assert request.script == (
        (0, Control(speed_mps=1.0)),
        (10, Control(action="jump")),
        (90, Control(action="", camera_yaw_deg=20.0)),
    )
    assert frames_request(HERO, Control(), Take(2.0, 60, path), None, poses=True).script[0][0] == 10


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ("not JSON", "--script"),
        ({"frame": 1}, "--script"),
        ([{"action": "jump"}], "--script[0]"),
        ([{"frame": 1, "at_s": 1.0}], "--script[0]"),
        ([{"frame": 1}, {"frame": -1}], "--script[1].frame"),
        ([{"at_s": "soon"}], "--script[0].at_s"),
        ([{"at_s": -0.5}], "--script[0].at_s"),
        ([{"at_s": 1e9}], "--script[0].at_s"),
        ([{"at_s": None}], "--script[0].at_s"),
        ("[" * 100_000, "--script"),
        ([{"frame": 0, "sing": True}], "--script[0].sing"),
        ([{"frame": 0, "speed_mps": 99}], "--script[0].speed_mps"),
        ([{"frame": 0, "heading_deg": None, "gait": 7}], "--script[0].gait"),
    ],
)
def test_scripts_that_cannot_be_are_refused_by_entry(tmp_path: Path, document: Any, field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read_script(scripted(tmp_path, document), 30)
    assert caught.value.field == field


def test_time_out_of_range_is_told_with_its_range(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidRequestError, match=rf"--script\[0\]\.at_s: -0\.5 .* allowed: 0 to {2 * FRAME_MAX / 30:g}"
    ):
        read_script(scripted(tmp_path, [{"at_s": -0.5}]), 30)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), 1e9])
def test_stretches_that_cannot_be_are_refused(seconds: float) -> None:
    with pytest.raises(InvalidRequestError, match="--seconds"):
        frames_request(HERO, Control(), Take(seconds, 30, None), None, poses=True)
