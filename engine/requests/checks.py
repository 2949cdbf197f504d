"""What every request checks in the same way."""

from collections.abc import Mapping

from engine.errors import InvalidRequestError

SEED_MAX = 2**32 - 1
"""Largest seed: seeds are unsigned 32-bit integers."""


def frozen_numbers(field_name: str, values: Mapping[str, float]) -> Mapping[str, float]:
    """A sorted copy of `values` with finite floats only.

    Raises InvalidRequestError (field `field_name.key`) for a value that is not a finite number.
    """
    numbers: dict[str, float] = {}
    for name in sorted(values):
        number = float(values[name])
        if not abs(number) < float("inf"):
            raise InvalidRequestError(f"{field_name}.{name}", values[name], "a finite number")
        numbers[name] = number + 0.0  # equal numbers, equal text: this makes 0.0 of -0.0
    return numbers
