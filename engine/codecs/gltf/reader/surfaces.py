"""Materials and images of a foreign glTF document, as far as a scene's materials can hold them."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.gltf.reader.container import Container
from engine.codecs.gltf.reader.fields import Fields, refusal
from engine.codecs.image import encode_png
from engine.errors import DataError
from engine.geometry.scene import AlphaMode, Image, Material

IMAGE_MAX_PIXELS = 4096 * 4096

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_ALPHA_MODES = {"OPAQUE": AlphaMode.OPAQUE, "MASK": AlphaMode.MASK, "BLEND": AlphaMode.BLEND}
_TRANSFORM = "KHR_texture_transform"
_Placement = tuple[float, ...]
_AS_IT_IS: _Placement = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Look:
    """A material and how its images lie on the texture coordinates: offset u, v, then scale u, v."""

    material: Material
    placement: _Placement = _AS_IT_IS


@dataclass(slots=True)
class Surfaces:
    """The materials of a file. Everything raises DataError for what is not allowed."""

    container: Container
    _images: dict[int, Image] = field(default_factory=dict)
    _looks: dict[tuple[int, bool], Look] = field(default_factory=dict)

    def look(self, index: int, *, textured: bool) -> Look:
        """A material; `textured` False leaves its images out, for meshes without texture coordinates."""
        materials = self.container.document.sections("materials")
        if index >= len(materials):
            raise refusal("material", index, f"0 to {len(materials) - 1}")
        if (index, textured) not in self._looks:
            self._looks[index, textured] = self._read(materials[index], textured=textured)
        return self._looks[index, textured]

    def _read(self, fields: Fields, *, textured: bool) -> Look:
        surface = fields.section("pbrMetallicRoughness")
        red, green, blue, alpha = (_share(value) for value in surface.numbers("baseColorFactor", (1.0, 1.0, 1.0, 1.0)))
        mode = fields.text("alphaMode", "OPAQUE")
        if mode not in _ALPHA_MODES:
            raise refusal(f"{fields.place}.alphaMode", mode, ", ".join(_ALPHA_MODES))
        infos = {
            "albedo": surface.section("baseColorTexture"),
            "normal": fields.section("normalTexture"),
            "orm": surface.section("metallicRoughnessTexture"),
        }
        used = {name: info for name, info in infos.items() if textured and "index" in info}
        placements = {_placement(info) for info in used.values()}
        if len(placements) > 1:
            raise DataError(
                f"{fields.place}: images that are placed differently are not allowed; allowed: one placement"
            )
        images = {name: self._texture(info) for name, info in used.items()}
        if "orm" in images:
            images["orm"] = self._with_occlusion(images["orm"], fields.section("occlusionTexture"))
        material = Material(
            name=fields.text("name") or "material",
            base_color=(red, green, blue, alpha),
            roughness=_share(surface.number("roughnessFactor", 1.0)),
            metallic=_share(surface.number("metallicFactor", 1.0)),
            albedo=images.get("albedo"),
            normal=images.get("normal"),
            orm=images.get("orm"),
            alpha_mode=_ALPHA_MODES[mode],
            double_sided=fields.flag("doubleSided"),
        )
        return Look(material, placements.pop() if placements else _AS_IT_IS)

    def _texture(self, info: Fields) -> Image:
        """The image of a texture."""
        textures, images = (self.container.document.sections(name) for name in ("textures", "images"))
        texture = textures[info.integer("index", len(textures) - 1)]
        source = texture.integer("source", len(images) - 1)
        if source not in self._images:
            entry = images[source]
            if "bufferView" not in entry:
                raise DataError(f"{entry.place}: an image outside of the file is not allowed; allowed: a buffer view")
            data = bytes(self.container.view(entry.integer("bufferView", 2**31)))
            self._images[source] = _checked(data, entry.place)
        return self._images[source]

    def _with_occlusion(self, image: Image, occlusion: Fields) -> Image:
        """Roughness and metallic with the occlusion in red, or with white where there is none."""
        shade = self._texture(occlusion) if "index" in occlusion else None
        if shade == image:
            return image
        pixels = _decoded(image)
        shades = None if shade is None else _decoded(shade)
        pixels[..., 0] = shades[..., 0] if shades is not None and shades.shape == pixels.shape else 255
        return Image(encode_png(pixels, {}))


def _placement(info: Fields) -> _Placement:
    """Where an image lies on the texture coordinates."""
    transform = info.section("extensions").section(_TRANSFORM)
    for place in (info, transform):
        if place.integer("texCoord", 255, default=0) != 0:
            raise refusal(f"{place.place}.texCoord", place.integer("texCoord", 255), "0")
    if transform.number("rotation", 0.0) != 0:
        raise refusal(f"{transform.place}.rotation", transform.number("rotation", 0.0), "0")
    return transform.numbers("offset", (0.0, 0.0)) + transform.numbers("scale", (1.0, 1.0))


def _checked(data: bytes, place: str) -> Image:
    """The image file if it is a PNG or JPEG that can be decoded and is not too large."""
    if not data.startswith((_PNG, _JPEG)):
        raise DataError(f"{place}: a format other than PNG and JPEG is not allowed")
    # At an eighth of the size a small file that claims to be huge costs little.
    small = _attempt(data, cv2.IMREAD_REDUCED_GRAYSCALE_8)
    if small is None:
        raise DataError(f"{place}: a damaged image")
    if 64 * small.size > IMAGE_MAX_PIXELS:
        raise DataError(f"{place}: about {64 * small.size} pixels are not allowed; allowed: {IMAGE_MAX_PIXELS}")
    return Image(data, "image/png" if data.startswith(_PNG) else "image/jpeg")


def _decoded(image: Image) -> NDArray[np.uint8]:
    """RGB pixels [height, width, 3] of an image that was checked."""
    pixels = _attempt(image.data, cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise DataError("a damaged image")
    return pixels


def _attempt(data: bytes, mode: int) -> NDArray[np.uint8] | None:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except cv2.error:
        return None
    return None if pixels is None else pixels.astype(np.uint8, copy=False)


def _share(value: float) -> float:
    """A factor, kept in 0 to 1: files with slightly more exist."""
    return min(max(value, 0.0), 1.0)
