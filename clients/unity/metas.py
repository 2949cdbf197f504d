"""Gives every file and folder of the package the .meta file that Unity wants beside it.

    python metas.py            write those that are missing or differ, remove those of files that are gone
    python metas.py --check    write nothing; exit code 1 and the names if there are any

Unity takes packages from Git as read-only, and ignores assets there that have no .meta file. The GUID is that of the
path within the package, so that it stays what it is and nobody has to open Unity to add a file.
"""

import sys
import uuid
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent / "com.morphogen.client"
REST = "  userData: \n  assetBundleName: \n  assetBundleVariant: \n"
SCRIPT = "  serializedVersion: 2\n  defaultReferences: []\n  executionOrder: 0\n  icon: {instanceID: 0}\n"
IMPORTERS = {
    ".cs": f"MonoImporter:\n  externalObjects: {{}}\n{SCRIPT}{REST}",
    ".asmdef": f"AssemblyDefinitionImporter:\n  externalObjects: {{}}\n{REST}",
    ".md": f"TextScriptImporter:\n  externalObjects: {{}}\n{REST}",
    ".json": f"PackageManifestImporter:\n  externalObjects: {{}}\n{REST}",
    "": f"folderAsset: yes\nDefaultImporter:\n  externalObjects: {{}}\n{REST}",
}


def meta_of(path: Path) -> str:
    """What the .meta file of a file or folder says."""
    name = path.relative_to(PACKAGE).as_posix()
    guid = uuid.uuid5(uuid.NAMESPACE_URL, f"com.morphogen.client/{name}").hex
    return f"fileFormatVersion: 2\nguid: {guid}\n{IMPORTERS['' if path.is_dir() else path.suffix]}"


def wanted() -> dict[Path, str]:
    """.meta files by their paths. Unity sees no folder whose name ends with "~"."""
    seen = (path for path in PACKAGE.rglob("*") if path.suffix != ".meta")
    seen = (path for path in seen if not any(part.endswith("~") for part in path.relative_to(PACKAGE).parts))
    return {path.with_name(path.name + ".meta"): meta_of(path) for path in seen}


def main() -> int:
    """Run the command line; returns the exit code."""
    metas = wanted()
    stale = set(PACKAGE.rglob("*.meta")) - metas.keys()
    differing = {path for path, text in metas.items() if not path.exists() or path.read_text() != text}
    if "--check" in sys.argv[1:]:
        for path in sorted(stale | differing):
            print(f"{path.name} is not what it should be; run: python clients/unity/metas.py")
        return 1 if stale or differing else 0
    for path in stale:
        path.unlink()
    for path in differing:
        path.write_text(metas[path])
    return 0


if __name__ == "__main__":
    sys.exit(main())
