"""A character as files: its description, its rigged model with clips, a picture."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.assets import Draft, GeneratorInfo, Part
from engine.codecs.gltf.rig import Clip, write_character_glb
from engine.codecs.image import encode_png
from engine.codecs.provenance import provenance_fields
from engine.codecs.video.frames import over
from engine.errors import InvalidRequestError
from engine.generators.character.figures import Figure, ParametricFigures
from engine.generators.character.motion import GAITS, DirectedMotion, Moving
from engine.generators.character.painters import MeshPainter
from engine.generators.character.pose import pose_parts
from engine.generators.protocol import StepKinds
from engine.motion.pose import Poses
from engine.requests.character.control import Steering
from engine.requests.character.identity import CharacterRequest

CLIP_RATE_HZ = 30
CLIP_FRAMES = 120
LEAD_FRAMES = 30
"""Before a clip begins: what it shows has to get going first."""

STEP_FRAMES = 15
"""Of all clips, made in one step: more would hold up streams beside it."""

SPEEDS_MPS = {"walk": 1.3, "run": 3.0, "crawl": 0.6}
PREVIEW_BACKGROUND = (32, 36, 40)
PREVIEW_STEERING = Steering(camera_yaw_deg=25.0, camera_zoom=0.85)

_PARTS = ("description", "character", "preview")


@dataclass(slots=True)
class CharacterState:
    """How many of the files have been made.

    moving  what the clips are made with, and poses [clip, 83] so far; empty before the first step at them
    """

    request: CharacterRequest
    figure: Figure
    made_count: int = 0
    part_count: int = field(default=len(_PARTS), init=False)
    moving: list[Moving] = field(default_factory=list)
    poses: list[NDArray[np.float32]] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        """Whether every file has been made."""
        return self.made_count >= self.part_count

    @property
    def clip_steps(self) -> int:
        """Steps that the clips still need."""
        if self.made_count > _PARTS.index("character"):
            return 0
        return -(-(LEAD_FRAMES + CLIP_FRAMES - len(self.poses)) // STEP_FRAMES)


class CharacterGenerator:
    """Makes the description, poses for the clips in several steps, and then one file per step.

    Mesh and picture are made beside the steps, while their files are encoded.
    """

    def __init__(self, info: GeneratorInfo, motion: DirectedMotion) -> None:
        self._info = info
        self._motion = motion
        self._figures = ParametricFigures()
        self._painter = MeshPainter()

    @property
    def info(self) -> GeneratorInfo:
        """The catalog entry."""
        return self._info

    def begin(self, request: CharacterRequest) -> CharacterState:
        """Open a session for `request`. Raises InvalidRequestError for names that do not exist."""
        known = self.clip_names()
        for name in request.clips:
            if name not in known:
                raise InvalidRequestError("clips", name, ", ".join(known))
        return CharacterState(request, self._figures.figure(request.who))

    def clip_names(self) -> tuple[str, ...]:
        """What clips there are."""
        return (*self._motion.names["action"], *GAITS)

    def checkpoint(self, state: CharacterState) -> bytes:
        """The number of files made so far; clips that are not finished are begun again."""
        return bytes([state.made_count])

    def resume(self, request: CharacterRequest, checkpoint: bytes) -> CharacterState:
        """Continue with the next file."""
        state = self.begin(request)
        if len(checkpoint) != 1 or checkpoint[0] >= state.part_count:
            raise InvalidRequestError("checkpoint", checkpoint.hex()[:40], f"one byte below {state.part_count}")
        state.made_count = checkpoint[0]
        return state

    def steps_ahead(self, state: CharacterState) -> StepKinds:
        """The description, the clips, the other files."""
        ahead = [(f"character {name}", 1) for name in _PARTS[state.made_count :]]
        if state.clip_steps:
            ahead.insert(len(ahead) - 2, ("character clips", state.clip_steps))
        return tuple(ahead)

    def step(self, states: Sequence[CharacterState]) -> list[tuple[Part | Draft, ...]]:
        """Make the next file of each state, or some of its clips' poses."""
        made: list[tuple[Part | Draft, ...]] = []
        for state in states:
            if _PARTS[state.made_count] == "character" and state.clip_steps:
                self._move(state)
                made.append(())
            else:
                made.append((self._next(state),))
                state.made_count += 1
        return made

    def _next(self, state: CharacterState) -> Part | Draft:
        request, figure, sequence = state.request, state.figure, state.made_count
        provenance = provenance_fields(self._info, request)
        match _PARTS[sequence]:
            case "description":
                document = {**self._figures.description(figure), "provenance": provenance}
                text = json.dumps(document, sort_keys=True, indent=2)
                return Part(sequence, "description", 0, "application/json", f"{text}\n".encode())
            case "character":
                clips = self._clips(state)
                encode = partial(_model, figure, clips, provenance)
                return Draft(sequence, "character", 0, "model/gltf-binary", encode)
            case _:
                moving = self._motion.begin(request.seed, CLIP_RATE_HZ)
                pose = self._motion.step([moving], [PREVIEW_STEERING])[0]
                encode = partial(self._picture, figure, pose, request.preview_px, provenance)
                return Draft(sequence, "preview", request.preview_px, "image/png", encode)

    def _move(self, state: CharacterState) -> None:
        """Make the next poses of all clips, together."""
        names = state.request.clips or self.clip_names()
        steering = [_wish(name) for name in names]
        if not state.moving:
            state.moving = [self._motion.begin(state.request.seed, CLIP_RATE_HZ) for _ in names]
        for _ in range(min(STEP_FRAMES, LEAD_FRAMES + CLIP_FRAMES - len(state.poses))):
            state.poses.append(self._motion.step(state.moving, steering))

    def _clips(self, state: CharacterState) -> list[Clip]:
        """The clips; each begins above the origin."""
        clips = []
        for index, name in enumerate(state.request.clips or self.clip_names()):
            root_m, rotation, contact = pose_parts(np.stack([pose[index] for pose in state.poses[LEAD_FRAMES:]]))
            root_m = root_m - root_m[:1] * np.array([1, 0, 1], np.float32)
            clips.append(Clip(name, Poses(root_m, rotation, contact), CLIP_RATE_HZ))
        return clips

    def _picture(self, figure: Figure, pose: NDArray[np.float32], size_px: int, provenance: Mapping[str, str]) -> bytes:
        pixels = self._painter.paint(figure, pose, PREVIEW_STEERING, size_px)
        return encode_png(over(pixels, PREVIEW_BACKGROUND), provenance, srgb=True)


def _model(figure: Figure, clips: Sequence[Clip], provenance: Mapping[str, str]) -> bytes:
    return write_character_glb(figure.character, clips, provenance)


def _wish(name: str) -> Steering:
    if name in GAITS:
        return Steering(gait=name, speed_mps=SPEEDS_MPS[name])
    return Steering(action=name, heading_deg=90.0 if name == "turn" else 0.0)
