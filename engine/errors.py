"""The error tree: every failure a caller can cause or must handle, with the field, the value and the allowed range.

Errors carry no transport: `engine/server/status.py` maps each class to its gRPC code, the command line prints
`str(error)` as its one line.
"""

QUOTE_MAX_CHARACTERS = 120
"""Longer fields and values are cut in an error's line, so that the allowed range behind them stays in sight."""


class MorphogenError(Exception):
    """Root of every error raised on purpose by Morphogen."""

    reason = "INTERNAL"


class InvalidRequestError(MorphogenError):
    """A request names something that does not exist or lies outside its range.

    `field` is the dotted request field, `value` what was given, `allowed` the accepted values in words.
    """

    reason = "INVALID_REQUEST"

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{_shortened(field)}: {_shortened(repr(value))} is not allowed; allowed: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


class WeightsError(MorphogenError):
    """A weights file is missing, damaged, of a foreign format or does not fit its network."""

    reason = "WEIGHTS_UNUSABLE"


class DataError(MorphogenError):
    """A training or evaluation data folder holds something that cannot be used."""

    reason = "DATA_UNUSABLE"


class SettingsError(MorphogenError):
    """A configuration file or environment override has an unknown key or a value outside its range."""

    reason = "SETTINGS_INVALID"


class OutputError(MorphogenError):
    """An output file or folder cannot be written."""

    reason = "OUTPUT_UNWRITABLE"


class OverloadedError(MorphogenError):
    """Admission refused the request because the queue or the session limit is full; retry later.

    `retry_after_s` is the suggested wait in seconds.
    """

    reason = "OVERLOADED"

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnavailableError(MorphogenError):
    """The pool is starting, draining or gone; another attempt may succeed."""

    reason = "UNAVAILABLE"


class GenerationError(MorphogenError):
    """A step failed inside a generator. The message names no internals."""

    reason = "GENERATION_FAILED"


def _shortened(text: str) -> str:
    return text if len(text) <= QUOTE_MAX_CHARACTERS else f"{text[: QUOTE_MAX_CHARACTERS - 3]}..."
