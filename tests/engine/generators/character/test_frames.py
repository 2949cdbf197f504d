import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.assets import Draft, Part
from engine.errors import InvalidRequestError
from engine.generators.character.frames import SEEK_FRAMES, FramesGenerator, FramesState
from engine.generators.character.pose import POSE_BYTES, pose_of
from engine.requests.character.control import Control
from engine.requests.character.frames import FramesRequest, Pictures
from engine.requests.character.identity import IdentityRequest, Who
from engine.runtime.messages import CHECKPOINT_MAX_BYTES

SCRIPT = ((0, Control(speed_mps=1.0)), (6, Control(heading_deg=90.0)), (9, Control(action="jump", camera_yaw_deg=45.0)))
REQUEST = FramesRequest(frame_count=12, script=SCRIPT)
FILMED = replace(REQUEST, pictures=Pictures(size_px=128))


def part_of(made: Part | Draft) -> Part:
    return made.part() if isinstance(made, Draft) else made


def made_by(generator: FramesGenerator, states: Sequence[FramesState]) -> list[list[Part]]:
    """Every part of each of these, stepped together as long as they are at the same kind of step."""
    made: list[list[Part]] = [[] for _ in states]
    while open_states := [index for index, state in enumerate(states) if not state.finished]:
        kind = generator.steps_ahead(states[open_states[0]])[0][0]
        batch = [index for index in open_states if generator.steps_ahead(states[index])[0][0] == kind]
        for index, parts in zip(batch, generator.step([states[index] for index in batch]), strict=True):
            made[index] += map(part_of, parts)
    return made


def alone(generator: FramesGenerator, request: FramesRequest) -> list[Part]:
    return made_by(generator, [generator.begin(request)])[0]


def digest(parts: Sequence[Part]) -> str:
    return hashlib.sha256(b"".join(part.payload for part in parts)).hexdigest()


def test_description_comes_first_then_one_part_per_frame(disc_frames: FramesGenerator) -> None:
    parts = alone(disc_frames, REQUEST)
    assert [part.sequence for part in parts] == list(range(13))
    assert [part.map for part in parts] == ["description"] + 12 * ["pose"]
    description = json.loads(parts[0].payload)
    assert len(description["joints"]) == 19
    assert (description["rate_hz"], description["frame_count"], description["first_frame"]) == (30, 12, 0)
    assert description["pose_layout"]["rotation_xyzw"] == [3, 79]


def test_announced_steps_are_those_that_are_made(disc_frames: FramesGenerator) -> None:
    state = disc_frames.begin(replace(FILMED, first_frame=70))
    assert disc_frames.steps_ahead(state) == (("describe", 1), ("seek", 3), ("mesh 128 px", 12))
    steps = 0
    while not state.finished:
        disc_frames.step([state])
        steps += 1
    assert steps == 1 + 3 + 12
    assert disc_frames.steps_ahead(state) == ()


def test_pose_follows_frame_in_the_same_part(disc_frames: FramesGenerator) -> None:
    raw = alone(disc_frames, FILMED)[5]
    assert (raw.map, raw.lod_px, raw.media_type) == ("frame", 128, f"application/x-rgba8;pose_bytes={POSE_BYTES}")
    assert len(raw.payload) == 4 * 128 * 128 + POSE_BYTES
    only = alone(disc_frames, REQUEST)[5]
    assert raw.payload[-POSE_BYTES:] == only.payload
    pictures = alone(disc_frames, replace(FILMED, poses=False))[5]
    assert (pictures.media_type, pictures.payload) == ("application/x-rgba8", raw.payload[:-POSE_BYTES])


def test_script_shows_from_its_frame_on(disc_frames: FramesGenerator) -> None:
    poses = np.array([pose_of(part.payload) for part in alone(disc_frames, REQUEST)[1:]])
    moved = np.diff(poses[:, [0, 2]], axis=0)
    assert np.allclose(moved[:5], (0, 1 / 30), atol=1e-6)  # frames 1 to 5
    assert np.allclose(moved[5:], (1 / 30, 0), atol=1e-6)  # 6 and later
    assert list(poses[:, 1]) == 9 * [0] + 3 * [1]


def test_control_before_a_step_shows_in_its_frame(disc_frames: FramesGenerator) -> None:
    state = disc_frames.begin(FramesRequest(frame_count=5))
    disc_frames.step([state])
    made = []
    for frame in range(5):
        if frame == 3:
            disc_frames.steer(state, Control(action="jump").encoded())
        made += [pose_of(part_of(parts[0]).payload) for parts in disc_frames.step([state])]
    assert [pose[1] for pose in made] == [0, 0, 0, 1, 1]


def test_clients_control_comes_on_top_of_the_script(disc_frames: FramesGenerator) -> None:
    state = disc_frames.begin(FramesRequest(frame_count=3, script=((0, Control(speed_mps=1, heading_deg=90)),)))
    disc_frames.step([state])
    disc_frames.steer(state, Control(heading_deg=0).encoded())
    pose = pose_of(part_of(disc_frames.step([state])[0][0]).payload)
    assert np.allclose(pose[[0, 2]], (0, 1 / 30), atol=1e-6)


def test_frames_that_are_skipped_change_nothing_of_those_that_are_made(disc_frames: FramesGenerator) -> None:
    wholes = [alone(disc_frames, each) for each in (FILMED, replace(FILMED, who=Who(IdentityRequest(seed=9))))]
    states = [disc_frames.begin(FILMED), disc_frames.begin(replace(FILMED, who=Who(IdentityRequest(seed=9))))]
    disc_frames.step(states)
    expected = [0, 0]
    for skipped in ((0, 0), (2, 0), (5, 7), (0, 1)):
        disc_frames.skip(states, skipped)
        for index, parts in enumerate(disc_frames.step(states)):
            expected[index] += skipped[index] + 1
            assert [part_of(made) for made in parts] == [wholes[index][expected[index]]]
    assert [state.finished for state in states] == [False, True]


def test_costly_frames_that_are_skipped_are_made_together(disc_frames: FramesGenerator, disc_motion: Any) -> None:
    states = [disc_frames.begin(FramesRequest(frame_count=90, who=Who(IdentityRequest(seed)))) for seed in range(6)]
    disc_frames.step(states)
    disc_motion.costly_count = 0
    disc_frames.skip(states, [30] * 6)
    assert [state.frame for state in states] == [30] * 6
    assert disc_motion.costly_count <= 30 / 3 + 2


@pytest.mark.parametrize("request_", [REQUEST, FILMED])
def test_same_bytes_alone_and_among_sixteen(
    disc_frames: FramesGenerator, disc_motion: Any, request_: FramesRequest
) -> None:
    requests = [replace(request_, who=Who(IdentityRequest(seed=seed))) for seed in range(16)]
    alone_digests = [digest(alone(disc_frames, each)) for each in requests]
    disc_motion.batch_sizes.clear()
    together = made_by(disc_frames, [disc_frames.begin(each) for each in requests])
    assert set(disc_motion.batch_sizes) == {16}
    assert [digest(parts) for parts in together] == alone_digests
    assert len(set(alone_digests)) == 16


@pytest.mark.parametrize("request_", [REQUEST, FILMED, replace(REQUEST, first_frame=40)])
def test_any_checkpoint_continues_with_the_same_bytes(disc_frames: FramesGenerator, request_: FramesRequest) -> None:
    whole = alone(disc_frames, request_)
    state = disc_frames.begin(request_)
    before: list[Part] = []
    while not state.finished:
        checkpoint = disc_frames.checkpoint(state)
        assert len(checkpoint) <= CHECKPOINT_MAX_BYTES
        resumed = disc_frames.resume(request_, checkpoint)
        assert digest(before + made_by(disc_frames, [resumed])[0]) == digest(whole)
        before += [part_of(made) for made in disc_frames.step([state])[0]]


def test_checkpoint_holds_the_controls_that_came(disc_frames: FramesGenerator) -> None:
    state = disc_frames.begin(FramesRequest(frame_count=4))
    disc_frames.step([state])
    disc_frames.steer(state, Control(action="jump", speed_mps=2.5, camera_zoom=0.3).encoded())
    resumed = disc_frames.resume(state.request, disc_frames.checkpoint(state))
    assert resumed.steering == state.steering


def test_frames_before_the_first_are_made_but_not_sent(disc_frames: FramesGenerator) -> None:
    whole = alone(disc_frames, replace(FILMED, frame_count=SEEK_FRAMES + 20))
    late = alone(disc_frames, replace(FILMED, first_frame=SEEK_FRAMES + 8, frame_count=12))
    assert [part.payload for part in late[1:]] == [part.payload for part in whole[SEEK_FRAMES + 9 :]]
    assert [part.sequence for part in late] == list(range(13))


def test_unknown_names_are_refused_with_those_that_exist(disc_frames: FramesGenerator) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        disc_frames.begin(FramesRequest(script=((3, Control(action="fly")),)))
    assert (caught.value.field, caught.value.allowed) == ("script[0].control.action", "wave, jump")
    state = disc_frames.begin(FramesRequest())
    with pytest.raises(InvalidRequestError) as caught:
        disc_frames.steer(state, Control(gait="crawl").encoded())
    assert (caught.value.field, caught.value.value, caught.value.allowed) == ("gait", "crawl", "walk, run")
    with pytest.raises(InvalidRequestError):
        disc_frames.begin(FramesRequest(who=Who(IdentityRequest(sliders={"width": 0.5}))))


@pytest.mark.parametrize("checkpoint", [b"", b"abc", bytes(7), b"\xff" * 7, bytes(7) + b"x"])
def test_checkpoint_of_something_else_is_refused(disc_frames: FramesGenerator, checkpoint: bytes) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        disc_frames.resume(REQUEST, checkpoint)
    assert caught.value.field == "checkpoint"
