"""The pattern a class wears when a request names none: drawn by seed from ranges written like `brick:rows=6..10`."""

from engine.assets import Pattern
from engine.errors import WeightsError
from engine.noise import derive_seed, unit_value


def draw_pattern(text: str, seed: int) -> Pattern:
    """A pattern from `name[:parameter=low..high or value,...][|name...]`.

    Alternatives separated by | are equally likely. A range whose ends are whole numbers gives a whole number, ends
    included. Raises WeightsError for text of another form: it comes from a weights file.
    """
    alternatives = text.split("|")
    chosen = alternatives[int(unit_value(seed, 0xD0) * len(alternatives))]
    name, _, rest = chosen.strip().partition(":")
    parameters: dict[str, float] = {}
    for index, entry in enumerate(filter(None, rest.split(","))):
        key, equals, value = entry.partition("=")
        low, _, high = value.partition("..")
        try:
            parameters[key.strip()] = _draw(low, high or low, derive_seed(seed, 0xD1, index))
        except ValueError as error:
            raise WeightsError(f"pattern {entry!r} is not of the form name=value or name=low..high") from error
        if not equals or not key.strip():
            raise WeightsError(f"pattern {entry!r} is not of the form name=value or name=low..high")
    return Pattern(name, parameters)


def _draw(low_text: str, high_text: str, seed: int) -> float:
    low, high = float(low_text), float(high_text)
    unit = unit_value(seed, 0)
    if low.is_integer() and high.is_integer() and "." not in low_text + high_text:
        return low + int(unit * (high - low + 1))
    return low + unit * (high - low)
