import numpy as np

from engine.motion.actions import ACTIONS
from engine.training.motion.matching.scripts import RandomPlayer, known_actions


def test_wishes_are_drawn_from_what_there_is_and_change_now_and_then() -> None:
    known = np.zeros((len(ACTIONS), 2), bool)
    for name in ("idle", "walk", "run"):
        known[ACTIONS.index(name)] = True
    player = RandomPlayer(np.random.default_rng(1), 20, known, ("walk", "idle"))
    heading = np.zeros(20, np.float32)
    seen = [player.wish(frame, heading) for frame in range(300)]
    actions = np.stack([wish.action for wish in seen])
    assert set(np.unique(actions[60:])) == {ACTIONS.index("idle"), ACTIONS.index("walk")}
    assert (np.diff(actions, axis=0) != 0).any(0).mean() > 0.8
    speed = np.stack([np.linalg.norm(wish.velocity_mps, axis=1) for wish in seen])
    assert speed.max() < 2.1
    assert speed[actions == ACTIONS.index("idle")].max() == 0


def test_less_than_a_second_of_an_action_is_not_known() -> None:
    action = np.array([0] * 40 + [1] * 20)
    known = known_actions(action, np.zeros(60, np.int64))
    assert known[0].tolist() == [True, False]
    assert not known[1].any()
