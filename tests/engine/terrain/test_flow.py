"""Water that spreads: what comes out of a vertex arrives at its neighbours, in every window alike."""

import torch

from engine.terrain.flow import NEIGHBOURS, around, drops, gathered, inner


def land(edge: int = 40) -> torch.Tensor:
    return torch.rand(edge, edge, generator=torch.Generator().manual_seed(2))


def shares_of(height: torch.Tensor) -> list[torch.Tensor]:
    falls = drops(height)
    total = torch.stack(falls).sum(dim=0).clamp_min(1e-6)
    return [fall / total for fall in falls]


def test_drops_are_slopes_towards_lower_neighbours() -> None:
    height = torch.tensor([[1.0, 2.0, 3.0], [4.0, 2.5, 6.0], [7.0, 8.0, 1.5]])
    found = {offset: float(fall) for offset, fall in zip(NEIGHBOURS, drops(height), strict=True)}
    downhill = {(-1, -1): 1.5 / 2**0.5, (-1, 0): 0.5, (1, 1): 1.0 / 2**0.5}
    assert found.keys() == set(NEIGHBOURS)
    for offset, slope in found.items():
        assert abs(slope - downhill.get(offset, 0.0)) < 1e-6


def test_water_arrives_where_it_is_sent() -> None:
    shares = [torch.zeros(7, 7) for _ in NEIGHBOURS]
    shares[NEIGHBOURS.index((0, 1))][3, :] = 1.0  # the middle row flows east
    area = gathered(torch.ones(7, 7), shares, 2)
    assert area.tolist() == [[1.0] * 3, [3.0] * 3, [1.0] * 3]


def test_windows_agree_bit_for_bit() -> None:
    height = land()
    whole = gathered(torch.ones(38, 38), shares_of(height), 5)
    for top, left, rows, columns in ((0, 0, 20, 33), (3, 7, 31, 19), (9, 1, 18, 38)):
        part = height[top : top + rows, left : left + columns]
        found = gathered(torch.ones(rows - 2, columns - 2), shares_of(part), 5)
        assert torch.equal(found, whole[top : top + rows - 12, left : left + columns - 12])


def test_inner_and_around_are_parts_of_the_grid() -> None:
    height = land(9)
    assert torch.equal(inner(height, 2), height[2:7, 2:7])
    for (dy, dx), near in zip(NEIGHBOURS, around(height), strict=True):
        assert torch.equal(near, height[1 + dy : 8 + dy, 1 + dx : 8 + dx])
