"""A scene: its GLB file at true scale, with sun, and its sky as the world."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

import bpy

from morphogen_client import Client, Landscape, SceneOptions

from ..building.glb import provenance_in
from ..building.models import hang_below, import_models
from ..building.placing import Made, new_root, note, provenance_of
from ..building.sky import dim_sun, new_sky
from ..generation import Update


@dataclass(frozen=True, slots=True)
class SceneFiles:
    """What has come."""

    glb: bytes
    sky: bytes
    facts: Mapping[str, str]


@dataclass
class SceneRecipe:
    """What is wanted; `sky`: whether it becomes the world of the user's scene."""

    name: str
    landscape: Landscape
    options: SceneOptions
    sky: bool
    made: Made = field(default_factory=Made)

    def ask(self, client: Client) -> Generator[Update, None, None]:
        """See `Recipe`."""
        yield Update(0.0, f"Asking for {self.name}")
        stream = client.generate_scene(self.landscape, **self.options)
        for update in stream:
            yield Update(0.95 * (update.sequence + 1) / update.part_count, f"{self.name}: {update.name}")
        result = stream.result()
        facts = provenance_of(result.header, result.sha256)
        glb = result.files["scene.glb"]
        licences = provenance_in(glb).get("TrainingLicences", "")
        files = SceneFiles(glb, result.files["sky.hdr"], facts | {"training_licences": licences})
        yield Update(1.0, f"{self.name}: importing", files)

    def show(self, content: SceneFiles) -> None:
        """See `Recipe`."""
        with self.made.recording():
            collection, root = new_root(self.name, bpy.context.scene)
            note(root, content.facts)
            objects = import_models(content.glb, collection)
            hang_below(root, objects)
            dim_sun(objects)
            if self.sky:
                bpy.context.scene.world = new_sky(f"{self.name} sky", content.sky)

    def discard(self) -> None:
        """See `Recipe`."""
        self.made.remove()
