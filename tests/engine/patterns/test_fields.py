import numpy as np
import pytest

from engine.patterns import render_pattern
from engine.requests.texture import Pattern


@pytest.mark.parametrize(("crests", "slant"), [(5, 0), (7, 2), (1, 0)])
def test_waves_have_as_many_crests_as_asked_for(crests: int, slant: int) -> None:
    pattern = Pattern("waves", {"crests": crests, "slant": slant, "jitter": 0})
    height = render_pattern(pattern, 0, 512).height
    for line, expected in ((height[:, 0], crests), (height[0], slant)):
        rising = (line[:, None] > 0.5) & (np.roll(line, 1)[:, None] <= 0.5)
        assert int(rising.sum()) == expected


def test_flat_has_no_structure() -> None:
    structure = render_pattern(Pattern("flat"), 9, 32)
    assert (structure.height == 0.5).all()
    assert (structure.edge_distance == 1.0).all()
    assert (structure.cell_tone == 0.0).all()


def test_relief_scales_noise_about_the_middle() -> None:
    gentle, strong = (render_pattern(Pattern("noise", {"relief": relief}), 1, 128).height for relief in (0.1, 0.4))
    assert np.allclose((gentle - 0.5) * 4, strong - 0.5, atol=1e-5) or float(strong.std()) > 2 * float(gentle.std())
    assert abs(float(gentle.mean()) - 0.5) < 0.1


def test_rougher_noise_has_more_detail() -> None:
    smooth, rough = (render_pattern(Pattern("noise", {"roughness": share}), 1, 256).height for share in (0.2, 0.9))
    assert float(np.abs(np.diff(rough)).mean()) > 2 * float(np.abs(np.diff(smooth)).mean())


def test_grain_runs_along_x() -> None:
    height = render_pattern(Pattern("grain"), 1, 256).height
    along, across = (float(np.abs(np.diff(height, axis=axis)).mean()) for axis in (1, 0))
    assert across > 4 * along
