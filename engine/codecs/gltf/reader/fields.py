"""Values of a foreign JSON document, each checked for its type and range where it is taken out."""

from typing import Any

from engine.errors import DataError

NUMBER_MAX = 1e9
"""Largest number that is taken, of either sign: what is beyond it is no length in meters and no share of anything."""

_QUOTE_MAX_CHARACTERS = 40


class Fields:
    """An object of the document. Every method raises DataError naming the field, the value and what is allowed.

    value  what JSON had at this place
    place  dotted path of the place, empty for the document itself
    """

    def __init__(self, value: object, place: str = "") -> None:
        self.place = place
        self._values: dict[str, object] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            raise refusal(place or "document", value, "an object")

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def integer(self, name: str, high: int, default: int | None = None) -> int:
        """A whole number from 0 to `high`."""
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
            raise refusal(self._path(name), value, f"whole numbers from 0 to {high}")
        return value

    def number(self, name: str, default: float) -> float:
        """A finite number."""
        return _as_number(self._values.get(name, default), self._path(name))

    def numbers(self, name: str, default: tuple[float, ...]) -> tuple[float, ...]:
        """A list of as many finite numbers as `default` has."""
        values = self._values.get(name, list(default))
        if not isinstance(values, list) or len(values) != len(default):
            raise refusal(self._path(name), values, f"{len(default)} numbers")
        return tuple(_as_number(value, self._path(name)) for value in values)

    def text(self, name: str, default: str = "") -> str:
        """A string."""
        value = self._values.get(name, default)
        if not isinstance(value, str):
            raise refusal(self._path(name), value, "text")
        return value

    def flag(self, name: str) -> bool:
        """True or false; absent means false."""
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            raise refusal(self._path(name), value, "true or false")
        return value

    def names(self) -> list[str]:
        """What it holds."""
        return list(self._values)

    def value(self, name: str) -> Any:
        """Whatever it is, unchecked; None if it is absent."""
        return self._values.get(name)

    def section(self, name: str) -> "Fields":
        """An object; absent means empty."""
        return Fields(self._values.get(name, {}), self._path(name))

    def sections(self, name: str) -> "list[Fields]":
        """A list of objects; absent means empty."""
        return [Fields(value, f"{self._path(name)}.{index}") for index, value in enumerate(self._list(name))]

    def integers(self, name: str, high: int) -> list[int]:
        """A list of whole numbers from 0 to `high`; absent means empty."""
        values = self._list(name)
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
                raise refusal(self._path(name), value, f"whole numbers from 0 to {high}")
        return [value for value in values if isinstance(value, int)]

    def texts(self, name: str) -> list[str]:
        """A list of strings; absent means empty."""
        values = self._list(name)
        for value in values:
            if not isinstance(value, str):
                raise refusal(self._path(name), value, "text")
        return [value for value in values if isinstance(value, str)]

    def _list(self, name: str) -> list[object]:
        values = self._values.get(name, [])
        if not isinstance(values, list):
            raise refusal(self._path(name), values, "a list")
        return values

    def _path(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name


def refusal(place: str, value: object, allowed: str) -> DataError:
    """The error for a value that is not allowed at `place`."""
    said = repr(value) if isinstance(value, int | float | str | bool | None) else type(value).__name__
    if len(said) > _QUOTE_MAX_CHARACTERS:
        said = f"{said[: _QUOTE_MAX_CHARACTERS - 3]}..."
    return DataError(f"{place}: {said} is not allowed; allowed: {allowed}")


def _as_number(value: object, place: str) -> float:
    # NaN fails the comparison.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -NUMBER_MAX <= value <= NUMBER_MAX:
        raise refusal(place, value, f"numbers from {-NUMBER_MAX:g} to {NUMBER_MAX:g}")
    return float(value)
