"""A whole scene as a USD stage: Y up, meters, point instancers for what is placed more than once.

Models are abstract prims that the placements inherit from, so that each mesh is stored once. The sun's intensity is
exposed for full daylight: viewers of USD have no exposure of their own, and lux alone would show white.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Kind, Sdf, Usd, UsdGeom, UsdLux, Vt

from engine.codecs.provenance import DIGITAL_SOURCE_TYPE
from engine.codecs.usd.material import Materials
from engine.codecs.usd.names import Names
from engine.geometry.mesh import Mesh
from engine.geometry.rotation import rotation_onto
from engine.geometry.scene import Instances, Material, Model, Scene, Sun
from engine.geometry.soundness import check_instances, check_model

INTENSITY_PER_LUX = 2.0**-15
"""As a camera is set in full sun, 15 stops down: 80,000 lux shine like 2.4. Not as `inputs:exposure`, which Blender
ignores."""

_SUN_ANGLE_DEGREES = 0.53


@dataclass(slots=True)
class _Builder:
    """The stage and its prims while they are put together."""

    scene: Scene
    stage: Any
    root: Sdf.Path
    materials: Materials
    instanced: bool
    _names: Names = field(default_factory=lambda: Names({"Materials", "Models", "Sun"}))
    _model_names: Names = field(default_factory=Names)
    _models: dict[int, Sdf.Path] = field(default_factory=dict)

    def add_instances(self, instances: Instances) -> None:
        """Append the prim that places one model."""
        path = self.root.AppendChild(self._names.unique(instances.name))
        model = self._model(instances.model)
        count = len(instances.translation)
        if count == 1:
            self._place(path, model, instances, 0)
            return
        if not self.instanced:
            UsdGeom.Xform.Define(self.stage, path)
            for index in range(count):
                self._place(path.AppendChild(f"Instance{index}"), model, instances, index)
            return
        instancer = UsdGeom.PointInstancer.Define(self.stage, path)
        UsdGeom.Scope.Define(self.stage, path.AppendChild("Prototypes"))
        prototype = UsdGeom.Xform.Define(self.stage, path.AppendPath("Prototypes/Model"))
        prototype.GetPrim().GetInherits().AddInherit(model)
        instancer.CreatePrototypesRel().SetTargets([prototype.GetPath()])
        instancer.CreateProtoIndicesAttr(Vt.IntArray(count, 0))
        instancer.CreatePositionsAttr(_vectors(instances.translation))
        instancer.CreateOrientationsAttr(Vt.QuathArray.FromNumpy(instances.rotation.astype(np.float16)))
        instancer.CreateScalesAttr(_vectors(instances.scale))
        now = Usd.TimeCode.Default()
        instancer.CreateExtentAttr(instancer.ComputeExtentAtTime(now, now))

    def add_sun(self, sun: Sun) -> None:
        """Append the sun; light of a prim that is not turned travels along -Z."""
        light = UsdLux.DistantLight.Define(self.stage, self.root.AppendChild("Sun"))
        x, y, z, w = rotation_onto((0.0, 0.0, -1.0), sun.direction)
        light.AddOrientOp().Set(Gf.Quatf(w, x, y, z))
        light.CreateAngleAttr(_SUN_ANGLE_DEGREES)
        light.CreateColorAttr(Gf.Vec3f(*(float(value) for value in sun.color)))
        light.CreateNormalizeAttr(True)  # makes the intensity an illuminance
        light.CreateIntensityAttr(float(sun.illuminance) * INTENSITY_PER_LUX)

    def _place(self, path: Sdf.Path, model: Sdf.Path, instances: Instances, index: int) -> None:
        """Append the prim of one placement."""
        placed = UsdGeom.Xform.Define(self.stage, path)
        placed.GetPrim().GetInherits().AddInherit(model)
        x, y, z, w = instances.rotation[index].tolist()
        placed.AddTranslateOp().Set(Gf.Vec3d(*instances.translation[index].tolist()))
        placed.AddOrientOp().Set(Gf.Quatf(w, x, y, z))
        placed.AddScaleOp().Set(Gf.Vec3f(*instances.scale[index].tolist()))
        placed.GetPrim().SetInstanceable(len(instances.translation) > 1)

    def _model(self, index: int) -> Sdf.Path:
        """The abstract prim of a model, written on first use."""
        if index not in self._models:
            model = self.scene.models[index]
            check_model(self.scene, model)
            scope = self.root.AppendChild("Models")
            self.stage.CreateClassPrim(scope)
            path = scope.AppendChild(self._model_names.unique(model.name))
            UsdGeom.Xform.Define(self.stage, path)
            self._add_meshes(path, model)
            self._models[index] = path
        return self._models[index]

    def _add_meshes(self, path: Sdf.Path, model: Model) -> None:
        names = Names()
        for primitive in model.lods[0].primitives:
            material = self.scene.materials[primitive.material]
            prim = _add_mesh(self.stage, path.AppendChild(names.unique(model.name)), primitive.mesh, material)
            self.materials.bind(prim, material, colored=primitive.mesh.color is not None)


def build_stage(
    scene: Scene, provenance: Mapping[str, str], prefix: str, *, instanced: bool
) -> tuple[Any, dict[str, bytes]]:
    """The stage of a scene, and the images that it refers to: file name -> bytes, names beginning with `prefix`.

    Prims stay usable only while the stage is referenced. Raises ValueError naming the field if the scene breaks a
    promise of its types.
    """
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    stage.GetRootLayer().customLayerData = {
        "digitalSourceType": DIGITAL_SOURCE_TYPE,
        "extras": json.dumps(dict(scene.extras), sort_keys=True),
        "provenance": dict(provenance),
    }
    root = Sdf.Path.absoluteRootPath.AppendChild(Names().unique(scene.name))
    top = UsdGeom.Xform.Define(stage, root).GetPrim()
    stage.SetDefaultPrim(top)
    Usd.ModelAPI(top).SetKind(Kind.Tokens.component)
    scope = root.AppendChild("Materials")
    UsdGeom.Scope.Define(stage, scope)
    builder = _Builder(scene, stage, root, Materials(stage, scope, prefix), instanced)
    for position, instances in enumerate(scene.instances):
        check_instances(scene, instances, f"instances.{position}")
        if len(instances.translation):
            builder.add_instances(instances)
    if scene.sun is not None:
        builder.add_sun(scene.sun)
    return stage, builder.materials.images


def _add_mesh(stage: Any, path: Sdf.Path, mesh: Mesh, material: Material) -> Any:
    """Append one mesh; returns its prim."""
    prim = UsdGeom.Mesh.Define(stage, path)
    prim.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    prim.CreatePointsAttr(_vectors(mesh.position))
    prim.CreateNormalsAttr(_vectors(mesh.normal))
    prim.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    prim.CreateFaceVertexCountsAttr(Vt.IntArray(mesh.triangle_count, 3))
    prim.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(mesh.triangle.reshape(-1).astype(np.int32)))
    prim.CreateExtentAttr(_vectors(np.stack(mesh.bounds())))
    if material.double_sided:
        prim.CreateDoubleSidedAttr(True)
    primvars = UsdGeom.PrimvarsAPI(prim)
    if mesh.texture_coordinate is not None:
        # USD's t grows upwards in the image.
        upwards = mesh.texture_coordinate * np.asarray([1, -1], np.float32) + np.asarray([0, 1], np.float32)
        st = primvars.CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex)
        st.Set(Vt.Vec2fArray.FromNumpy(np.ascontiguousarray(upwards)))
    if mesh.color is not None:
        color = mesh.color[:, :3] / 255 * material.base_color[:3]
        prim.CreateDisplayColorPrimvar(UsdGeom.Tokens.vertex).Set(_vectors(color))
    return prim.GetPrim()


def _vectors(values: NDArray[np.floating]) -> Any:
    """Rows of three as USD's array type."""
    return Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(values, np.float32))
