import numpy as np

from engine.motion.output.foot_lock import RELEASED_AT_M, locked, nothing_held
from engine.motion.pose import Poses, joint_positions, rest_poses
from engine.motion.skeleton import LEFT_LEG, RIGHT_LEG

TOES = (LEFT_LEG[3], RIGHT_LEG[3])


def run(poses: Poses) -> np.ndarray:
    """Joints after locking frame by frame."""
    memory = nothing_held(1)
    frames = []
    for frame in range(poses.shape[0]):
        shown, memory = locked(poses[frame : frame + 1], memory, 1 / 30)
        frames.append(joint_positions(shown)[0])
    return np.stack(frames)


def drifting(frames: int, speed_mps: float) -> Poses:
    poses = rest_poses(frames)
    poses.root_m[:, 0] = np.arange(frames) / 30 * speed_mps
    poses.root_m[:, 1] -= 0.05
    return poses


def test_a_standing_toe_stays_where_it_touched_down_while_the_body_moves_on() -> None:
    poses = drifting(12, 0.3)
    toes = run(poses)[:, TOES]
    moved = np.linalg.norm(toes[1:, :, (0, 2)] - toes[:1, :, (0, 2)], axis=-1)
    assert moved.max() < 2e-3


def test_a_foot_without_contact_moves_freely() -> None:
    poses = drifting(12, 0.3)
    poses.contact[:] = 0
    plain = joint_positions(poses)
    assert np.abs(run(poses)[:, TOES][..., (0, 2)] - plain[:, TOES][..., (0, 2)]).max() < 0.02


def test_lifting_off_lets_go_smoothly() -> None:
    poses = drifting(30, 0.4)
    poses.contact[12:] = 0
    toes = run(poses)[:, TOES[0], 0]
    steps = np.diff(toes)
    assert np.abs(steps).max() < 0.07
    assert abs(toes[-1] - joint_positions(poses)[-1, TOES[0], 0]) < 5e-3


def test_a_foot_that_is_torn_away_is_let_go() -> None:
    poses = drifting(40, 2.0)
    gap = np.abs(run(poses)[:, TOES, 0] - joint_positions(poses)[:, TOES, 0])
    assert gap.max() < RELEASED_AT_M + 0.05


def test_toes_do_not_sink_into_the_ground() -> None:
    poses = rest_poses(10)
    poses.root_m[:, 1] -= 0.2
    poses.contact[:] = 0
    assert run(poses)[:, TOES, 1].min() > -1e-3


def test_a_character_is_locked_alike_alone_and_among_others(walk: Poses) -> None:
    many = nothing_held(5)
    alone = nothing_held(1)
    for frame in range(40):
        rows = [frame + 7 * row for row in range(5)]
        together = Poses(walk.root_m[rows], walk.rotation[rows], walk.contact[rows])
        shown, many = locked(together, many, 1 / 30)
        one, alone = locked(together[2:3], alone, 1 / 30)
        assert np.array_equal(one.rotation[0], shown.rotation[2])
