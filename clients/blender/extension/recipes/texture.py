"""A material: there after the first level of detail, and finer with each of the next."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import bpy

from morphogen_client import Client, TextureOptions

from ..building.material import Look, new_material, refine
from ..building.placing import Made, by_uid, note, provenance_of
from ..generation import Update


@dataclass(frozen=True, slots=True)
class Level:
    """One level of detail; the last one knows where it comes from."""

    size_px: int
    png: Mapping[str, bytes]
    facts: Mapping[str, str] | None = None


@dataclass
class TextureRecipe:
    """What is wanted, and the objects that shall wear it, by `session_uid`."""

    texture_class: str
    options: TextureOptions
    look: Look
    wearers: Sequence[int] = ()
    made: Made = field(default_factory=Made)
    material_uid: int | None = None

    @property
    def name(self) -> str:
        """Of the material."""
        return f"{self.texture_class} {self.options.get('seed', 0)}"

    def ask(self, client: Client) -> Generator[Update, None, None]:
        """See `Recipe`."""
        yield Update(0.0, f"Asking for {self.name}")
        stream = client.generate_texture(self.texture_class, priority="interactive", **self.options)
        for update in stream:
            lods_px = stream.header.lods_px if stream.header is not None else (update.lod_px,)
            share = (lods_px.index(update.lod_px) + 1) / len(lods_px)
            yield Update(share, f"{self.name}: {update.lod_px} px", Level(update.lod_px, update.png))
        result = stream.result()
        facts = provenance_of(result.header, result.sha256)
        yield Update(1.0, self.name, Level(result.header.lods_px[-1], result.png, facts))

    def show(self, content: Level) -> None:
        """See `Recipe`."""
        with self.made.recording():
            material = by_uid(bpy.data.materials, self.material_uid)
            if material is None:
                material = new_material(self.name, content.png, content.size_px, self.look)
                material.use_fake_user = True  # a file keeps it though nothing wears it yet
                self.material_uid = material.session_uid
                self._put_on(material)
            elif content.facts is None:
                refine(material, content.png, content.size_px)
            if content.facts is not None:
                note(material, content.facts)

    def discard(self) -> None:
        """See `Recipe`."""
        self.made.remove()

    def _put_on(self, material: bpy.types.Material) -> None:
        for uid in self.wearers:
            each = by_uid(bpy.data.objects, uid)
            if each is None or each.type != "MESH":
                continue
            if each.material_slots:
                each.material_slots[each.active_material_index].material = material
            else:
                each.data.materials.append(material)
