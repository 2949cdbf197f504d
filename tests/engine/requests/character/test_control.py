import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.requests.character.control import Control, Steering

finite = st.floats(-1e6, 1e6)
controls = st.builds(
    Control,
    speed_mps=st.none() | st.floats(0, 8),
    heading_deg=st.none() | finite,
    direction_deg=st.none() | finite,
    gait=st.none() | st.sampled_from(["", "walk", "run"]),
    action=st.none() | st.sampled_from(["", "wave"]),
    style=st.none() | st.sampled_from(["", "plain"]),
    camera_yaw_deg=st.none() | finite,
    camera_pitch_deg=st.none() | st.floats(-20, 80),
    camera_zoom=st.none() | st.floats(0.2, 1),
    light_yaw_deg=st.none() | finite,
    light_pitch_deg=st.none() | st.floats(0, 90),
)


@given(controls)
def test_encoded_controls_come_back(control: Control) -> None:
    assert Control.decoded(control.encoded()) == control


@given(st.lists(controls, max_size=5))
def test_steering_comes_back_from_a_checkpoint(given_controls: list[Control]) -> None:
    steering = Steering()
    for control in given_controls:
        steering = steering.after(control)
    assert Steering.decoded(steering.encoded()) == steering


def test_control_changes_what_it_names_and_nothing_else() -> None:
    steering = Steering().after(Control(speed_mps=2, gait="run")).after(Control(heading_deg=-90))
    assert steering == Steering(speed_mps=2.0, gait="run", heading_deg=270.0)


def test_angles_are_brought_into_one_turn() -> None:
    assert Control(heading_deg=-1e-20).heading_deg == 0.0
    assert Control(camera_yaw_deg=725).camera_yaw_deg == 5.0


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("speed_mps", -0.1, "0 to 8"),
        ("speed_mps", 8.1, "0 to 8"),
        ("speed_mps", math.nan, "a finite number"),
        ("heading_deg", math.inf, "a finite number"),
        ("heading_deg", "north", "a finite number"),
        ("camera_pitch_deg", 81, "-20 to 80"),
        ("camera_zoom", 0.1, "0.2 to 1"),
        ("light_pitch_deg", -1, "0 to 90"),
        ("action", "a" * 41, "at most 40 characters"),
    ],
)
def test_values_out_of_range_are_refused_by_name(field: str, value: Any, allowed: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Control(**{field: value})
    assert caught.value.field == field
    assert allowed in caught.value.allowed


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"speed": 1}', b'{"gait": 3}', b"{}" + b" " * 1024])
def test_other_bytes_are_no_control(data: bytes) -> None:
    with pytest.raises(InvalidRequestError):
        Control.decoded(data)


def test_unknown_names_are_refused_and_empty_ones_are_not() -> None:
    names = {"gait": ("walk", "run"), "action": ("wave",)}
    Control(gait="", action="wave", style="anything").check_names(names)
    with pytest.raises(InvalidRequestError) as caught:
        Control(gait="hop").check_names(names)
    assert (caught.value.field, caught.value.allowed) == ("gait", "walk, run")
