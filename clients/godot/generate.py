"""Writes `godot3`, the addon with its examples and tests for Godot 3, from `godot4`, which is the source of both.

    python clients/godot/generate.py           write it
    python clients/godot/generate.py --check   write nothing; exit code 1 and the file names if the two differ

`plugin.godot3` knows what the two versions spell differently. What they do differently lies in two scripts written by
hand, `platform.gd` in `godot4` and `platform3.gd` beside it, which becomes `platform.gd` in `godot3`.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from plugin import godot3

FOLDER = Path(__file__).resolve().parent
SOURCE, RESULT = FOLDER / "godot4", FOLDER / "godot3"
CONVERTERS: dict[str, Callable[[str], str]] = {
    ".gd": godot3.script,
    ".gdshader": godot3.shader,
    ".tscn": godot3.scene,
    ".godot": godot3.project,
}
PLATFORM, PLATFORM3 = "addons/morphogen/platform.gd", FOLDER / "platform3.gd"
# What the engine writes beside sources when a project is opened.
IGNORED = {".godot", ".import"}


def converted() -> dict[str, bytes]:
    """Every file of `godot3`: path -> content. Raises ValueError for what Godot 3 does not have."""
    files: dict[str, bytes] = {}
    for path in sources(SOURCE):
        name = path.relative_to(SOURCE).as_posix()
        convert = CONVERTERS.get(path.suffix)
        if name == PLATFORM:
            files[name] = PLATFORM3.read_bytes()
        elif convert is None:
            files[name] = path.read_bytes()
        else:
            try:
                files[name.replace(".gdshader", ".shader")] = convert(path.read_text()).encode()
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
    return files


def sources(folder: Path) -> list[Path]:
    """The files of a project without what the engine has written there."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in {".import", ".uid"})
    return [path for path in paths if not IGNORED & set(path.relative_to(folder).parts)]


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Write the addon for Godot 3 from that for Godot 4.")
    parser.add_argument("--check", action="store_true", help="compare with the committed files instead of writing")
    fresh = converted()
    there = {path.relative_to(RESULT).as_posix(): path.read_bytes() for path in sources(RESULT)}
    if parser.parse_args().check:
        differing = sorted(name for name in fresh.keys() | there.keys() if fresh.get(name) != there.get(name))
        for name in differing:
            print(f"clients/godot/godot3/{name} is not what godot4 says; run: make -C clients/godot gen")
        return 1 if differing else 0
    for name in there.keys() - fresh.keys():
        (RESULT / name).unlink()
    for name, content in fresh.items():
        path = RESULT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if there.get(name) != content:
            path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
