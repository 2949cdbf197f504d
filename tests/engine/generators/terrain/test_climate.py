"""What the land is like where."""

import pytest
import torch

from engine.generators.terrain import climate as climates
from engine.generators.terrain.climate import Climate, roughness_control
from engine.generators.terrain.fields import Window

PLAIN = Climate(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
WINDOW = Window(-40, 12, 48, 56, 128)


def test_style_follows_the_climate() -> None:
    flat = climates.style(1, PLAIN, WINDOW)
    assert flat.shape == (2, 48, 56)
    assert float(flat[0].abs().max()) == 0.0
    varied = climates.style(1, Climate(0.5, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0), WINDOW)
    assert float(varied[0].std()) > 0.2
    assert float(varied[0].abs().max()) <= climates.STYLE_RANGE
    craggy = climates.style(1, Climate(0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0), WINDOW)
    assert (craggy[1] > flat[1]).all()


@pytest.mark.parametrize(("ruggedness", "roughness"), [(0.0, 1.1), (1.5, 0.2), (-1.0, 1.8)])
def test_roughness_control_brings_a_given_style_about(ruggedness: float, roughness: float) -> None:
    control = roughness_control(ruggedness, roughness)
    style = climates.style(1, Climate(ruggedness, 0.0, control, 0.0, 0.0, 0.0, 0.0), WINDOW)
    assert float(style[1].mean()) == pytest.approx(roughness, abs=0.6)


def test_windows_of_the_top_agree() -> None:
    rough = Climate(0.5, 0.5, 0.0, 0.1, 0.3, 0.0, 0.0)
    for window in (WINDOW, Window(2**24 - 60, -(2**24), 48, 56, 128)):
        part = Window(window.y + 7, window.x + 9, 20, 30, 128)
        whole_style, part_style = (climates.style(3, rough, each) for each in (window, part))
        assert torch.equal(part_style, whole_style[:, 7:27, 9:39])
        whole, piece = (climates.top(3, rough, w, s[0]) for w, s in ((window, whole_style), (part, part_style)))
        assert torch.equal(piece, whole[7:27, 9:39])


def test_rugged_land_has_more_relief_and_elevation_lifts_it() -> None:
    tops = [climates.top(1, PLAIN, WINDOW, torch.full((48, 56), value)) for value in (0.0, 1.0)]
    assert float(tops[1].std()) > 2.0 * float(tops[0].std())
    high = climates.top(1, Climate(0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0), WINDOW, torch.zeros(48, 56))
    assert torch.allclose(high, tops[0] + 0.5)


def test_temperature_and_moisture_vary_around_the_climate() -> None:
    temperature, moisture = climates.temperature_and_moisture(
        1, Climate(0.0, 0.0, 0.0, 0.0, 0.0, 0.6, -0.4), Window(0, 0, 64, 64, 1024)
    )
    assert float(temperature.mean()) == pytest.approx(0.6, abs=0.2)
    assert float(moisture.mean()) == pytest.approx(-0.4, abs=0.2)
