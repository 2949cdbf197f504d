"""Builds frozen dataclasses from plain mappings: the one place where a configuration file becomes typed."""

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import SettingsError

Settings = TypeVar("Settings")


def build(kind: type[Settings], document: object, path: str) -> Settings:
    """An instance of the dataclass `kind` from a mapping as YAML or JSON gives it.

    Supports nested dataclasses, tuple[X, ...], Mapping[str, X], Path, optionals and scalars. Raises SettingsError that
    names the dotted path for an unknown key, a missing one, or a value of the wrong type.
    """
    if not isinstance(document, Mapping):
        raise SettingsError(f"{path or 'document'}: expected a mapping, got {type(document).__name__}")
    hints = typing.get_type_hints(kind)
    known = {entry.name: entry for entry in fields(kind)}  # type: ignore[arg-type]
    for key in document:
        if key not in known:
            raise SettingsError(f"{_join(path, str(key))}: unknown key; known: {', '.join(sorted(known))}")
    values: dict[str, Any] = {}
    for name, entry in known.items():
        if name in document:
            values[name] = _convert(hints[name], document[name], _join(path, name))
        elif entry.default is MISSING and entry.default_factory is MISSING:
            raise SettingsError(f"{_join(path, name)}: is required")
    return kind(**values)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _convert(hint: Any, value: Any, path: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _convert(next(a for a in arguments if a is not type(None)), value, path)
    if is_dataclass(hint) and isinstance(hint, type):
        return build(hint, value, path)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise SettingsError(f"{path}: expected a list, got {type(value).__name__}")
        return tuple(_convert(arguments[0], item, f"{path}[{index}]") for index, item in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise SettingsError(f"{path}: expected a mapping, got {type(value).__name__}")
        return {str(key): _convert(arguments[1], item, _join(path, str(key))) for key, item in value.items()}
    return _scalar(hint, value, path)


def _scalar(hint: Any, value: Any, path: str) -> Any:
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    if isinstance(hint, type) and type(value) is hint:
        return value
    raise SettingsError(f"{path}: expected {getattr(hint, '__name__', hint)}, got {value!r}")
