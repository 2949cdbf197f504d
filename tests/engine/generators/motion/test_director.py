import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.catalog import SHIPPED_WEIGHTS, recorded_sha256
from engine.errors import GenerationError, InvalidRequestError, WeightsError
from engine.generators.motion.control import MotionControl
from engine.generators.motion.director import BUCKET, RATES_HZ, MotionDirector, normal_noise, wishes_of
from engine.generators.motion.state import SESSION, STATE_MAX_BYTES, MotionState
from engine.motion.actions import ACTIONS, STYLES
from engine.motion.pose import Poses
from engine.nets.motiongen.weights_file import MotionGenWeights, load_motiongen

WALK, RUN = MotionControl((0.0, 1.4)), MotionControl((3.0, 1.0), style="stylized")
SCRIPT = [WALK] * 12 + [RUN] * 9 + [MotionControl(action="dance")] * 10


def played(
    director: MotionDirector, state: MotionState, rate_hz: int = 30, script: list[MotionControl] = SCRIPT
) -> bytes:
    """All poses of a script as bytes."""
    return b"".join(_bytes(director.step([state], [control], rate_hz)) for control in script)


def _bytes(poses: Poses, row: int = 0) -> bytes:
    return b"".join((poses.root_m[row].tobytes(), poses.rotation[row].tobytes(), poses.contact[row].tobytes()))


@pytest.mark.parametrize("rate", RATES_HZ)
def test_a_session_has_the_same_bytes_alone_and_among_sixteen(director: MotionDirector, rate: int) -> None:
    alone = played(director, director.begin(7), rate)
    states = [director.begin(seed) for seed in range(16)]
    others = [MotionControl((0.1 * seed, -1.0), action="walk") for seed in range(16)]
    among = b""
    for control in SCRIPT:
        others[7] = control
        among += _bytes(director.step(states, others, rate), 7)
    assert among == alone


def test_sessions_beyond_one_bucket_are_alike_too(director: MotionDirector) -> None:
    states = [director.begin(seed) for seed in (*range(36), 7)]
    among = b""
    for control in SCRIPT:
        among += _bytes(director.step(states, [control] * 37), 36)
    assert among == played(director, director.begin(7))


def test_equal_seeds_are_equal_and_others_are_not(director: MotionDirector) -> None:
    assert played(director, director.begin(3)) == played(director, director.begin(3))
    assert played(director, director.begin(3)) != played(director, director.begin(4))


@pytest.mark.parametrize("rate", [30, 72])
def test_a_session_resumes_from_its_bytes_at_any_frame(director: MotionDirector, rate: int) -> None:
    whole = played(director, director.begin(1), rate)
    frame_bytes = len(whole) // len(SCRIPT)
    for cut in (0, 1, 7, 13, 30):
        state = director.begin(1)
        played(director, state, rate, SCRIPT[:cut])
        resumed = MotionState.from_bytes(state.to_bytes())
        assert len(state.to_bytes()) <= STATE_MAX_BYTES
        assert played(director, resumed, rate, SCRIPT[cut:]) == whole[cut * frame_bytes :]


@pytest.mark.parametrize("rate", RATES_HZ)
def test_a_control_shows_in_the_frame_that_is_stepped_next(director: MotionDirector, rate: int) -> None:
    for before in range(7):
        states = [director.begin(2), director.begin(2)]
        for _ in range(before):
            director.step(states, [WALK, WALK], rate)
        shown = director.step(states, [WALK, RUN], rate)
        assert _bytes(shown, 0) != _bytes(shown, 1)


def test_rates_show_the_same_motion(director: MotionDirector) -> None:
    slow = [director.step([state], [WALK], 30) for state in [director.begin(9)] for _ in range(20)]
    fast_state = director.begin(9)
    fast = [director.step([fast_state], [WALK], 60) for _ in range(40)]
    for frame in range(20):
        assert _bytes(slow[frame]) == _bytes(fast[2 * frame + 1])


@pytest.mark.parametrize(
    ("rate", "needed"), [(30, [1] * 6), (90, [1, 0, 0] * 2), (60, [1, 0] * 3), (72, [1, 0, 1, 0, 1, 0, 0])]
)
def test_frames_between_two_known_moments_need_no_network(
    director: MotionDirector, rate: int, needed: list[int]
) -> None:
    state, found = director.begin(1), []
    for _ in needed:
        before = int(state.record["moment"])
        found.append(int(director.needs_network(state, rate)))
        director.step([state], [WALK], rate)
        assert found[-1] == int(state.record["moment"]) - before
    assert found == needed


def test_a_character_begins_where_and_how_it_is_told(director: MotionDirector) -> None:
    state = director.begin(5, "stylized", heading_rad=1.5)
    poses = director.step([state], [MotionControl()], 90)
    assert np.linalg.norm(poses.root_m[0, [0, 2]]) < 0.2
    assert abs(float(poses.heading_rad()[0]) - 1.5) < 0.2
    assert state.frame == 1


def test_move_means_what_speed_and_heading_ask_for() -> None:
    batch = np.zeros(4, SESSION)
    controls = [
        MotionControl(),
        MotionControl((0, 1.0)),
        MotionControl((0, 3.0)),
        MotionControl(heading_rad=2.0),
    ]
    wishes = wishes_of(batch, controls)
    assert [ACTIONS[number] for number in wishes["action"]] == ["idle", "walk", "run", "turn"]
    assert wishes["heading_rad"][3] == 2.0


def test_without_a_heading_somebody_faces_where_he_goes() -> None:
    wishes = wishes_of(np.zeros(1, SESSION), [MotionControl((1.0, 0.0))])
    assert wishes["heading_rad"][0] == pytest.approx(np.pi / 2)


def test_an_action_that_a_style_does_not_know_is_shown_in_the_other_one() -> None:
    wishes = wishes_of(
        np.zeros(2, SESSION), [MotionControl(action="crouch"), MotionControl(action="dance", style="stylized")]
    )
    assert [STYLES[number] for number in wishes["style"]] == ["stylized", "mocap"]


def test_buckets_are_those_whose_rows_have_the_same_bits(weights: MotionGenWeights) -> None:
    states = [MotionDirector(weights).begin(seed) for seed in range(20)]
    directors = [MotionDirector(weights), MotionDirector(weights)]
    directors[1]._buckets = (BUCKET,)
    shown = []
    for director in directors:
        own = [MotionState.from_bytes(state.to_bytes()) for state in states]
        shown.append([_bytes(director.step(own[:count], [WALK] * count)) for count in (1, 7, 9, 16, 17, 20)])
    assert shown[0] == shown[1]


@pytest.mark.parametrize("rate", [0, 25, 120, -30])
def test_other_rates_are_refused(director: MotionDirector, rate: int) -> None:
    with pytest.raises(InvalidRequestError, match="24, 30, 60, 72, 90"):
        director.step([director.begin(1)], [WALK], rate)


@pytest.mark.parametrize(
    ("seed", "style", "field"), [(-1, "mocap", "seed"), (2**32, "mocap", "seed"), (1, "x", "style")]
)
def test_impossible_beginnings_are_refused(director: MotionDirector, seed: int, style: str, field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        director.begin(seed, style)
    assert refused.value.field == field


def test_weights_of_other_actions_are_refused(weights: MotionGenWeights) -> None:
    config = replace(weights.header.network, actions=("fly", *ACTIONS[1:]))
    with pytest.raises(WeightsError, match="actions"):
        MotionDirector(replace(weights, header=replace(weights.header, network=config)))


def test_numbers_that_are_not_finite_never_leave(weights: MotionGenWeights) -> None:
    broken = replace(weights, codebook=replace(weights.codebook, beginnings=weights.codebook.beginnings + float("nan")))
    director = MotionDirector(broken)
    with pytest.raises(GenerationError):
        director.step([director.begin(1)], [WALK])


def test_noise_is_nearly_normal_and_depends_on_seed_moment_and_column_only() -> None:
    seed = np.arange(2000, dtype=np.uint32) + np.uint32(2**32 - 1000)
    noise = normal_noise(seed, np.full(2000, 7, np.int64), 32)
    assert abs(float(noise.mean())) < 0.02
    assert abs(float(noise.std()) - 1) < 0.02
    assert abs(float((noise**4).mean()) - 2.7) < 0.15
    assert np.array_equal(normal_noise(seed[5:6], np.array([7]), 8)[0], noise[5, :8])
    assert not np.array_equal(normal_noise(seed[5:6], np.array([8]), 8)[0], noise[5, :8])
    correlation = np.corrcoef(noise[:, 0], noise[:, 1])[0, 1]
    assert abs(float(correlation)) < 0.07
    assert torch.is_tensor(torch.from_numpy(noise))


def test_a_change_of_action_does_not_show_as_a_jump(weights: MotionGenWeights) -> None:
    network = copy.deepcopy(weights.network)
    network.first.linear.weight[:, -len(ACTIONS) - 2 :] *= 30  # a network that reacts to actions wildly
    director = MotionDirector(replace(weights, network=network))
    state, other = director.begin(3), director.begin(3)
    for _ in range(10):
        director.step([state, other], [MotionControl(action="idle"), MotionControl(action="idle")])
    before = director.step([state, other], [MotionControl(action="idle")] * 2)
    after = director.step([state, other], [MotionControl(action="idle"), MotionControl(action="dance")])
    steady, changed = (np.abs(after.rotation[row] - before.rotation[row]).max() for row in (0, 1))
    assert changed < 2 * steady + 0.05


def test_a_whole_state_and_its_control_fit_a_checkpoint() -> None:
    assert SESSION.itemsize + 64 <= STATE_MAX_BYTES


def test_the_shipped_weights_walk_run_and_stop_as_they_are_told() -> None:
    path = SHIPPED_WEIGHTS / "motiongen-s.safetensors"
    director = MotionDirector(load_motiongen(path, recorded_sha256(path)))
    states = [director.begin(seed) for seed in range(6)]
    script = [WALK] * 90 + [MotionControl((0.0, 3.3))] * 90 + [MotionControl()] * 90
    root = np.stack([director.step(states, [control] * 6).root_m for control in script])
    speed = np.linalg.norm(root[20:, :, [0, 2]] - root[:-20, :, [0, 2]], axis=-1) * 30 / 20
    assert np.abs(speed[50:70] - 1.4).max() < 0.4
    assert np.abs(speed[140:160] - 3.3).max() < 0.6
    assert speed[-10:].max() < 0.25
    assert (root[..., 1] > 0.6).all()
