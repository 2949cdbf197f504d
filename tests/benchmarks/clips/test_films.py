"""What clips are told: smooth, and back at the beginning at the end."""

import numpy as np

from benchmarks.clips.films import CAMERA, eased, shining, slider_values, turning_script
from benchmarks.clips.takes import RATE_HZ


def test_sliders_go_all_the_way_and_come_back() -> None:
    rounds = [slider_values(share) for share in np.linspace(0.0, 1.0, 41).tolist()]
    assert rounds[0] == rounds[-1]
    for name in rounds[0]:
        values = [values[name] for values in rounds]
        assert (min(values), max(values)) == (0.0, 1.0)
        assert np.abs(np.diff(values)).max() < 0.1


def test_camera_moves_without_jumps_and_ends_where_it_began() -> None:
    yaws = [control.camera_yaw_deg for _, control in turning_script()]
    assert yaws[0] == yaws[-1] == CAMERA[0][1]
    assert np.abs(np.diff(np.unwrap(np.array(yaws, float), period=360.0))).max() < 75.0 / RATE_HZ
    assert eased(1.0, (0.0, 2.0), (10.0, 20.0)) == 15.0
    assert eased(9.0, (0.0, 2.0), (10.0, 20.0)) == 20.0


def test_skeleton_is_hidden_at_the_seam_and_bare_in_between() -> None:
    assert [shining(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)] == [0.0, 0.0, 0.0, 1.0, 0.0]
