"""The pattern a class wears when a request names none: drawn by seed from ranges written like `brick:rows=6..10`."""

from engine.errors import InvalidRequestError, WeightsError
from engine.noise import derive_seed, unit_value
from engine.patterns import resolve_pattern
from engine.requests.texture import Pattern

Ranges = dict[str, tuple[str, str]]
"""The lowest and the highest value of each parameter, as written."""


def draw_pattern(text: str, seed: int) -> Pattern:
    """A pattern from `name[:parameter=low..high or value,...][|name...]`.

    Alternatives separated by | are equally likely. A range whose ends are whole numbers gives a whole number, ends
    included. Raises WeightsError for text of another form: it comes from a weights file.
    """
    alternatives = text.split("|")
    chosen = alternatives[int(unit_value(seed, 0xD0) * len(alternatives))]
    name, ranges = _parse(chosen)
    drawn = {
        key: _draw(low, high, derive_seed(seed, 0xD1, index)) for index, (key, (low, high)) in enumerate(ranges.items())
    }
    return Pattern(name, drawn)


def check_default_pattern(text: str) -> None:
    """Raises WeightsError unless every alternative is a pattern of the library with all its ranges inside theirs."""
    for alternative in text.split("|"):
        name, ranges = _parse(alternative)
        for end in (0, 1):
            try:
                resolve_pattern(Pattern(name, {key: float(ends[end]) for key, ends in ranges.items()}))
            except InvalidRequestError as error:
                raise WeightsError(f"pattern {alternative.strip()!r}: {error}") from error


def _parse(alternative: str) -> tuple[str, Ranges]:
    name, _, rest = alternative.strip().partition(":")
    ranges: Ranges = {}
    for entry in filter(None, rest.split(",")):
        key, _, value = entry.partition("=")
        low, _, high = value.partition("..")
        try:
            backwards = float(high or low) < float(low)
        except ValueError as error:
            raise WeightsError(f"pattern {entry!r} is not of the form name=value or name=low..high") from error
        if backwards or not key.strip():
            raise WeightsError(f"pattern {entry!r} is not of the form name=value or name=low..high")
        ranges[key.strip()] = (low, high or low)
    return name, ranges


def _draw(low_text: str, high_text: str, seed: int) -> float:
    low, high = float(low_text), float(high_text)
    unit = unit_value(seed, 0)
    if low.is_integer() and high.is_integer() and "." not in low_text + high_text:
        return low + int(unit * (high - low + 1))
    return low + unit * (high - low)
