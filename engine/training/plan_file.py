"""Reads a training plan: YAML in, a frozen, checked plan out."""

from pathlib import Path
from typing import TypeVar

import yaml

from engine.configuration import build
from engine.errors import SettingsError

Plan = TypeVar("Plan")


def read_plan(kind: type[Plan], path: Path) -> Plan:
    """A plan of `kind`. Raises SettingsError for a missing or broken file, an unknown key or a value out of range."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # also no UTF-8, the 32nd of May, endless nesting
        raise SettingsError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    return build(kind, document, "")
