"""What a case asks for, as this package's verbs take it."""

import re
from collections.abc import Mapping
from typing import Any

from morphogen_client import Identity, Landscape, RetryPolicy, Viewer

ENUM_PREFIXES = ("WRAP_", "TEXTURE_MAP_", "FRAME_FORMAT_", "FRAME_RENDERER_", "DELIVERY_", "PRIORITY_", "LEVEL_STYLE_")
VERBS = {
    "probe": "probe",
    "generateTexture": "generate_texture",
    "generateLevel": "generate_level",
    "generateScene": "generate_scene",
    "generateWorld": "generate_world",
    "generateChunk": "generate_chunk",
    "generateCharacter": "generate_character",
    "playFrames": "play_frames",
    "streamFrames": "stream_frames",
    "exploreWorld": "explore_world",
}
"""Calls that are streams, and the methods that make them."""

OWN_TOKENS = ("streamFrames", "exploreWorld")
"""Streams that take no choice about resume tokens."""

Fields = Mapping[str, Any]


def client_options(case: Fields) -> dict[str, Any]:
    """What the case's client is made with."""
    options: dict[str, Any] = {"token": case.get("token")}
    if "timeoutMs" in case:
        options["timeout_s"] = case["timeoutMs"] / 1e3
    if retry := case.get("retry"):
        options["retry"] = RetryPolicy(retry["attempts"], retry["firstDelayMs"] / 1e3, retry["longestDelayMs"] / 1e3)
    return options


def verb_arguments(case: Fields, resume_token: bytes = b"") -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments of the case's verb."""
    request = dict(case.get("request", {}))
    positional: list[Any] = []
    if case["call"] == "generateTexture":
        positional.append(request.pop("textureClass", ""))
    options = {name: _value(name, value) for name, value in request.items() if name not in ("stream", "options")}
    for inner in ("stream", "options"):
        options |= {name: _value(name, value) for name, value in request.get(inner, {}).items()}
    named = {_snake(name): value for name, value in options.items()}
    if case["call"] not in OWN_TOKENS:
        named |= {"resume_tokens": True, "resume_token": resume_token}
    if "timeoutMs" in case:
        named["timeout_s"] = case["timeoutMs"] / 1e3
    return positional, named


def control_options(control: Fields) -> dict[str, Any]:
    """A CharacterControl as `steer` takes it."""
    options = {_snake(name): value for name, value in control.items() if name not in ("camera", "light")}
    for prefix in ("camera", "light"):
        options |= {f"{prefix}_{_snake(name)}": value for name, value in control.get(prefix, {}).items()}
    return options


def viewer_of(viewer: Fields) -> Viewer:
    """A Viewer."""
    return Viewer(**{"x_m": 0.0, "z_m": 0.0} | {_snake(name): value for name, value in viewer.items()})


def _value(name: str, value: Any) -> Any:
    match name:
        case "landscape":
            return Landscape(**{_snake(key): inner for key, inner in value.items()})
        case "identity":
            return Identity(**{_snake(key): inner for key, inner in value.items()})
        case "viewer":
            return viewer_of(value)
        case "script":
            return [(each["frame"], control_options(each["control"])) for each in value]
        case "wrap" | "format" | "renderer" | "delivery" | "priority" | "style":
            return _choice(value)
        case _:
            return [_choice(each) for each in value] if name == "maps" else value


def _choice(value: str | int) -> str:
    """An enum's value in this package's words. A number is one that the protos do not know."""
    text = str(value)
    for prefix in ENUM_PREFIXES:
        if text.startswith(prefix):
            return text.removeprefix(prefix).lower()
    return text


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", lambda found: f"_{found[1].lower()}", name)
