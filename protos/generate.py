"""Generates the Python code of the protos, and checks that the committed code is what the protos say.

    python protos/generate.py           write `*_pb2.py`, `*_pb2.pyi` and `*_pb2_grpc.py` beside the protos
    python protos/generate.py --check   write nothing; exit code 1 and the file names if the two differ

The output depends on the pinned version of grpcio-tools and on nothing else.
"""

import argparse
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

PROTOS_FOLDER = Path(__file__).resolve().parent
GENERATED = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py")


def generate(target: Path) -> None:
    """Write the code of every proto into `target`, in the protos' folder layout. Raises SystemExit if protoc fails."""
    sources = sorted(str(path.relative_to(PROTOS_FOLDER)) for path in PROTOS_FOLDER.rglob("*.proto"))
    arguments = [
        "protoc",
        f"--proto_path={PROTOS_FOLDER}",
        f"--proto_path={files('grpc_tools') / '_proto'}",
        f"--python_out={target}",
        f"--pyi_out={target}",
        f"--grpc_python_out={target}",
        *sources,
    ]
    if protoc.main(arguments) != 0:
        raise SystemExit("protos: protoc failed")


def generated_code(folder: Path) -> dict[str, bytes]:
    """The generated files under `folder`: path relative to it -> content."""
    paths = [path for pattern in GENERATED for path in folder.rglob(pattern)]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


def differing_files() -> list[str]:
    """Names of the committed files that are missing, changed or left over, compared with a fresh generation."""
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        fresh = generated_code(Path(scratch))
    committed = generated_code(PROTOS_FOLDER)
    return sorted(name for name in fresh.keys() | committed.keys() if fresh.get(name) != committed.get(name))


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Generate the Python code of the protos.")
    parser.add_argument("--check", action="store_true", help="compare with the committed code instead of writing")
    if not parser.parse_args().check:
        generate(PROTOS_FOLDER)
        return 0
    differing = differing_files()
    for name in differing:
        print(f"protos/{name} is not what the protos say; run: make protos")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
