"""What a character's session gives, frame by frame, with all that drawing around it needs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.clips.drawing import Shot
from engine.assets import Draft
from engine.generators.character.frames import FramesGenerator, FramesState
from engine.generators.character.painters import camera_of
from engine.generators.character.pose import POSE_BYTES, pose_of
from engine.requests.character.control import Control
from engine.requests.character.frames import FramesRequest, Pictures
from engine.requests.character.identity import IdentityRequest, Who

RATE_HZ, SIZE_PX = 24, 256


@dataclass(frozen=True, slots=True)
class Body:
    """What a description says about a character."""

    height_m: float
    rest_offset_m: NDArray[np.float32]
    joints: tuple[str, ...]


def request_for(identity: IdentityRequest, frame_count: int, script: tuple[tuple[int, Control], ...]) -> FramesRequest:
    """Poses and pictures."""
    return FramesRequest(Who(identity), RATE_HZ, frame_count, pictures=Pictures(size_px=SIZE_PX), script=script)


def shots(generator: FramesGenerator, request: FramesRequest) -> Iterator[Shot]:
    """All frames of a request."""
    body = body_of(generator, request.who)
    state = generator.begin(request)
    while not state.finished:
        yield next_shot(generator, state, body)


def next_shot(generator: FramesGenerator, state: FramesState, body: Body) -> Shot:
    """The next frame, behind whatever comes before it."""
    while True:
        camera = camera_of(state.steering)
        for part in (made.part() if isinstance(made, Draft) else made for made in generator.step([state])[0]):
            if part.map != "description":
                pixels = np.frombuffer(part.payload[:-POSE_BYTES], np.uint8).reshape(SIZE_PX, SIZE_PX, 4)
                pose = pose_of(part.payload[-POSE_BYTES:])
                return Shot(pixels, pose, camera, body.height_m, body.rest_offset_m, body.joints)


def poses_of(generator: FramesGenerator, request: FramesRequest) -> NDArray[np.float32]:
    """The poses of a request [frame, 83], without pictures."""
    state = generator.begin(replace(request, pictures=None))
    made = [part for _ in range(state.part_count) for part in generator.step([state])[0]]
    return np.stack([pose_of(part.part().payload if isinstance(part, Draft) else part.payload) for part in made[1:]])


def in_another_body(generator: FramesGenerator, state: FramesState, who: Who) -> FramesState:
    """The session goes on with the same motion as somebody else of the same seed."""
    return generator.resume(replace(state.request, who=who), generator.checkpoint(state))


def body_of(generator: FramesGenerator, who: Who) -> Body:
    """What the description says."""
    (made,) = generator.step([generator.begin(FramesRequest(who, RATE_HZ, 1))])[0]
    document: dict[str, Any] = json.loads((made.part() if isinstance(made, Draft) else made).payload)
    return Body(document["height_m"], np.array(document["rest_offset_m"], np.float32), tuple(document["joints"]))
