import pytest
import torch

from engine.nets.discriminator import GRAIN_HEADS, HEADS, PATCH_PX, Discriminator

STYLE = 4


def scores(critic: Discriminator, size_px: int, batch: int = 2, heads: int = len(HEADS)) -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    maps, structure = (torch.randn(2, count, size_px, size_px, generator=random)[:batch] for count in (8, 3))
    style = torch.randn(2, STYLE, generator=random)[:batch]
    scored: list[torch.Tensor] = critic(maps, torch.ones(batch, 8), structure, torch.arange(batch), style, heads)
    return scored


@pytest.fixture
def critic() -> Discriminator:
    torch.manual_seed(1)
    return Discriminator(3, STYLE).requires_grad_(requires_grad=False)


def test_heads_judge_from_many_small_patches_to_a_few_large_ones(critic: Discriminator) -> None:
    counts = [head.shape[1] for head in scores(critic, 128)]
    assert len(counts) == len(HEADS)
    assert counts == sorted(counts, reverse=True)
    assert [tuple(head.shape) for head in scores(critic, PATCH_PX)][-1] == (2, 1)


def test_grain_can_be_judged_alone(critic: Discriminator) -> None:
    whole, grain = scores(critic, 128), scores(critic, 128, heads=GRAIN_HEADS)
    assert len(grain) == GRAIN_HEADS
    for one, other in zip(grain, whole, strict=False):
        torch.testing.assert_close(one, other)


def test_items_of_a_batch_are_judged_independently(critic: Discriminator) -> None:
    torch.testing.assert_close(scores(critic, 128, batch=1)[0], scores(critic, 128)[0][:1], atol=1e-4, rtol=1e-4)


def test_missing_channels_are_not_looked_at(critic: Discriminator) -> None:
    maps, structure = torch.randn(1, 8, 128, 128), torch.randn(1, 3, 128, 128)
    present = torch.tensor([[1.0, 1, 1, 0, 0, 0, 0, 0]])
    other = maps.clone()
    other[:, 3:] += 5
    rest = (structure, torch.zeros(1, dtype=torch.long), torch.zeros(1, STYLE))
    for one, two in zip(critic(maps, present, *rest), critic(other, present, *rest), strict=True):
        torch.testing.assert_close(one, two)


def test_class_and_style_change_the_scores(critic: Discriminator) -> None:
    maps, structure, present = torch.randn(1, 8, 128, 128), torch.randn(1, 3, 128, 128), torch.ones(1, 8)
    stone, wood = torch.tensor([0]), torch.tensor([1])
    plain, styled = torch.zeros(1, STYLE), torch.ones(1, STYLE)
    first = critic(maps, present, structure, stone, plain)
    for index, style in ((wood, plain), (stone, styled)):
        changed = critic(maps, present, structure, index, style)
        assert all(float((a - b).abs().max()) > 1e-4 for a, b in zip(first, changed, strict=True))
