import numpy as np
import pytest

from engine.errors import InvalidRequestError
from engine.generators.motion.director import MotionDirector
from engine.generators.motion.state import SESSION, MotionState


def test_a_state_is_small_and_comes_back_from_its_bytes(director: MotionDirector) -> None:
    state = director.begin(6)
    data = state.to_bytes()
    assert len(data) == SESSION.itemsize <= 4096
    assert MotionState.from_bytes(data).to_bytes() == data


@pytest.mark.parametrize("cut", [0, 1, 100, SESSION.itemsize - 1])
def test_bytes_of_another_length_are_refused(director: MotionDirector, cut: int) -> None:
    with pytest.raises(InvalidRequestError, match="checkpoint"):
        MotionState.from_bytes(director.begin(6).to_bytes()[:cut])


def test_bytes_of_another_layout_or_with_impossible_numbers_are_refused(director: MotionDirector) -> None:
    for field, value in (("layout", 99), ("frame", -1)):
        state = director.begin(6)
        state.record[field] = value
        with pytest.raises(InvalidRequestError, match="checkpoint"):
            MotionState.from_bytes(state.to_bytes())
    state = director.begin(6)
    state.record["next"]["root_m"][0] = np.nan
    with pytest.raises(InvalidRequestError, match="finite"):
        MotionState.from_bytes(state.to_bytes())


def test_resumed_states_do_not_share_memory(director: MotionDirector) -> None:
    data = director.begin(6).to_bytes()
    first, second = MotionState.from_bytes(data), MotionState.from_bytes(data)
    first.record["frame"] = 5
    assert second.frame == 0
