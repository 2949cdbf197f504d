"""Reads settings from YAML and the environment.

The environment overrides the file: `MORPHOGEN__SERVER__PORT=0` sets `server.port`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import yaml

from engine.configuration import build
from engine.errors import SettingsError
from engine.settings.sections import Section, Settings

ENVIRONMENT_PREFIX = "MORPHOGEN__"
"""Start of every environment variable that overrides a setting; the path's names follow, joined by `__`."""


def load_settings(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """The settings of the YAML file at `path` (None: all defaults) with the overrides of `environment`.

    Relative paths in the file count from the file's folder, those in the environment from the working folder. Raises
    SettingsError naming the dotted path for an unknown key, a wrong type or a value outside its range.
    """
    document = {} if path is None else _prepared(Settings, _read(path), path.resolve().parent)
    for keys, value in _overrides(environment):
        _place(document, keys, value)
    return build(Settings, document, "")


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # also no UTF-8, the 32nd of May, endless nesting
        raise SettingsError(f"{path}: is not YAML ({' '.join(str(error).split())})") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise SettingsError(f"{path}: must hold a mapping of sections")
    return document


def _prepared(section: type[Section], document: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A deep copy of `document` in which relative paths start at `folder` and empty sections are empty mappings."""
    kinds = get_type_hints(section)
    prepared: dict[str, Any] = {}
    for name, value in document.items():
        kind = kinds.get(name) if isinstance(name, str) else None
        if isinstance(kind, type) and issubclass(kind, Section) and isinstance(value, dict | None):
            prepared[name] = _prepared(kind, value or {}, folder)
        elif Path in get_args(kind) and isinstance(value, str):
            prepared[name] = str(folder / value)
        else:
            prepared[name] = value
    return prepared


def _overrides(environment: Mapping[str, str]) -> Iterator[tuple[list[str], Any]]:
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        keys = variable.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
        try:
            yield keys, yaml.safe_load(environment[variable])
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise SettingsError(f"{'.'.join(keys)}: {environment[variable]!r} in {variable} is not a value") from error


def _place(document: dict[str, Any], keys: list[str], value: object) -> None:
    for depth, key in enumerate(keys[:-1]):
        document = document.setdefault(key, {})
        if not isinstance(document, dict):
            raise SettingsError(f"{'.'.join(keys[: depth + 1])}: is no section")
    document[keys[-1]] = value
