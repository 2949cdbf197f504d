"""The clips: who is in them, what they are told, and how their frames become one picture."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from rich.progress import track

from benchmarks.clips.drawing import (
    SPACING,
    Picture,
    Shot,
    blank,
    caption,
    faded,
    ground,
    over,
    placed,
    shadow,
    shrunk,
    skeleton,
    sliders,
)
from benchmarks.clips.loops import SEAM_FRAMES, closed, loop_of
from benchmarks.clips.takes import RATE_HZ, SIZE_PX, body_of, in_another_body, next_shot, poses_of, request_for, shots
from engine.generators.character.frames import FramesGenerator
from engine.requests.character.control import Control
from engine.requests.character.identity import IdentityRequest, Who

WARM_UP_FRAMES = 2 * RATE_HZ
"""Before a clip begins: from standing into its motion."""

STEERED = IdentityRequest(3)
TOUR = (
    (0.0, Control(speed_mps=1.4)),
    (4.4, Control(speed_mps=3.6)),
    (6.6, Control(speed_mps=1.4)),
    (7.6, Control(speed_mps=0.0)),
    (8.2, Control(action="wave")),
    (9.9, Control(action="", speed_mps=1.4)),
)
"""Seconds, and what it is told."""

HEADING = ((0.0, 0.0), (2.9, 0.0), (4.1, 75.0), (6.2, 75.0), (7.6, 0.0))
CAMERA = ((0.0, 35.0), (3.2, 35.0), (5.0, -5.0), (6.2, -5.0), (8.0, 12.0), (9.6, 12.0), (11.2, 35.0))
"""Seconds, and degrees; between them character and camera turn smoothly."""

TOUR_FRAMES, TOUR_WIDTH_PX = 13 * RATE_HZ, 340

SCULPTED = IdentityRequest(6)
SLIDERS = ("height", "build", "head_size", "leg_length")
BODIES = 42
"""Different bodies in one round of the sliders."""

SCULPTED_FRAMES, PANEL_PX, FEET = (92, 124), 190, 0.9
"""Shortest and longest round; width of the sliders; share of the picture's height above a character's feet."""

CAST = (
    ("wave", IdentityRequest(22, "goblin"), Control(action="wave")),
    ("box", IdentityRequest(21, "human"), Control(action="box")),
    ("cheer", IdentityRequest(42, "robot"), Control(action="cheer")),
    ("jump", IdentityRequest(9, "skeleton"), Control(action="jump")),
    ("run", IdentityRequest(11, "beast"), Control(speed_mps=3.3)),
)
ACTIONS_FRAMES, ACTED_FRAMES, ACTIONS_SCALE, ACTIONS_WIDTH_PX, CAPTION_PX = 72, 6 * RATE_HZ, 0.78, 128, 24


def steered(generator: FramesGenerator) -> list[Picture]:
    """One character that walks, turns, runs, waves and walks on, while the camera circles it."""
    script = (*((round(at_s * RATE_HZ), control) for at_s, control in TOUR), *turning_script())
    request = request_for(STEERED, TOUR_FRAMES, tuple(sorted(script, key=lambda entry: entry[0])))
    made = list(track(shots(generator, request), "steered", TOUR_FRAMES))
    latest = WARM_UP_FRAMES + RATE_HZ
    longest = TOUR_FRAMES - 1 - latest
    poses = np.stack([shot.pose for shot in made])
    start, length = loop_of(poses, longest - 2 * RATE_HZ, longest, WARM_UP_FRAMES, latest)
    # The dots lie on a grid. What the way misses of whole steps is made up for, too slowly to be seen.
    way_m = poses[start + length, [0, 2]] - poses[start, [0, 2]]
    spacing_m = SPACING * made[0].height_m
    missing_m = way_m - np.round(way_m / spacing_m) * spacing_m
    frames = []
    for number, shot in enumerate(made):
        x_m, z_m = (missing_m * (number - start) / length).tolist()
        frames.append(over(placed(shot.pixels, TOUR_WIDTH_PX), ground(shot, TOUR_WIDTH_PX, (x_m, z_m))))
    return closed(frames, start, length)


def turning_script() -> Iterator[tuple[int, Control]]:
    """Heading and camera, frame by frame."""
    (heading_s, heading_deg), (camera_s, camera_deg) = (zip(*way, strict=True) for way in (HEADING, CAMERA))
    for frame in range(round(camera_s[-1] * RATE_HZ) + 2):
        heading, camera = eased(frame / RATE_HZ, heading_s, heading_deg), eased(frame / RATE_HZ, camera_s, camera_deg)
        yield frame, Control(heading_deg=round(heading, 2), camera_yaw_deg=round(camera, 2))


def eased(at: float, times: Sequence[float], values: Sequence[float]) -> float:
    """The value at a time, on its way from one to the next with a soft start and a soft end."""
    index = min(max(sum(time <= at for time in times) - 1, 0), len(times) - 2)
    return values[index] + (values[index + 1] - values[index]) * soft(
        (at - times[index]) / (times[index + 1] - times[index])
    )


def soft(share: float) -> float:
    """0 to 1 with a soft start and a soft end."""
    inside = min(max(share, 0.0), 1.0)
    return inside * inside * (3.0 - 2.0 * inside)


def sculpted(generator: FramesGenerator) -> list[Picture]:
    """One walk, while sliders change whose walk it is: the session goes on with another body every few frames."""
    count = WARM_UP_FRAMES + RATE_HZ + SCULPTED_FRAMES[1] + 1
    request = request_for(SCULPTED, count, ((0, Control(speed_mps=1.3, camera_yaw_deg=40.0)),))
    walk = poses_of(generator, request)
    start, length = loop_of(walk, *SCULPTED_FRAMES, WARM_UP_FRAMES, WARM_UP_FRAMES + RATE_HZ)
    state = generator.begin(replace(request, first_frame=start - SEAM_FRAMES))
    body = body_of(generator, request.who)
    made: list[tuple[Shot, Mapping[str, float]]] = []
    for number in track(range(-SEAM_FRAMES, length), "sculpted"):
        who = Who(replace(SCULPTED, sliders=slider_values(number * BODIES // length / BODIES)))
        if who != state.request.who:
            state = in_another_body(generator, state, who)
            body = body_of(generator, who)
        made.append((next_shot(generator, state, body), slider_values(number / length)))
    tallest_m = max(shot.height_m for shot, _ in made)
    return closed([_with_sliders(shot, values, tallest_m) for shot, values in made], SEAM_FRAMES, length)


def slider_values(round_share: float) -> dict[str, float]:
    """All sliders on their way up and down, one behind the other; back at the beginning after a whole round."""
    turns = (round_share - index / len(SLIDERS) for index in range(len(SLIDERS)))
    return {name: round(0.5 - 0.5 * math.cos(math.tau * turn), 4) for name, turn in zip(SLIDERS, turns, strict=True)}


def _with_sliders(shot: Shot, values: Mapping[str, float], tallest_m: float) -> Picture:
    # Every picture shows its character in the same size: those of short ones are made smaller, around the feet.
    scene = over(shot.pixels, shadow(shot, SIZE_PX))
    small = shrunk(scene, shot.height_m / tallest_m, (SIZE_PX, SIZE_PX), (0.5, FEET))
    panel = blank(PANEL_PX, SIZE_PX)
    panel[24:-32] = sliders(values, PANEL_PX, SIZE_PX - 56)
    return np.concatenate([small, panel], axis=1)


def acting(generator: FramesGenerator) -> list[Picture]:
    """One of every kind, each in an action; half of the time what the pose says shines through."""
    columns = [_acted(generator, *role) for role in track(CAST, "acting")]
    return [np.concatenate(row, axis=1) for row in zip(*columns, strict=True)]


def _acted(generator: FramesGenerator, name: str, identity: IdentityRequest, control: Control) -> list[Picture]:
    seen = replace(control, camera_yaw_deg=30.0, camera_zoom=0.7)
    request = request_for(identity, ACTED_FRAMES, ((0, seen),))
    latest, length = ACTED_FRAMES - ACTIONS_FRAMES - 2, ACTIONS_FRAMES
    start, _ = loop_of(poses_of(generator, request), length, length, RATE_HZ, latest)
    looped = replace(request, first_frame=start - SEAM_FRAMES, frame_count=SEAM_FRAMES + length)
    size_px = ACTIONS_WIDTH_PX, round(ACTIONS_SCALE * SIZE_PX)
    title = caption(name, ACTIONS_WIDTH_PX, CAPTION_PX)
    frames = []
    for number, shot in enumerate(shots(generator, looped)):
        bare = shining((number - SEAM_FRAMES) / length)
        scene = over(faded(shot.pixels, 1.0 - 0.75 * bare), faded(shadow(shot, SIZE_PX), 1.0 - bare))
        scene = over(faded(skeleton(shot), bare), scene)
        frames.append(np.concatenate([shrunk(scene, ACTIONS_SCALE, size_px, (0.5, 0.5)), title]))
    return closed(frames, SEAM_FRAMES, length)


def shining(share: float) -> float:
    """How much of the skeleton is seen: nothing for half of the loop, then all of it for a quarter."""
    return soft(4.0 * (0.25 - abs(share % 1.0 - 0.75)) / 0.5)


FILMS: Mapping[str, Callable[[FramesGenerator], list[Picture]]] = {
    "character-steered": steered,
    "character-sliders": sculpted,
    "character-poses": acting,
}
"""Name of the file -> what makes it."""
