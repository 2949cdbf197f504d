"""Generates the code of the protos, and checks that the committed code is what the protos say.

    python protos/generate.py           write the Python code beside the protos, and the codecs of the engines' SDKs
    python protos/generate.py --check   write nothing; exit code 1 and the file names if the two differ

The output depends on the pinned version of grpcio-tools, on `protos/plugin` and on nothing else.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

PROTOS_FOLDER = Path(__file__).resolve().parent
ROOT = PROTOS_FOLDER.parent
PLUGIN = PROTOS_FOLDER / "plugin" / "protoc-gen-morphogen"
# What clients need besides Morphogen's own protos: details of errors, and health.
SHARED = (
    "google/protobuf/any.proto",
    "google/protobuf/duration.proto",
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
)
PYTHON_PATTERNS = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py")


@dataclass(frozen=True, slots=True)
class Target:
    """Generated code of one language in one folder."""

    name: str
    folder: Path
    patterns: tuple[str, ...]  # names of its files, which nothing else in the folder has
    options: tuple[str, ...]  # of protoc; "{out}" stands for the folder
    protos: tuple[str, ...]  # paths as imports name them


def own_protos(folder: str) -> tuple[str, ...]:
    """The project's protos under `protos/folder`, as imports name them."""
    paths = (PROTOS_FOLDER / folder).rglob("*.proto")
    return tuple(sorted(path.relative_to(PROTOS_FOLDER).as_posix() for path in paths))


def engine(language: str, folder: str, pattern: str) -> Target:
    """The codecs and stubs of an engine's SDK, by the project's own plugin."""
    options = ("--morphogen_out={out}", f"--morphogen_opt=language={language}")
    return Target(language, ROOT / folder, (pattern,), options, own_protos("morphogen/v1") + SHARED)


PYTHON = Target(
    "python",
    PROTOS_FOLDER,
    PYTHON_PATTERNS,
    ("--python_out={out}", "--pyi_out={out}", "--grpc_python_out={out}"),
    own_protos("morphogen"),
)
TARGETS = (
    PYTHON,
    engine("csharp", "clients/unity/com.morphogen.client/Runtime/Client/Generated", "*.g.cs"),
    engine("gdscript", "clients/godot/godot4/addons/morphogen/protos", "*_pb.gd"),
    engine("cpp", "clients/cpp/include/morphogen/proto", "*.hpp"),
    engine("cpp", "clients/unreal/Morphogen/Source/Morphogen/Core/morphogen/proto", "*.hpp"),
)


def include_folders() -> list[str]:
    """Where imports are looked for: our protos, protobuf's own, and those of google.rpc."""
    return [str(PROTOS_FOLDER), str(files("grpc_tools") / "_proto"), str(files("google.rpc") / ".." / "..")]


def generate(target: Target, folder: Path) -> None:
    """Write the code of a target into `folder`. Raises SystemExit if protoc fails."""
    arguments = [
        "protoc",
        *(f"--proto_path={path}" for path in include_folders()),
        f"--plugin=protoc-gen-morphogen={PLUGIN}",
        *(option.format(out=folder) for option in target.options),
        *target.protos,
    ]
    if protoc.main(arguments) != 0:
        raise SystemExit(f"protos: protoc failed for {target.name}")


def generated_code(target: Target, folder: Path) -> dict[str, bytes]:
    """A target's files under `folder`: path relative to it -> content."""
    paths = {path for pattern in target.patterns for path in folder.rglob(pattern)}
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


def write(target: Target) -> None:
    """Write a target's files, and remove those that the protos no longer ask for."""
    with tempfile.TemporaryDirectory() as scratch:
        generate(target, Path(scratch))
        fresh = generated_code(target, Path(scratch))
    for name in generated_code(target, target.folder).keys() - fresh.keys():
        (target.folder / name).unlink()
    for name, content in fresh.items():
        path = target.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def differing_files(target: Target) -> list[str]:
    """The committed files that are missing, changed or left over, compared with a fresh generation; from the root."""
    with tempfile.TemporaryDirectory() as scratch:
        generate(target, Path(scratch))
        fresh = generated_code(target, Path(scratch))
    committed = generated_code(target, target.folder)
    names = sorted(name for name in fresh.keys() | committed.keys() if fresh.get(name) != committed.get(name))
    return [(target.folder / name).relative_to(ROOT).as_posix() for name in names]


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Generate the code of the protos.")
    parser.add_argument("--check", action="store_true", help="compare with the committed code instead of writing")
    # The plugin starts with `python3`: let that be this Python.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if not parser.parse_args().check:
        for target in TARGETS:
            write(target)
        return 0
    differing = [name for target in TARGETS for name in differing_files(target)]
    for name in differing:
        print(f"{name} is not what the protos say; run: make protos")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
