"""What the critic sees and says."""

import torch

from engine.nets.terragen.critic import PLANE_COUNT, TerrainCritic, planes


def drawn(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_planes_are_the_same_for_land_twice_as_steep_and_twice_as_rugged() -> None:
    height, slope = drawn(1, 3, 1, 16, 16), torch.tensor([0.1, 0.5, 1.0])
    seen = planes(height, slope)
    assert seen.shape == (3, PLANE_COUNT, 14, 14)
    assert torch.allclose(seen, planes(2.0 * height + 5.0, 2.0 * slope), atol=1e-4)


def test_planes_show_slopes_and_bends() -> None:
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    seen = planes((0.5 * x + 0.25 * y)[None, None], torch.tensor([1.0]))[0]
    assert torch.allclose(seen[1], torch.asinh(torch.tensor(0.5)))
    assert torch.allclose(seen[2], torch.asinh(torch.tensor(0.25)))
    assert seen[3:].abs().max() < 1e-5
    assert planes((0.5 * x * x)[None, None], torch.tensor([1.0]))[0, 3].min() > 1.0


def test_score_of_a_window_does_not_depend_on_the_batch() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        critic = TerrainCritic(3)
    seen, style, level = drawn(1, 4, PLANE_COUNT, 30, 30), drawn(2, 4, 2), torch.tensor([0, 1, 2, 0])
    with torch.no_grad():
        together = critic(seen, style, level)
        alone = critic(seen[2:3], style[2:3], level[2:3])
        other = critic(seen[2:3], style[2:3], level[1:2])
    assert together.shape[0] == 4
    assert together.dtype == torch.float32
    assert torch.allclose(together[2], alone[0], atol=1e-5)
    assert not torch.allclose(other, alone)
