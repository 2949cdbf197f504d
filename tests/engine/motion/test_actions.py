from engine.motion.actions import ACTION_OF_LABEL, ACTIONS, LOCOMOTION


def test_every_label_stands_for_an_action_and_every_action_but_turning_has_a_label() -> None:
    assert set(ACTION_OF_LABEL.values()) == set(ACTIONS) - {"turn"}
    assert set(LOCOMOTION) < set(ACTIONS)
