"""A character's frames: each step moves many characters on, and draws those that are wanted as pictures."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.assets import Draft, GeneratorInfo, Part
from engine.codecs.video.still import MEDIA_TYPES, encode_still
from engine.errors import InvalidRequestError
from engine.generators.character.pose import LAYOUT, POSE_BYTES, POSE_MEDIA_TYPE, pose_bytes
from engine.generators.character.protocols import Figures, Motion, Painter
from engine.generators.protocol import StepKinds
from engine.requests.character.control import Control, Steering
from engine.requests.character.frames import FramesRequest, Pictures

SEEK_FRAMES = 32
"""Frames that one step moves on over what is not sent: cheap enough not to hold up others."""

_HEAD = struct.Struct("<IHB")
"""Of a checkpoint: number of the next frame, size of the steering behind this, whether there is a description."""


@dataclass(slots=True)
class FramesState:
    """How far one stream is.

    moving    state of its motion
    steering  what holds for the next frame
    frame     number of the next frame
    scripted  controls of the script that `steering` contains
    """

    request: FramesRequest
    figure: Any
    moving: Any
    steering: Steering
    frame: int = 0
    scripted: int = 0
    described: bool = False

    @property
    def finished(self) -> bool:
        """Whether every frame has been made."""
        return self.described and self.frame >= self.request.first_frame + self.request.frame_count

    @property
    def part_count(self) -> int:
        """The description and the frames."""
        return 1 + self.request.frame_count

    @property
    def seeking(self) -> bool:
        """Whether the next frame is not sent."""
        return self.frame < self.request.first_frame

    def moved_on(self) -> None:
        """The next frame is the one after; take what the script says for it."""
        self.frame += 1
        self.follow_script()

    def follow_script(self) -> None:
        """Take what the script says for the next frame."""
        script = self.request.script
        while self.scripted < len(script) and script[self.scripted][0] <= self.frame:
            self.steering = self.steering.after(script[self.scripted][1])
            self.scripted += 1


class FramesGenerator:
    """Makes one part per step and session: the description, then frame by frame.

    painters  by the renderer's name in requests
    """

    def __init__(
        self, info: GeneratorInfo, motion: Motion[Any], figures: Figures, painters: Mapping[str, Painter]
    ) -> None:
        self._info = info
        self._motion = motion
        self._figures = figures
        self._painters = painters

    @property
    def info(self) -> GeneratorInfo:
        """The catalog entry."""
        return self._info

    def begin(self, request: FramesRequest) -> FramesState:
        """Open a session for `request`. Raises InvalidRequestError for names that do not exist."""
        if (pictures := request.pictures) is not None:
            if pictures.renderer not in self._painters:
                raise InvalidRequestError("renderer", pictures.renderer, ", ".join(self._painters))
            sizes_px = self._painters[pictures.renderer].sizes_px
            if pictures.size_px not in sizes_px:
                raise InvalidRequestError("size_px", pictures.size_px, ", ".join(map(str, sizes_px)))
        for index, (_, control) in enumerate(request.script):
            self._check(control, f"script[{index}].control.")
        moving = self._motion.begin(request.seed, request.rate_hz)
        state = FramesState(request, self._figures.figure(request.who), moving, Steering())
        state.follow_script()
        return state

    def checkpoint(self, state: FramesState) -> bytes:
        """Frame number, steering, and the state of the motion."""
        steering = state.steering.encoded()
        return _HEAD.pack(state.frame, len(steering), state.described) + steering + self._motion.stored(state.moving)

    def resume(self, request: FramesRequest, checkpoint: bytes) -> FramesState:
        """Continue with the frame that `checkpoint` tells."""
        state = self.begin(request)
        try:
            state.frame, size, described = _HEAD.unpack_from(checkpoint)
        except struct.error as error:
            raise InvalidRequestError(
                "checkpoint", f"{len(checkpoint)} bytes", f"{_HEAD.size} bytes or more"
            ) from error
        state.described = bool(described)
        if state.finished:
            raise InvalidRequestError("checkpoint", state.frame, "a frame of this stream")
        state.steering = Steering.decoded(checkpoint[_HEAD.size : _HEAD.size + size])
        state.moving = self._motion.restored(checkpoint[_HEAD.size + size :], request.rate_hz)
        state.scripted = sum(frame <= state.frame for frame, _ in request.script)
        return state

    def steps_ahead(self, state: FramesState) -> StepKinds:
        """The description, steps over what is not sent, then one step for each frame."""
        request, pictures = state.request, state.request.pictures
        first = max(state.frame, request.first_frame)
        kind = "pose" if pictures is None else f"{pictures.renderer} {pictures.size_px} px"
        ahead = (
            ("describe", int(not state.described)),
            ("seek", -(-(first - state.frame) // SEEK_FRAMES)),
            (kind, request.first_frame + request.frame_count - first),
        )
        return tuple((name, count) for name, count in ahead if count)

    def steer(self, state: FramesState, control: bytes) -> None:
        """Take a control; the next frame shows it."""
        change = Control.decoded(control)
        self._check(change, "")
        state.steering = state.steering.after(change)

    def skip(self, states: Sequence[FramesState], part_counts: Sequence[int]) -> None:
        """Move each state on over so many frames, which are not drawn.

        Whoever comes to a costly frame waits for the others to come to theirs.
        """
        ends = [state.frame + part_count for state, part_count in zip(states, part_counts, strict=True)]
        while left := [state for state, end in zip(states, ends, strict=True) if state.frame < end]:
            moved = [state for state in left if not self._motion.costly(state.moving)] or left
            self._moved(moved)
            for state in moved:
                state.moved_on()

    def step(self, states: Sequence[FramesState]) -> list[tuple[Part | Draft, ...]]:
        """Move each state on: by its description, by SEEK_FRAMES frames that are not sent, or by one that is."""
        made: list[tuple[Part | Draft, ...]] = [() for _ in states]
        seeking: list[FramesState] = []
        moving: list[tuple[int, FramesState]] = []
        for index, state in enumerate(states):
            if not state.described:
                made[index] = (self._described(state),)
            elif state.seeking:
                seeking.append(state)
            else:
                moving.append((index, state))
        self.skip(seeking, [min(SEEK_FRAMES, state.request.first_frame - state.frame) for state in seeking])
        if moving:
            poses = self._moved([state for _, state in moving])
            for (index, state), pose in zip(moving, poses, strict=True):
                made[index] = (self._frame(state, pose),)
                state.moved_on()
        return made

    def _moved(self, states: Sequence[FramesState]) -> NDArray[np.float32]:
        return self._motion.step([state.moving for state in states], [state.steering for state in states])

    def _described(self, state: FramesState) -> Part:
        request = state.request
        document = {
            **self._figures.description(state.figure),
            "rate_hz": request.rate_hz,
            "first_frame": request.first_frame,
            "frame_count": request.frame_count,
            "pose_layout": LAYOUT,
        }
        if (pictures := request.pictures) is not None:
            self._painters[pictures.renderer].prepare(state.figure, pictures.size_px)
        state.described = True
        payload = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        return Part(0, "description", 0, "application/json", payload)

    def _frame(self, state: FramesState, pose: NDArray[np.float32]) -> Part | Draft:
        request, pictures = state.request, state.request.pictures
        sequence = 1 + state.frame - request.first_frame
        if pictures is None:
            return Part(sequence, "pose", 0, POSE_MEDIA_TYPE, self._pose(state, pose))
        pixels = self._painters[pictures.renderer].paint(state.figure, pose, state.steering, pictures.size_px)
        tail = self._pose(state, pose) if request.poses else b""
        media_type = MEDIA_TYPES[pictures.format] + (f";pose_bytes={POSE_BYTES}" if request.poses else "")
        return Draft(sequence, "frame", pictures.size_px, media_type, partial(_encoded, pixels, pictures, tail))

    def _pose(self, state: FramesState, pose: NDArray[np.float32]) -> bytes:
        return pose_bytes(self._figures.own_pose(state.figure, pose))

    def _check(self, control: Control, prefix: str) -> None:
        """Raises InvalidRequestError for names that the motion does not know."""
        try:
            control.check_names(self._motion.names)
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{prefix}{error.field}", error.value, error.allowed) from None


def _encoded(pixels: NDArray[np.uint8], pictures: Pictures, tail: bytes) -> bytes:
    return encode_still(pixels, pictures.format, pictures.quality, pictures.background_rgb()) + tail
