"""Packs the addon, for each version of Godot, as an archive to be unpacked into a project."""

import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
# Of every file: archives of equal files are equal.
TIME = (2026, 1, 1, 0, 0, 0)


def main() -> None:
    """Write `dist/morphogen-godot4.zip` and `dist/morphogen-godot3.zip`."""
    (FOLDER / "dist").mkdir(exist_ok=True)
    for name in ("godot4", "godot3"):
        with zipfile.ZipFile(FOLDER / "dist" / f"morphogen-{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted((FOLDER / name / "addons").rglob("*")):
                if path.is_file() and path.suffix not in {".import", ".uid"}:
                    archive.writestr(
                        zipfile.ZipInfo(path.relative_to(FOLDER / name).as_posix(), TIME), path.read_bytes()
                    )


if __name__ == "__main__":
    main()
