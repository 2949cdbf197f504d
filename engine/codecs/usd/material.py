"""A scene's materials as UsdPreviewSurface networks."""

from dataclasses import dataclass, field
from typing import Any

from pxr import Gf, Sdf, UsdShade

from engine.codecs.usd.names import Names
from engine.geometry.scene import AlphaMode, Image, Material

_TYPES = Sdf.ValueTypeNames
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}


@dataclass(slots=True)
class Materials:
    """The materials of a stage while it is put together; equal ones and equal images are written once.

    UsdPreviewSurface cannot multiply: a mesh's colors count where the material has no albedo image.
    """

    stage: Any
    scope: Sdf.Path
    prefix: str
    images: dict[str, bytes] = field(default_factory=dict)
    _names: Names = field(default_factory=Names)
    _written: dict[tuple[Material, bool], UsdShade.Material] = field(default_factory=dict)
    _files: dict[Image, str] = field(default_factory=dict)

    def bind(self, prim: Any, material: Material, *, colored: bool) -> None:
        """Give a mesh its material, which is appended on first use; `colored` takes the color from displayColor."""
        colored = colored and material.albedo is None
        key = material, colored
        if key not in self._written:
            self._written[key] = self._add(material, colored=colored)
        UsdShade.MaterialBindingAPI.Apply(prim).Bind(self._written[key])

    def _add(self, material: Material, *, colored: bool) -> UsdShade.Material:
        path = self.scope.AppendChild(self._names.unique(f"{material.name}_colored" if colored else material.name))
        prim = UsdShade.Material.Define(self.stage, path)
        surface = self._shader(path, "Surface", "UsdPreviewSurface")
        _give(surface, "metallic", _TYPES.Float, float(material.metallic))
        _give(surface, "roughness", _TYPES.Float, float(material.roughness))
        coordinates = self._coordinates(path, material)
        if colored:
            reader = self._shader(path, "VertexColor", "UsdPrimvarReader_float3")
            _give(reader, "varname", _TYPES.String, "displayColor")
            _connect(surface, "diffuseColor", _TYPES.Color3f, reader, "result", _TYPES.Float3)
        else:
            self._add_color(path, surface, material, coordinates)
        if material.alpha_mode != AlphaMode.OPAQUE:
            self._add_opacity(path, surface, material, coordinates)
        self._add_relief(path, surface, material, coordinates)
        prim.CreateSurfaceOutput().ConnectToSource(surface.ConnectableAPI(), "surface")
        return prim

    def _add_color(self, path: Sdf.Path, surface: Any, material: Material, coordinates: Any) -> None:
        red, green, blue = (float(value) for value in material.base_color[:3])
        if material.albedo is None:
            _give(surface, "diffuseColor", _TYPES.Color3f, Gf.Vec3f(red, green, blue))
            return
        color = self._image(path, "Albedo", material.albedo, coordinates, "sRGB")
        _give(color, "scale", _TYPES.Float4, Gf.Vec4f(red, green, blue, 1))
        _connect(surface, "diffuseColor", _TYPES.Color3f, color, "rgb", _TYPES.Float3)

    def _add_opacity(self, path: Sdf.Path, surface: Any, material: Material, coordinates: Any) -> None:
        share = float(material.base_color[3])
        if material.alpha_mode == AlphaMode.MASK:
            _give(surface, "opacityThreshold", _TYPES.Float, 0.5)
        if material.albedo is None:
            _give(surface, "opacity", _TYPES.Float, share)
            return
        # An image node of its own: Blender takes the alpha of a scaled image from its color.
        alpha = self._image(path, "Opacity", material.albedo, coordinates, "sRGB")
        if share != 1:
            _give(alpha, "scale", _TYPES.Float4, Gf.Vec4f(1, 1, 1, share))
        _connect(surface, "opacity", _TYPES.Float, alpha, "a", _TYPES.Float)

    def _add_relief(self, path: Sdf.Path, surface: Any, material: Material, coordinates: Any) -> None:
        """Normals, occlusion, roughness and metallic, as far as there are images of them."""
        if material.normal is not None:
            normal = self._image(path, "Normal", material.normal, coordinates, "raw")
            _give(normal, "scale", _TYPES.Float4, Gf.Vec4f(2, 2, 2, 1))
            _give(normal, "bias", _TYPES.Float4, Gf.Vec4f(-1, -1, -1, 0))
            _connect(surface, "normal", _TYPES.Normal3f, normal, "rgb", _TYPES.Float3)
        if material.orm is not None:
            packed = self._image(path, "OcclusionRoughnessMetallic", material.orm, coordinates, "raw")
            _give(packed, "scale", _TYPES.Float4, Gf.Vec4f(1, float(material.roughness), float(material.metallic), 1))
            for name, channel in (("occlusion", "r"), ("roughness", "g"), ("metallic", "b")):
                _connect(surface, name, _TYPES.Float, packed, channel, _TYPES.Float)

    def _coordinates(self, path: Sdf.Path, material: Material) -> UsdShade.Shader | None:
        """What yields texture coordinates, repeated as the material says; None if there are no images."""
        if material.albedo is None and material.normal is None and material.orm is None:
            return None
        reader = self._shader(path, "TextureCoordinate", "UsdPrimvarReader_float2")
        _give(reader, "varname", _TYPES.String, "st")
        if material.texture_scale == (1.0, 1.0):
            return reader
        # t = 1 - v grows upwards here; scaling must leave the upper edge of the image where v = 0.
        repeat = self._shader(path, "Repeat", "UsdTransform2d")
        along_u, along_v = (float(value) for value in material.texture_scale)
        _connect(repeat, "in", _TYPES.Float2, reader, "result", _TYPES.Float2)
        _give(repeat, "scale", _TYPES.Float2, Gf.Vec2f(along_u, along_v))
        _give(repeat, "translation", _TYPES.Float2, Gf.Vec2f(0, 1 - along_v))
        return repeat

    def _image(
        self, path: Sdf.Path, name: str, image: Image, coordinates: UsdShade.Shader, color_space: str
    ) -> UsdShade.Shader:
        """A repeating image; its file is kept on first use."""
        if image not in self._files:
            file_name = f"{self.prefix}{len(self._files)}.{_ENDINGS[image.media_type]}"
            self._files[image] = file_name
            self.images[file_name] = image.data
        shader = self._shader(path, name, "UsdUVTexture")
        _give(shader, "file", _TYPES.Asset, f"./{self._files[image]}")
        _give(shader, "sourceColorSpace", _TYPES.Token, color_space)
        _give(shader, "wrapS", _TYPES.Token, "repeat")
        _give(shader, "wrapT", _TYPES.Token, "repeat")
        _connect(shader, "st", _TYPES.Float2, coordinates, "result", _TYPES.Float2)
        return shader

    def _shader(self, path: Sdf.Path, name: str, kind: str) -> UsdShade.Shader:
        shader = UsdShade.Shader.Define(self.stage, path.AppendChild(name))
        shader.CreateIdAttr(kind)
        return shader


def _give(shader: UsdShade.Shader, name: str, kind: Any, value: object) -> None:
    shader.CreateInput(name, kind).Set(value)


def _connect(shader: Any, name: str, kind: Any, source: Any, output: str, output_kind: Any) -> None:
    """Feed an input from another shader's output."""
    shader.CreateInput(name, kind).ConnectToSource(source.CreateOutput(output, output_kind))
