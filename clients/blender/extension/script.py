"""A control script as text to what the client takes: the JSON of `morphogen character --script`."""

import json
from typing import Any, cast

from morphogen_client import ControlOptions, InvalidRequestError

_FIELD = "script"


def script_of(text: str, rate_hz: int) -> list[tuple[int, ControlOptions]]:
    """(frame, controls) in ascending order; `at_s` is a time in seconds instead of a `frame`.

    Raises InvalidRequestError that says which entry is wrong. What controls may be is the server's to judge.
    """
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise InvalidRequestError(_FIELD, text[:40], f"JSON ({error})") from None
    if not isinstance(entries, list):
        raise InvalidRequestError(_FIELD, text[:40], 'a list of controls: [{"frame": 0, "speed_mps": 1.4}, ...]')
    script: list[tuple[int, ControlOptions]] = []
    for number, entry in enumerate(entries):
        frame, controls = _entry(f"{_FIELD}[{number}]", entry, rate_hz)
        if script and frame < script[-1][0]:
            raise InvalidRequestError(
                f"{_FIELD}[{number}].frame", frame, f"at least {script[-1][0]}: in ascending order"
            )
        script.append((frame, controls))
    return script


def _entry(field: str, entry: Any, rate_hz: int) -> tuple[int, ControlOptions]:
    if not isinstance(entry, dict) or ("frame" in entry) == ("at_s" in entry):
        raise InvalidRequestError(field, entry, 'an object with "frame" or "at_s"')
    controls = dict(entry)
    moment = controls.pop("frame", None)
    frame = controls.pop("at_s") * rate_hz if moment is None else moment
    if isinstance(frame, bool) or not isinstance(frame, int | float) or not 0 <= frame < 2**32:
        raise InvalidRequestError(field, frame, "a moment that is not negative")
    known = ControlOptions.__optional_keys__
    for name, value in controls.items():
        kind = str if ControlOptions.__annotations__.get(name) is str else (int, float)
        if name not in known or isinstance(value, bool) or not isinstance(value, kind):
            allowed = "text" if kind is str else "a number"
            raise InvalidRequestError(
                f"{field}.{name}", value, allowed if name in known else f"one of {', '.join(sorted(known))}"
            )
    return round(frame), cast(ControlOptions, controls)
