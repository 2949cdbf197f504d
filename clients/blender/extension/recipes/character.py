"""A character: rigged model with its clips, and, if it is told what to do, an action of that."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from morphogen_client import BrokenStreamError, Client, ControlOptions, Identity

from ..building.models import hang_below, import_models
from ..building.placing import Made, new_root, note, provenance_of
from ..building.poses import Motion, bake
from ..generation import Update


@dataclass(frozen=True, slots=True)
class Performance:
    """What a character is told.

    script       (frame, controls) in ascending order
    frame_count  how long, in frames of `rate_hz`
    rate_hz      24, 30, 60, 72 or 90
    """

    script: Sequence[tuple[int, ControlOptions]]
    frame_count: int
    rate_hz: int


@dataclass(frozen=True, slots=True)
class CharacterFiles:
    """What has come."""

    glb: bytes
    motion: Motion | None
    facts: Mapping[str, Any]


@dataclass
class CharacterRecipe:
    """What is wanted; without a performance only the model with its clips."""

    identity: Identity
    performance: Performance | None
    made: Made = field(default_factory=Made)

    @property
    def name(self) -> str:
        """Of the character."""
        return f"{self.identity.kind or 'character'} {self.identity.seed}"

    def ask(self, client: Client) -> Generator[Update, None, None]:
        """See `Recipe`."""
        yield Update(0.0, f"Asking for {self.name}")
        stream = client.generate_character(identity=self.identity)
        for update in stream:
            yield Update(0.5 * (update.sequence + 1) / update.part_count, f"{self.name}: {update.name}")
        result = stream.result()
        facts = provenance_of(result.header, result.sha256) | {"identity": result.description["identity"]}
        motion = None
        if self.performance is not None:
            motion = yield from self._perform(client, self.performance)
        yield Update(1.0, f"{self.name}: importing", CharacterFiles(result.files["character.glb"], motion, facts))

    def _perform(self, client: Client, told: Performance) -> Generator[Update, None, Motion]:
        places: list[NDArray[np.float32]] = []
        rotations: list[NDArray[np.float32]] = []
        stream = client.play_frames(
            identity=self.identity,
            rate_hz=told.rate_hz,
            frame_count=told.frame_count,
            script=told.script,
            best_effort=True,
        )
        for frame in stream:
            if frame.pose is None:
                raise BrokenStreamError(f"frame {frame.number} has no pose")
            places.append(frame.pose.root_m)
            rotations.append(frame.pose.rotation)
            if len(places) % told.rate_hz == 0:
                share = len(places) / told.frame_count
                yield Update(0.5 + 0.5 * share, f"{self.name}: second {len(places) // told.rate_hz}")
        joints = tuple(map(str, stream.result().description["joints"]))
        return Motion(joints, np.stack(places), np.stack(rotations), told.rate_hz)

    def show(self, content: CharacterFiles) -> None:
        """See `Recipe`."""
        with self.made.recording():
            collection, root = new_root(self.name, bpy.context.scene)
            note(root, content.facts)
            objects = import_models(content.glb, collection)
            hang_below(root, objects)
            armature = next((each for each in objects if each.type == "ARMATURE"), None)
            if armature is None:
                raise BrokenStreamError(f"{self.name}: the model has no skeleton")
            if content.motion is not None:
                bake(armature, content.motion, f"{self.name} script", bpy.context.scene)

    def discard(self) -> None:
        """See `Recipe`."""
        self.made.remove()
