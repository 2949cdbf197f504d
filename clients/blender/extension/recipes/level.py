"""A level: floor, walls and pits with generated materials, and what stands in it as instances."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

import bpy

from morphogen_client import Client, LevelOptions, LevelResult, TextureResult

from ..building.level import TILE_M, build_level
from ..building.material import Look, new_material
from ..building.placing import Made, new_root, note, provenance_of
from ..generation import Update

_TEXTURE_PX = 512
_CLASSES = {
    "rooms": ("paving", "brick"),
    "halls": ("tiles", "marble"),
    "caves": ("ground", "stone"),
    "maze": ("gravel", "concrete"),
}
"""Style -> what floor and walls are made of, unless somebody chooses."""


@dataclass(frozen=True, slots=True)
class LevelFiles:
    """What has come; textures of "floor" and "wall"."""

    level: LevelResult
    textures: Mapping[str, TextureResult]


@dataclass
class LevelRecipe:
    """What is wanted; classes of materials may be empty, then the level's style decides."""

    options: LevelOptions
    floor_class: str
    wall_class: str
    made: Made = field(default_factory=Made)

    @property
    def name(self) -> str:
        """Of the level."""
        return f"level {self.options.get('seed', 0)}"

    def ask(self, client: Client) -> Generator[Update, None, None]:
        """See `Recipe`."""
        yield Update(0.0, f"Asking for {self.name}")
        stream = client.generate_level(**self.options)
        for update in stream:
            yield Update(0.6 * update.step / update.step_count, f"{self.name}: step {update.step}")
        level = stream.result()
        chosen = _CLASSES.get(str(level.attributes.get("style")), _CLASSES["rooms"])
        classes = {"floor": self.floor_class or chosen[0], "wall": self.wall_class or chosen[1]}
        textures: dict[str, TextureResult] = {}
        for part, texture_class in classes.items():
            yield Update(0.6 + 0.2 * len(textures), f"{self.name}: {part} of {texture_class}")
            seed = self.options.get("seed", 0)
            textures[part] = client.texture(texture_class, seed=seed, size_px=_TEXTURE_PX)
        yield Update(1.0, f"{self.name}: building", LevelFiles(level, textures))

    def show(self, content: LevelFiles) -> None:
        """See `Recipe`."""
        level = content.level
        with self.made.recording():
            collection, root = new_root(self.name, bpy.context.scene)
            note(root, provenance_of(level.header, level.sha256))
            note(root, {"rows": list(level.rows), "witness_path": [list(cell) for cell in level.witness_path]})
            materials = {}
            for part, texture in content.textures.items():
                material = new_material(f"{self.name} {part}", texture.png, _TEXTURE_PX, Look(1.0 / TILE_M))
                note(material, provenance_of(texture.header, texture.sha256))
                materials[part] = material
            build_level(root, collection, level.tiles, materials)

    def discard(self) -> None:
        """See `Recipe`."""
        self.made.remove()
