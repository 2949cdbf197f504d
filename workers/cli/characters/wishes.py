"""From what a person types to requests for characters and their frames."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from engine.errors import InvalidRequestError
from engine.requests.character.control import Control
from engine.requests.character.frames import FRAME_MAX, SCRIPT_MAX, FramesRequest, Pictures
from engine.requests.character.identity import IdentityRequest, Who
from workers.cli.options import read_json

SCRIPT_MAX_BYTES = 4 * 1024 * 1024
DEFAULT_CONTROL = Control(speed_mps=1.4, camera_yaw_deg=35.0)
"""What a character does that is told nothing: it walks past."""

SCRIPT_FRAME_MAX = 2 * FRAME_MAX
"""Last frame for which a script may say something."""

_CONTROL_NAMES = {item.name for item in fields(Control)}
_TEXT_CONTROLS = ("gait", "action", "style")


@dataclass(frozen=True, slots=True)
class Setting:
    """What `--set` says: who it is and what it does at first."""

    identity: IdentityRequest
    control: Control


@dataclass(frozen=True, slots=True)
class Take:
    """A stretch of frames.

    seconds  how long
    script   file of controls; none: what `--set` says, or the default
    """

    seconds: float
    rate_hz: int
    script: Path | None


def parse_settings(seed: int, settings: Sequence[str]) -> Setting:
    """Identity and first control from texts of the form NAME=VALUE.

    Names of controls go to the control, "kind" and all others to the identity: numbers are sliders, #rrggbb are colors
    and words are parts. Raises InvalidRequestError.
    """
    control: dict[str, Any] = {}
    sliders: dict[str, float] = {}
    words: dict[str, str] = {}
    colors: dict[str, str] = {}
    for text in settings:
        name, _, value = (piece.strip() for piece in text.partition("="))
        if not name or not value:
            raise InvalidRequestError("--set", text, "NAME=VALUE")
        if name in _CONTROL_NAMES:
            control[name] = value if name in _TEXT_CONTROLS else _number(text, value)
        elif value.startswith("#"):
            colors[name] = value
        elif name != "kind" and _is_number(value):
            sliders[name] = float(value)
        else:
            words[name] = value
    kind = words.pop("kind", "")
    return Setting(IdentityRequest(seed, kind, sliders, words, colors), Control(**control))


def frames_request(who: Who, control: Control, take: Take, pictures: Pictures | None, *, poses: bool) -> FramesRequest:
    """The request for a stretch of frames. Raises InvalidRequestError."""
    if not 0.0 < take.seconds <= FRAME_MAX / 90:
        raise InvalidRequestError("--seconds", take.seconds, f"more than 0, at most {FRAME_MAX // 90}")
    script = () if take.script is None else read_script(take.script, take.rate_hz)
    beginning = control if control.given() or script else DEFAULT_CONTROL
    first = ((0, beginning),) if beginning.given() else ()
    count = max(1, round(take.seconds * take.rate_hz))
    return FramesRequest(who, take.rate_hz, count, poses=poses, pictures=pictures, script=(*first, *script))


def read_script(path: Path, rate_hz: int) -> tuple[tuple[int, Control], ...]:
    """Controls from a JSON list of objects with `frame` or `at_s` and the names of controls, in ascending order.

    Raises InvalidRequestError naming the entry.
    """
    kind = f"a file with a JSON list of at most {SCRIPT_MAX} objects"
    document = read_json("--script", path, kind, SCRIPT_MAX_BYTES)
    if not isinstance(document, list) or len(document) > SCRIPT_MAX:
        raise InvalidRequestError("--script", str(path), kind)
    return tuple(_entry(f"--script[{index}]", entry, rate_hz) for index, entry in enumerate(document))


def _entry(field: str, entry: Any, rate_hz: int) -> tuple[int, Control]:
    if not isinstance(entry, dict) or ("frame" in entry) == ("at_s" in entry):
        raise InvalidRequestError(field, entry, 'an object with either "frame" or "at_s"')
    named = dict(entry)
    unit, per_frame = ("frame", 1) if "frame" in entry else ("at_s", rate_hz)
    at = named.pop(unit)
    if not _is_finite(at) or not 0 <= at * per_frame <= SCRIPT_FRAME_MAX:
        raise InvalidRequestError(f"{field}.{unit}", at, f"0 to {SCRIPT_FRAME_MAX / per_frame:g}")
    frame = at * per_frame
    for name, value in named.items():
        if name not in _CONTROL_NAMES:
            raise InvalidRequestError(f"{field}.{name}", value, ", ".join(sorted(_CONTROL_NAMES)))
    try:
        return round(frame), Control(**named)
    except InvalidRequestError as error:
        raise InvalidRequestError(f"{field}.{error.field}", error.value, error.allowed) from None


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str, value: str) -> float:
    if not _is_number(value):
        raise InvalidRequestError("--set", text, "NAME=VALUE, where VALUE is a number")
    return float(value)
