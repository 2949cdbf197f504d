"""The client's own distribution: complete, and independent of the rest of the project."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[3] / "clients" / "python"

BUILD = "import sys, hatchling.build; print(hatchling.build.build_wheel(sys.argv[1]))"
USE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import morphogen_client
from morphogen.v1 import texture_pb2
loaded = {name.partition(".")[0] for name in sys.modules}
print(json.dumps({
    "files": [morphogen_client.__file__, texture_pb2.__file__],
    "foreign": sorted(loaded & {"engine", "workers", "torch", "typer", "rich", "structlog"}),
}))
"""

WITHOUT_OPENCV = """
import sys
sys.modules["cv2"] = None
from morphogen_client import Client, MissingPackageError
from morphogen_client.material import DecodedMaps
try:
    DecodedMaps({"albedo": b"PNG"})["albedo"]
except MissingPackageError as error:
    print(error)
"""


def run(script: str, *arguments: str, folder: Path) -> str:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout


def test_wheel_brings_the_messages_and_needs_nothing_else_of_the_project(tmp_path: Path) -> None:
    wheel = tmp_path / run(BUILD, str(tmp_path), folder=CLIENT).strip().splitlines()[-1]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    seen = json.loads(run(USE, str(tmp_path / "installed"), folder=tmp_path))
    assert all(path.startswith(str(tmp_path / "installed")) for path in seen["files"])
    assert seen["foreign"] == []
    assert (tmp_path / "installed" / "morphogen_client" / "py.typed").exists()


def test_without_opencv_only_pixels_are_missing(tmp_path: Path) -> None:
    assert (
        run(WITHOUT_OPENCV, folder=tmp_path) == "pixels of pictures need OpenCV: pip install opencv-python-headless\n"
    )


def test_every_example_is_listed_in_the_readme() -> None:
    readme = (CLIENT / "README.md").read_text()
    assert [path.name for path in (CLIENT / "examples").glob("*.py") if f"(examples/{path.name})" not in readme] == []
