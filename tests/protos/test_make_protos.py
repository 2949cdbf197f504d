"""`make protos` is all that a change of a proto takes, for every SDK."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MESSAGE = "message StreamOptions {"
FIELD = "uint32 quite_new_field = 900;"
GENERATED = {
    "protos/morphogen/v1/common_pb2.pyi": "quite_new_field",
    "clients/web/src/gen/morphogen/v1/common_pb.ts": "quiteNewField",
    "clients/cpp/include/morphogen/proto/common.hpp": "quite_new_field",
    "clients/unreal/Morphogen/Source/Morphogen/Core/morphogen/proto/common.hpp": "quite_new_field",
    "clients/unity/com.morphogen.client/Runtime/Client/Generated/Common.g.cs": "QuiteNewField",
    "clients/godot/godot4/addons/morphogen/protos/common_pb.gd": "quite_new_field",
    "clients/godot/godot3/addons/morphogen/protos/common_pb.gd": "quite_new_field",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The project as it is, in a folder of its own, with what was installed here."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "protos", "clients", "Makefile"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("no checkout")
    for name in listed.stdout.decode().split("\0")[:-1]:
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    for installed in (".venv", "clients/web/node_modules"):
        (tmp_path / installed).symlink_to(ROOT / installed)
    return tmp_path


def test_new_field_reaches_every_sdk(checkout: Path) -> None:
    if shutil.which("npm") is None or not (ROOT / "clients" / "web" / "node_modules").exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("clients/web is not installed: make web-packages")
    proto = checkout / "protos" / "morphogen" / "v1" / "common.proto"
    text = proto.read_text()
    assert MESSAGE in text
    proto.write_text(text.replace(MESSAGE, f"{MESSAGE}\n  // Made up by a test.\n  {FIELD}"))
    # Nothing is installed anew: what stands before the recipe is taken for done.
    command = ["make", "--silent", "-o", "setup", "-o", "web-packages", "protos"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [name for name, word in GENERATED.items() if word not in (checkout / name).read_text()] == []
    for check in ("protos/generate.py", "clients/godot/generate.py", "clients/unity/metas.py"):
        subprocess.run([checkout / ".venv/bin/python", check, "--check"], cwd=checkout, check=True)
