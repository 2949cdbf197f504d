"""GDScript of Godot 4, as it is written in this project, turned into GDScript of Godot 3.

There is one source: scripts are written for Godot 4 with what both versions can say, and this module rewrites what they
spell differently. It is no general translator: a script that uses what Godot 3 does not have is refused with its line.
"""

import re

# Classes, methods and constants that have other names in Godot 3.
NAMES = {
    "BaseMaterial3D": "SpatialMaterial",
    "Camera3D": "Camera",
    "CharacterBody3D": "KinematicBody",
    "DirectionalLight3D": "DirectionalLight",
    "MeshInstance3D": "MeshInstance",
    "MultiMeshInstance3D": "MultiMeshInstance",
    "Node3D": "Spatial",
    "PackedByteArray": "PoolByteArray",
    "PackedColorArray": "PoolColorArray",
    "PackedFloat32Array": "PoolRealArray",
    "PackedInt32Array": "PoolIntArray",
    "PackedStringArray": "PoolStringArray",
    "PackedVector2Array": "PoolVector2Array",
    "PackedVector3Array": "PoolVector3Array",
    "Quaternion": "Quat",
    "RefCounted": "Reference",
    "Skeleton3D": "Skeleton",
    "StandardMaterial3D": "SpatialMaterial",
    "TYPE_FLOAT": "TYPE_REAL",
    "TYPE_PACKED_BYTE_ARRAY": "TYPE_RAW_ARRAY",
    "Texture2D": "Texture",
    "Transform3D": "Transform",
    "custom_minimum_size": "rect_min_size",
    "deg_to_rad": "deg2rad",
    "rad_to_deg": "rad2deg",
    "randf_range": "rand_range",
    "remove_at": "remove",
    "to_utf8_buffer": "to_utf8",
    "uri_decode": "percent_decode",
    "instantiate": "instance",
}
_NAME = re.compile(rf"\b(?:{'|'.join(sorted(NAMES, key=len, reverse=True))})\b")

# Spellings: what stands in a line of code, and what Godot 3 wants there.
_SPELLINGS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^@tool$", "tool"),
        (r"@onready var\b", "onready var"),
        (r"@export_range\(([^)]*)\) var (\w+): (\w+)", r"export(\3, \1) var \2: \3"),
        (r"@export_enum\(([^)]*)\) var (\w+): (\w+)", r"export(\3, \1) var \2: \3"),
        (r"@export_multiline var (\w+): String", r"export(String, MULTILINE) var \1: String"),
        (r"@export var (\w+): (\w+)", r"export(\2) var \1: \2"),
        (r": set = (\w+)$", r" setget \1"),
        (r"\bsuper\.(\w+)\(", r".\1("),
        (r": Variant\b", ""),
        (r" -> Variant\b", ""),
        (r"\bTime\.get_ticks_", "OS.get_ticks_"),
        (r"\b([\w.]+)\.start\((\w+)\)", r'\1.start(self, "\2")'),
        (r"\b([\w.]+)\.(\w+)\.(connect|disconnect)\((\w+)\.bind\((.*)\)\)$", r'\1.\3("\2", self, "\4", [\5])'),
        (r"(?<!\w)([\w.]+(?:\([^)]*\))?)\.(\w+)\.(connect|disconnect)\((\w+)\)$", r'\1.\3("\2", self, "\4")'),
        (r"(?<![\w.])(\w+)\.(connect|disconnect)\((\w+)\)$", r'\2("\1", self, "\3")'),
        (r"\b([\w.]+)\.(\w+)\.emit\(\)", r'\1.emit_signal("\2")'),
        (r"\b([\w.]+)\.(\w+)\.emit\(", r'\1.emit_signal("\2", '),
        (r"(?<![\w.])(\w+)\.emit\(\)", r'emit_signal("\1")'),
        (r"(?<![\w.])(\w+)\.emit\(", r'emit_signal("\1", '),
    )
)

# What Godot 3.2 cannot say, or says with another meaning.
_MISSING = re.compile(
    r"@|\bawait\b|\bsuper\b|\bfunc\(|\bstatic var\b|\bnot in\b|\bis not\b|\bis_empty\(|\.slice\(|\.bind\(|\bArray\["
)
# What Godot 3 says and Godot 4 does not: there these functions have no type to be inferred.
_UNTYPED = re.compile(r":= (?:clamp|min|max|lerp|round|floor|ceil|abs|sign)\(")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def script(text: str) -> str:
    """A script for Godot 3. Raises ValueError, with line number and line, for what it does not have."""
    lines = text.split("\n")
    return "\n".join(_line(number, line) for number, line in enumerate(_with_icons(lines), start=1) if line is not None)


def shader(text: str) -> str:
    """A shader for Godot 3."""
    text = re.sub(r" : source_color[\w, ]*;", " : hint_albedo;", text)
    return re.sub(r" : repeat_disable;", ";", text).replace("NORMAL_MAP", "NORMALMAP")


def scene(text: str) -> str:
    """A scene, or a theme of its kind, for Godot 3: nodes and scripts without references to other resources' UIDs."""
    text = re.sub(r'ExtResource\("(\w+)"\)', r"ExtResource( \1 )", text)
    text = re.sub(r' id="(\w+)"', r" id=\1", text.replace("format=3", "format=2"))
    return _NAME.sub(lambda found: NAMES[found.group()], text)


def project(text: str) -> str:
    """A project's settings for Godot 3, drawn by GLES2."""
    text = text.replace("config_version=5", "config_version=4")
    text = re.sub(r"config/features=.*\n", "", text)
    text = re.sub(r'PackedStringArray\("res://addons/(\w+)/plugin\.cfg"\)', r'PoolStringArray( "\1" )', text)
    return text.replace('renderer/rendering_method="gl_compatibility"', 'quality/driver/driver_name="GLES2"')


def _with_icons(lines: list[str]) -> list[str | None]:
    """`@icon` moves into the line of `class_name`; its own line becomes None."""
    moved: list[str | None] = []
    icon = ""
    for line in lines:
        if found := re.fullmatch(r'@icon\((".*")\)', line):
            icon = found[1]
            moved.append(None)
        else:
            moved.append(f"{line}, {icon}" if icon and line.startswith("class_name") else line)
    return moved


def _line(number: int, line: str) -> str:
    code, comment = _split(line)
    if _UNTYPED.search(code):
        raise ValueError(f"line {number}: Godot 4 infers no type here: {line.strip()}")
    for pattern, replacement in _SPELLINGS:
        code = pattern.sub(replacement, code)
    if found := _MISSING.search(_STRING.sub('""', code)):
        raise ValueError(f"line {number}: {found.group()}: Godot 3 has no such thing: {line.strip()}")
    return _NAME.sub(lambda name: NAMES[name.group()], code + comment)


def _split(line: str) -> tuple[str, str]:
    """A line's code, and its comment with the space before it."""
    bare = _STRING.sub(lambda text: "_" * len(text.group()), line)
    at = bare.find("#")
    end = len(line) if at < 0 else len(line[:at].rstrip())
    return line[:end], line[end:]
