# ruff: noqa: INP001, T201 - a script that prints
"""Packs the extension for Blender: one zip for each platform, with the Python client and what it needs as wheels.

    python build.py                       # for this machine
    python build.py --platform all        # linux-x64, windows-x64, macos-arm64, macos-x64

Needs pip, hatchling and a package index; writes dist/morphogen-VERSION-PLATFORM.zip. NumPy is Blender's own, and OpenCV
is left out: Blender reads pictures by itself.
"""

import argparse
import platform
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SOURCE, CLIENT = HERE / "extension", ROOT / "clients" / "python"

WHEELS = (
    "grpcio",
    "grpcio-health-checking",
    "grpcio-status",
    "protobuf",
    "googleapis-common-protos",
    "typing-extensions",
)
PYTHONS = {"3.11": ("4.2.0", "5.1.0"), "3.13": ("5.1.0", None)}
"""Python -> the first Blender that has it, and the first one that has another."""
TAGS = {
    "linux-x64": ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64"),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_11_0_arm64", "macosx_11_0_universal2", "macosx_10_9_universal2"),
    "macos-x64": ("macosx_11_0_x86_64", "macosx_11_0_universal2", "macosx_10_9_universal2"),
}
"""Blender's name of a platform -> the wheels that run there."""
WRITTEN_AT = (1980, 1, 1, 0, 0, 0)
"""Of files in the zip: the same sources give the same bytes."""


def main() -> None:
    """Build what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", choices=[*TAGS, "all"], default=this_platform())
    parser.add_argument("--python", choices=PYTHONS, default="3.11", help="Blender's: 3.11 up to 5.0, 3.13 from 5.1 on")
    parser.add_argument("--out", type=Path, default=HERE / "dist", help="folder of the zip files")
    chosen = parser.parse_args()
    for name in TAGS if chosen.platform == "all" else [chosen.platform]:
        print(build(name, chosen.python, chosen.out))


def build(platform_name: str, python: str, out: Path) -> Path:
    """The zip of one platform. Raises CalledProcessError if wheels cannot be had."""
    version = tomllib.loads((SOURCE / "blender_manifest.toml").read_text())["version"]
    with tempfile.TemporaryDirectory() as folder:
        wheels = fetched(platform_name, python, Path(folder))
        files = {path.relative_to(SOURCE).as_posix(): path.read_bytes() for path in sources()}
        files["blender_manifest.toml"] = manifest(platform_name, python, [wheel.name for wheel in wheels]).encode()
        files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
        files |= {f"wheels/{wheel.name}": wheel.read_bytes() for wheel in wheels}
    out.mkdir(parents=True, exist_ok=True)
    suffix = "" if python == "3.11" else f"-python{python}"
    target = out / f"morphogen-{version}-{platform_name}{suffix}.zip"
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, WRITTEN_AT), data, zipfile.ZIP_DEFLATED)
    return partial.replace(target)


def fetched(platform_name: str, python: str, folder: Path) -> list[Path]:
    """The client's wheel and those that it needs, in the versions that the project is tested with."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq"]
    build_client = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(CLIENT)]
    subprocess.run([*pip, *build_client], check=True)
    tags = [argument for tag in TAGS[platform_name] for argument in ("--platform", tag)]
    target = ["--only-binary=:all:", "--python-version", python, *tags]
    pins = re.findall(r"^[\w.-]+==\S+", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    versions = {pin.partition("==")[0].lower().replace("_", "-"): pin for pin in pins}
    wanted = [versions[name] for name in WHEELS]
    subprocess.run([*pip, "download", "--no-deps", "--dest", str(folder), *target, *wanted], check=True)
    return sorted(folder.glob("*.whl"))


def manifest(platform_name: str, python: str, wheels: list[str]) -> str:
    """The manifest with what only a build knows."""
    text = (SOURCE / "blender_manifest.toml").read_text()
    first, beyond = PYTHONS[python]
    limits = f'blender_version_min = "{first}"\n'
    if beyond is not None:
        limits += f'blender_version_max = "{beyond}"\n'
    names = "".join(f'    "./wheels/{name}",\n' for name in wheels)
    limits += f'platforms = ["{platform_name}"]\nwheels = [\n{names}]\n'
    return re.sub(r"^blender_version_min = .*\n", lambda _: limits, text, flags=re.MULTILINE)


def sources() -> list[Path]:
    """The extension's own files."""
    return [path for path in SOURCE.rglob("*") if path.suffix in (".py", ".toml")]


def this_platform() -> str:
    """Blender's name of the machine that this runs on."""
    system = {"Linux": "linux", "Windows": "windows", "Darwin": "macos"}[platform.system()]
    return f"{system}-{'arm64' if platform.machine().lower() in ('arm64', 'aarch64') else 'x64'}"


if __name__ == "__main__":
    main()
