import io
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdLux, UsdShade, UsdValidation

from engine.codecs.usd.write import write_usda, write_usdz
from engine.errors import OutputError
from engine.geometry.scene import Scene


def opened(folder: Path, files: Mapping[str, bytes], name: str) -> Any:
    """A stage; its prims live as long as it is referenced."""
    for file_name, data in files.items():
        (folder / file_name).write_bytes(data)
    return Usd.Stage.Open(str(folder / name))


def faults(stage: Any) -> list[str]:
    """What the validators of USD itself have to say."""
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    assert len(validators) > 20
    return [error.GetErrorAsString() for error in UsdValidation.ValidationContext(validators).Validate(stage)]


def test_usds_validators_find_nothing(tmp_path: Path, village: Scene, provenance: dict[str, str]) -> None:
    assert faults(opened(tmp_path, write_usda(village, provenance), "scene.usda")) == []
    assert faults(opened(tmp_path, {"scene.usdz": write_usdz(village, provenance)}, "scene.usdz")) == []


def test_usds_validators_would_notice_a_fault(tmp_path: Path, village: Scene) -> None:
    files = write_usda(village, {})
    files["scene.usda"] = files["scene.usda"].replace(b"metersPerUnit = 1", b"")
    assert faults(opened(tmp_path, files, "scene.usda"))


def test_the_stage_is_y_up_in_meters_and_says_where_it_came_from(
    tmp_path: Path, village: Scene, provenance: dict[str, str]
) -> None:
    stage = opened(tmp_path, {"scene.usdz": write_usdz(village, provenance)}, "scene.usdz")
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1
    assert stage.GetDefaultPrim().GetPath() == "/village"
    data = stage.GetRootLayer().customLayerData
    assert data["provenance"] == provenance
    assert data["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert data["extras"] == '{"biome": "meadow", "seed": 7}'


def test_instances_stay_instances_at_their_places(tmp_path: Path, village: Scene) -> None:
    stage = opened(tmp_path, write_usda(village, {}), "scene.usda")
    trees = UsdGeom.PointInstancer(stage.GetPrimAtPath("/village/trees"))
    np.testing.assert_array_equal(trees.GetPositionsAttr().Get(), village.instances[2].translation)
    now = Usd.TimeCode.Default()
    box = UsdGeom.BBoxCache(now, ["default"])
    places = trees.ComputeInstanceTransformsAtTime(now, now)
    assert len(places) == 50
    corner = village.models[2].lods[0].primitives[0].mesh.position[0].astype(np.float64)
    x, y, z, w = village.instances[2].rotation[9].tolist()
    expected = Gf.Rotation(Gf.Quatd(w, x, y, z)).TransformDir(Gf.Vec3d(*(corner * village.instances[2].scale[9])))
    found = np.asarray(places[9].Transform(Gf.Vec3d(*corner)))
    # USD keeps these rotations as half floats.
    np.testing.assert_allclose(found, np.asarray(expected) + village.instances[2].translation[9], atol=0.01)
    (prototype,) = trees.GetPrototypesRel().GetTargets()
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath(prototype).GetChildren()[0])
    np.testing.assert_array_equal(mesh.GetPointsAttr().Get(), village.models[2].lods[0].primitives[0].mesh.position)
    hut = box.ComputeWorldBound(stage.GetPrimAtPath("/village/hut")).ComputeAlignedRange()
    np.testing.assert_allclose([hut.GetMin(), hut.GetMax()], [(6.5, 3, -23.5), (13.5, 7, -16.5)], atol=1e-5)


def test_instances_can_be_prims_of_their_own(tmp_path: Path, village: Scene) -> None:
    stage = opened(tmp_path, {"scene.usdz": write_usdz(village, {}, instanced=False)}, "scene.usdz")
    assert faults(stage) == []
    trees = stage.GetPrimAtPath("/village/trees").GetChildren()
    assert (len(trees), len(stage.GetPrototypes())) == (50, 1)
    moved = UsdGeom.Xformable(trees[9]).ComputeLocalToWorldTransform(Usd.TimeCode.Default()).ExtractTranslation()
    np.testing.assert_allclose(moved, village.instances[2].translation[9])


def test_meshes_are_stored_exactly_with_t_upwards(tmp_path: Path, village: Scene) -> None:
    stage = opened(tmp_path, write_usda(village, {}), "scene.usda")
    expected = village.models[0].lods[0].primitives[0].mesh
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath("/village/terrain/terrain"))
    np.testing.assert_array_equal(mesh.GetPointsAttr().Get(), expected.position)
    np.testing.assert_array_equal(mesh.GetNormalsAttr().Get(), expected.normal)
    np.testing.assert_array_equal(np.reshape(mesh.GetFaceVertexIndicesAttr().Get(), (-1, 3)), expected.triangle)
    assert set(mesh.GetFaceVertexCountsAttr().Get()) == {3}
    assert expected.texture_coordinate is not None
    st = np.asarray(UsdGeom.PrimvarsAPI(mesh).GetPrimvar("st").Get())
    np.testing.assert_allclose(st, expected.texture_coordinate * (1, -1) + (0, 1), atol=1e-6)
    pond = UsdGeom.Mesh(stage.GetPrimAtPath("/village/pond/pond"))
    assert pond.GetDoubleSidedAttr().Get()
    color = np.asarray([200, 150, 100]) / 255 * (0.1, 0.2, 0.4)
    np.testing.assert_allclose(pond.GetDisplayColorAttr().Get()[0], color, atol=1e-6)


def test_materials_are_bound_and_read_their_images(tmp_path: Path, village: Scene) -> None:
    files = write_usda(village, {}, "town")
    assert sorted(files) == ["town.usda", "town_0.png", "town_1.png", "town_2.png"]
    stage = opened(tmp_path, files, "town.usda")
    for path, name in (("terrain/terrain", "ground"), ("hut/hut_2", "leaf"), ("pond/pond", "water_colored")):
        prim = stage.GetPrimAtPath(f"/village/{path}")
        bound, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()
        assert bound.GetPath().name == name
    ground = "/village/Materials/ground"
    repeat = UsdShade.Shader(stage.GetPrimAtPath(f"{ground}/Repeat"))
    scale, shift = (np.asarray(repeat.GetInput(name).Get()) for name in ("scale", "translation"))
    # A point at (u, v) shows the image at (32 u, 16 v) counted from its upper left corner.
    for u, v in ((0.0, 0.0), (0.3, 0.7), (1.0, 1.0)):
        across, upwards = np.asarray([u, 1 - v]) * scale + shift
        assert (across, 1 - upwards) == pytest.approx((32 * u, 16 * v))
    normal = UsdShade.Shader(stage.GetPrimAtPath(f"{ground}/Normal"))
    resolved = Path(normal.GetInput("file").Get().resolvedPath)
    material = village.materials[0]
    assert material.normal is not None
    assert resolved.read_bytes() == material.normal.data
    surface = UsdShade.Shader(stage.GetPrimAtPath("/village/Materials/leaf/Surface"))
    assert surface.GetInput("opacityThreshold").Get() == 0.5
    assert surface.GetInput("opacity").HasConnectedSource()


def test_the_sun_shines_along_its_direction(tmp_path: Path, village: Scene) -> None:
    stage = opened(tmp_path, write_usda(village, {}), "scene.usda")
    sun = UsdLux.DistantLight(stage.GetPrimAtPath("/village/Sun"))
    direction = sun.ComputeLocalToWorldTransform(Usd.TimeCode.Default()).TransformDir(Gf.Vec3d(0, 0, -1))
    np.testing.assert_allclose(direction, (0.6, -0.8, 0), atol=1e-6)
    assert (sun.GetIntensityAttr().Get(), sun.GetNormalizeAttr().Get()) == (80_000 / 2**15, True)


def test_equal_scenes_give_equal_bytes(village: Scene, provenance: dict[str, str]) -> None:
    again = replace(village, extras=dict(reversed(list(village.extras.items()))))
    assert write_usda(village, provenance) == write_usda(again, provenance)
    assert write_usdz(village, provenance) == write_usdz(again, provenance)


def test_files_in_a_package_are_stored_plainly_and_aligned(village: Scene) -> None:
    data = write_usdz(village, {})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["scene.usdc", "0.png", "1.png", "2.png"]
    for entry in entries:
        name_size = int.from_bytes(data[entry.header_offset + 26 : entry.header_offset + 28], "little")
        extra_size = int.from_bytes(data[entry.header_offset + 28 : entry.header_offset + 30], "little")
        assert (entry.header_offset + 30 + name_size + extra_size) % 64 == 0
        assert entry.compress_type == zipfile.ZIP_STORED


def test_numbers_may_come_from_arrays(village: Scene) -> None:
    half: Any = np.float32(0.5)
    ground = replace(village.materials[0], roughness=half, base_color=(half, half, half, half))
    assert village.sun is not None
    sun = replace(village.sun, color=(half, half, half), illuminance=2000 * half)
    assert write_usda(replace(village, materials=(ground, *village.materials[1:]), sun=sun), {})


def test_names_that_usd_does_not_allow_are_replaced(tmp_path: Path, village: Scene) -> None:
    instances = [
        replace(item, name=name) for item, name in zip(village.instances, ["Sun", "1 a", "1-a", "é"], strict=True)
    ]
    scene = replace(village, name="my village/2", instances=tuple(instances))
    stage = opened(tmp_path, write_usda(scene, {}), "scene.usda")
    assert faults(stage) == []
    names = [prim.GetName() for prim in stage.GetDefaultPrim().GetChildren()]
    assert len(names) == len(set(names)) == 6
    assert all(re.fullmatch(r"\w+", name) for name in [*names, stage.GetDefaultPrim().GetName()])


def test_an_empty_scene_is_a_valid_file(tmp_path: Path) -> None:
    assert faults(opened(tmp_path, write_usda(Scene("empty", (), (), ()), {}), "scene.usda")) == []


def test_without_usd_core_the_error_says_how_to_install_it() -> None:
    script = (
        "import sys; sys.modules['pxr'] = None\n"  # as if it were not installed
        "from engine.codecs.usd.write import write_usdz\n"
        "from engine.errors import OutputError\n"
        "from engine.geometry.scene import Scene\n"
        "try: write_usdz(Scene('empty', (), (), ()), {})\n"
        "except OutputError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert "pip install 'morphogen[usd]'" in done.stdout


def test_a_full_disk_is_told(village: Scene) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # larger files fail, as on a full disk
    try:
        with pytest.raises(OutputError, match="cannot be written: USD could not write its layer there"):
            write_usdz(village, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_broken_scenes_are_refused_with_the_field(village: Scene) -> None:
    trees = village.instances[2]
    with pytest.raises(ValueError, match=r"instances\.0\.model: 4 is not allowed; allowed: 0 to 3"):
        write_usda(replace(village, instances=(replace(trees, model=4),)), {})
    with pytest.raises(ValueError, match=r"models\.tree\.lods\.0\.primitives\.0\.material: 2 is not allowed"):
        write_usdz(replace(village, materials=village.materials[:2], instances=(trees,)), {})
