"""A square kilometer with two thousand props as files: how soon, how large, and whether other programs take them.

    python -m benchmarks scene.files

The environment variable MORPHOGEN_BLENDER_PYTHON may name a Python with Blender's module `bpy`, which then imports the
GLB file too.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import torch
from pxr import Usd, UsdValidation

from benchmarks.records import Claim, Record, machine, record, with_conditions
from engine.catalog import load_catalog
from engine.codecs.provenance import provenance_fields
from engine.codecs.usd.write import write_usda
from engine.generators.scene.generator import SCENE, SceneGenerator
from engine.requests.landscape import Landscape
from engine.requests.scene import SceneRequest

REQUEST = SceneRequest(Landscape(5, {"forest": 1.0, "grassland": 1.0}), extent_m=1024.0, prop_limit=2000)
TIME_GOAL_S, SIZE_GOAL_MB, PREVIEW_GOAL_S = 15.0, 40.0, 3.0
CONFORMANCE = Path(__file__).parents[2] / "tests" / "conformance"
BLENDER_VARIABLE = "MORPHOGEN_BLENDER_PYTHON"

_BLENDER = """
import json, sys, bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_scene.gltf(filepath=sys.argv[-1])
kinds = [each.type for each in bpy.data.objects]
print("FOUND " + json.dumps({
    "blender": bpy.app.version_string, "objects": len(kinds), "meshes": kinds.count("MESH"),
    "lights": kinds.count("LIGHT"), "images": len(bpy.data.images),
    "triangles": sum(len(mesh.loop_triangles) or len(mesh.polygons) for mesh in bpy.data.meshes)}))
"""


def measure() -> list[Record]:
    """The records of this benchmark."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    generator = load_catalog(precision="fp32", thread_count=1).generators[SceneRequest]
    assert isinstance(generator, SceneGenerator)
    state, files, preview_s = generator.begin(REQUEST), dict[str, bytes](), 0.0
    work = state.work
    assert work is not None
    # Processor time: what it takes on a core of its own, whatever else this machine does.
    started, started_wall, ready_s, ready_wall_s = time.process_time(), time.perf_counter(), 0.0, 0.0
    while not state.finished:
        step_started = time.process_time()
        files |= {part.map: part.payload for draft in generator.step([state])[0] for part in (draft.part(),)}
        if SCENE in files and not ready_s:
            ready_s, ready_wall_s = time.process_time() - started, time.perf_counter() - started_wall
        preview_s = time.process_time() - step_started
    scene, data = work.scene, files[SCENE]
    about: Any = scene.extras["morphogen"]
    conditions = {"extent_m": about["extent_m"], "props": about["prop_count"], "threads": 1}
    conditions |= {"unit": "seconds of processor time", "glb_after_s_by_the_clock": round(ready_wall_s, 2)}
    with tempfile.TemporaryDirectory(prefix="morphogen-") as folder:
        path = Path(folder) / "scene.glb"
        path.write_bytes(data)
        records = [
            record(
                "1 km2 with 2,000 props: seconds until the GLB file is there",
                round(ready_s, 2),
                conditions,
                at_most=TIME_GOAL_S,
            ),
            record("its size in MB", round(len(data) / 1e6, 2), conditions, at_most=SIZE_GOAL_MB),
            record("seconds of its preview of 960x540", round(preview_s, 2), conditions, at_most=PREVIEW_GOAL_S),
            *_conformance(path),
            usd_record(write_usda(scene, provenance_fields(generator.info, REQUEST)), Path(folder)),
            _blender_record(path),
        ]
    return with_conditions(records, machine())


def _conformance(path: Path) -> list[Record]:
    """What the Khronos validator and three.js say."""
    errors = Claim("errors of the Khronos glTF validator", at_most=0)
    loaded = Claim("meshes that three.js loads", at_least=1)
    if shutil.which("node") is None or not (CONFORMANCE / "node_modules").is_dir():
        reason = "Node.js or its packages are not installed: make conformance-reader"
        return [errors.not_measured(reason), loaded.not_measured(reason)]
    issues = _node("validate_gltf.mjs", path)["issues"]
    found = _node("load_gltf.mjs", path)
    meshes, instanced = found["meshes"], [mesh for mesh in found["meshes"] if mesh["instanced"]]
    return [
        errors.measured(issues["numErrors"], {"warnings": issues["numWarnings"]}),
        loaded.measured(len(meshes), {"instanced": len(instanced), "lights": len(found["lights"])}),
    ]


def _node(script: str, path: Path) -> Any:
    done = subprocess.run(["node", CONFORMANCE / script, path], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def usd_record(files: Mapping[str, bytes], folder: Path) -> Record:
    """What USD's own validators find in the scene."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    stage = Usd.Stage.Open(str(folder / "scene.usda"))
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    errors = UsdValidation.ValidationContext(validators).Validate(stage)
    conditions = {"validators": len(validators), "files": len(files), "first": errors[0].GetMessage() if errors else ""}
    return record("errors of USD's validators", len(errors), conditions, at_most=0)


def _blender_record(path: Path) -> Record:
    """What Blender's importer makes of the file."""
    claim = Claim("meshes that Blender's importer makes", at_least=1)
    python = os.environ.get(BLENDER_VARIABLE)
    if python is None:
        return claim.not_measured(f"{BLENDER_VARIABLE} names no Python with bpy")
    done = subprocess.run([python, "-c", _BLENDER, path], capture_output=True, text=True, check=False)
    line = next((line for line in done.stdout.splitlines() if line.startswith("FOUND ")), "")
    if not line:
        return claim.failed(done.stderr.strip()[-300:])
    found = json.loads(line.removeprefix("FOUND "))
    return claim.measured(found["meshes"], found)
