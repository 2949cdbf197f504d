"""Mistakes in a command line that are no single value's."""

from engine.errors import MorphogenError


class OptionsError(MorphogenError):
    """Options that do not fit together; the message says so in a plain sentence."""

    reason = "OPTIONS_UNFIT"
