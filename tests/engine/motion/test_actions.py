from engine.motion.actions import ACTION_OF_LABEL, ACTIONS, LOCOMOTION, OFFERED, STYLES, STYLES_OF_ACTION


def test_every_label_stands_for_an_action_and_every_action_but_turning_has_a_label() -> None:
    assert set(ACTION_OF_LABEL.values()) == set(ACTIONS) - {"turn"}
    assert set(LOCOMOTION) < set(ACTIONS)


def test_every_action_is_known_in_some_style() -> None:
    assert list(STYLES_OF_ACTION) == list(ACTIONS)
    assert all(styles and set(styles) <= set(STYLES) for styles in STYLES_OF_ACTION.values())


def test_what_is_offered_has_been_learned() -> None:
    assert all(styles and set(styles) <= set(STYLES_OF_ACTION[action]) for action, styles in OFFERED.items())
