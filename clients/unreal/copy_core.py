"""Copies the C++ core into the plugin, which has to hold all that it needs; with --check only compares.

python clients/unreal/copy_core.py [--check]
"""

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
CORE = FOLDER.parent / "cpp" / "include" / "morphogen"
COPY = FOLDER / "Morphogen" / "Source" / "Morphogen" / "Core" / "morphogen"
OTHER_TRANSPORTS = {"curl.hpp", "grpc.hpp"}
NOTE = b"// Copied from clients/cpp by copy_core.py. Do not edit.\n"


def wanted() -> dict[str, bytes]:
    """Path within the copy -> content."""
    files = (path for path in sorted(CORE.rglob("*.hpp")) if path.name not in OTHER_TRANSPORTS)
    copies = {path.relative_to(CORE).as_posix(): path.read_bytes() for path in files}
    # What the protos say is generated in both places.
    return {name: data if name.startswith("proto/") else NOTE + data for name, data in copies.items()}


def present() -> dict[str, bytes]:
    """What is there."""
    return {path.relative_to(COPY).as_posix(): path.read_bytes() for path in sorted(COPY.rglob("*.hpp"))}


def main() -> int:
    """Run the command line; returns the exit code."""
    before, after = present(), wanted()
    differing = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if "--check" in sys.argv[1:]:
        for name in differing:
            print(f"{(COPY / name).relative_to(FOLDER)} is not the core's; run: copy_core.py")
        return 1 if differing else 0
    for name in differing:
        path = COPY / name
        if name in after:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(after[name])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
