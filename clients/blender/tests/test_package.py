"""The package as Blender's own tool judges it, and the extension switched off and on."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import grpc
from conftest import MODULE, PACKAGE

import morphogen_client


def test_blenders_own_tool_accepts_the_package() -> None:
    tool = Path(bpy.utils.system_resource("SCRIPTS") or "", "addons_core") / "bl_pkg" / "cli" / "blender_ext.py"
    done = subprocess.run([sys.executable, tool, "validate", PACKAGE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_client_comes_from_the_wheels(extension: Any) -> None:
    assert extension.server
    for module in (grpc, morphogen_client):
        assert "extensions/.local/lib" in Path(module.__file__ or "").as_posix()
    assert "cv2" not in sys.modules


def test_switched_off_and_on_again_it_works(settings: Any, extension: Any) -> None:
    bpy.ops.preferences.addon_disable(module=MODULE)
    assert not hasattr(bpy.types.Scene, "morphogen")
    bpy.ops.preferences.addon_enable(module=MODULE)
    assert bpy.context.scene.morphogen.texture_class == "brick"
    assert bpy.context.preferences.addons[MODULE].preferences.server
