import torch

from engine.training.timed.spatial_gan import STRIDE_PX, SpatialCritic, SpatialGenerator


def test_pictures_grow_with_the_grid_and_stay_in_range() -> None:
    network = SpatialGenerator(3).eval()
    index = torch.tensor([0, 2])
    with torch.inference_mode():
        for cells in (2, 4):
            pictures = network(index, cells, torch.Generator().manual_seed(0))
            assert pictures.shape == (2, 3, cells * STRIDE_PX, cells * STRIDE_PX)
            assert pictures.abs().max() <= 1


def test_equal_noise_gives_equal_pictures_and_other_noise_others() -> None:
    network = SpatialGenerator(2).eval()
    with torch.inference_mode():
        first, again, other = (network(torch.tensor([1]), 2, torch.Generator().manual_seed(n)) for n in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)


def test_pictures_wrap_no_worse_than_inside() -> None:
    torch.manual_seed(0)
    network = SpatialGenerator(2).eval()
    with torch.inference_mode():
        picture = network(torch.tensor([0]), 4, torch.Generator().manual_seed(3))
    steps = (picture.roll(-1, 3) - picture).abs().mean((0, 1, 2))
    assert steps[-1] < 2 * steps.mean()


def test_critic_scores_every_cell_and_learns_from_the_class() -> None:
    critic = SpatialCritic(2).eval()
    pictures = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        logits = critic(pictures, torch.tensor([0, 1]))
        swapped = critic(pictures, torch.tensor([1, 0]))
    assert logits.shape == (2, (64 // STRIDE_PX) ** 2)
    assert not torch.allclose(logits, swapped)


def test_both_networks_receive_gradients_everywhere() -> None:
    network, critic = SpatialGenerator(2), SpatialCritic(2)
    index = torch.tensor([0, 1])
    critic(network(index, 2, torch.Generator().manual_seed(0)), index).mean().backward()
    for module in (network, critic):
        assert all(parameter.grad is not None for parameter in module.parameters())
