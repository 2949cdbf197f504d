"""A scene's materials and images as glTF: metallic-roughness, each image in the file once."""

from dataclasses import dataclass, field

from engine.codecs.gltf.document import Document
from engine.geometry.scene import AlphaMode, Image, Material

_ALPHA_MODES = {AlphaMode.MASK: "MASK", AlphaMode.BLEND: "BLEND"}


@dataclass(slots=True)
class Materials:
    """The materials of a document while it is put together; equal ones and equal images are written once.

    Extensions that came into use are named in `extensions`.
    """

    document: Document
    written: list[dict[str, object]] = field(default_factory=list)
    extensions: set[str] = field(default_factory=set)
    _indices: dict[Material, int] = field(default_factory=dict)
    _textures: dict[Image, int] = field(default_factory=dict)

    def index_of(self, material: Material) -> int:
        """The index of `material` in the file, where it is appended on first use."""
        if material not in self._indices:
            self.written.append(self._properties(material))
            self._indices[material] = len(self.written) - 1
        return self._indices[material]

    def _properties(self, material: Material) -> dict[str, object]:
        surface: dict[str, object] = {
            "metallicFactor": float(material.metallic),
            "roughnessFactor": float(material.roughness),
        }
        properties: dict[str, object] = {"name": material.name, "pbrMetallicRoughness": surface}
        if material.base_color != (1.0, 1.0, 1.0, 1.0):
            surface["baseColorFactor"] = [float(value) for value in material.base_color]
        if material.albedo is not None:
            surface["baseColorTexture"] = self._texture(material, material.albedo, "albedo")
        if material.orm is not None:
            packed = self._texture(material, material.orm, "orm")
            surface["metallicRoughnessTexture"] = properties["occlusionTexture"] = packed
        if material.normal is not None:
            properties["normalTexture"] = self._texture(material, material.normal, "normal")
        if material.alpha_mode in _ALPHA_MODES:
            properties["alphaMode"] = _ALPHA_MODES[material.alpha_mode]
        if material.double_sided:
            properties["doubleSided"] = True
        return properties

    def _texture(self, material: Material, image: Image, role: str) -> dict[str, object]:
        """What refers to the image, repeated as often as the material says."""
        if image not in self._textures:
            name = f"{material.name}_{role}"
            self._textures[image] = self.document.add_texture(name, image.data, image.media_type)
        texture: dict[str, object] = {"index": self._textures[image]}
        if material.texture_scale != (1.0, 1.0):
            self.extensions.add("KHR_texture_transform")
            texture["extensions"] = {
                "KHR_texture_transform": {"scale": [float(value) for value in material.texture_scale]}
            }
        return texture
