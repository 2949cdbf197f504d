import math
from typing import Any

import pytest

from engine.errors import InvalidRequestError
from engine.generators.motion.control import MotionControl


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"velocity_mps": (math.nan, 0.0)}, "velocity_mps"),
        ({"velocity_mps": (math.inf, 0.0)}, "velocity_mps"),
        ({"velocity_mps": (6.0, 6.0)}, "velocity_mps"),
        ({"velocity_mps": (1.0,)}, "velocity_mps"),
        ({"heading_rad": math.nan}, "heading_rad"),
        ({"heading_rad": 1e9}, "heading_rad"),
        ({"action": "fly"}, "action"),
        ({"style": "baroque"}, "style"),
    ],
)
def test_controls_out_of_range_are_refused_by_field(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        MotionControl(**arguments)
    assert refused.value.field == field


def test_a_control_knows_its_speed() -> None:
    assert MotionControl((3.0, -4.0)).speed_mps == 5
