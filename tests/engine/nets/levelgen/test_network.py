"""LevelGen's network: shapes, determinism, and that it can learn."""

import pytest
import torch

from engine.nets.levelgen.network import LevelGen, LevelGenConfig, patches, unpatched

CONFIG = LevelGenConfig(5, 7, (4, 3), size_max=16, width=32, depth=2)


@pytest.fixture
def network() -> LevelGen:
    """Untrained."""
    torch.manual_seed(1)
    return LevelGen(CONFIG).eval()


def cells(batch: int, size: int) -> torch.Tensor:
    """Inputs at random."""
    return torch.randint(0, 7, (batch, size, size), generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("size", [2, 8, 16])
def test_every_cell_gets_logits(network: LevelGen, size: int) -> None:
    logits = network(cells(3, size), torch.zeros(3, 2, dtype=torch.long))
    assert logits.shape == (3, size, size, 5)
    assert torch.isfinite(logits).all()


def test_patches_come_back_in_place() -> None:
    x = torch.arange(2 * 6 * 6 * 3).view(2, 6, 6, 3)
    assert torch.equal(unpatched(patches(x, 3), 3, 3), x)


def test_levels_of_a_batch_do_not_see_each_other(network: LevelGen) -> None:
    inputs, wished = cells(3, 8), torch.tensor([[0, 0], [1, 2], [4, 3]])
    together = network(inputs, wished)
    for index in range(3):
        alone = network(inputs[index : index + 1], wished[index : index + 1])
        assert torch.allclose(together[index : index + 1], alone, atol=1e-5)


def test_conditions_and_far_cells_matter(network: LevelGen) -> None:
    inputs = cells(1, 16)
    before = network(inputs, torch.tensor([[0, 0]]))
    assert not torch.equal(before, network(inputs, torch.tensor([[4, 0]])))
    changed = inputs.clone()
    changed[0, 15, 15] = (changed[0, 15, 15] + 1) % 7
    assert not torch.equal(before[0, 0, 0], network(changed, torch.tensor([[0, 0]]))[0, 0, 0])


def test_written_out_attention_gives_what_the_fused_one_gives(network: LevelGen) -> None:
    inputs, wished = cells(2, 8), torch.zeros(2, 2, dtype=torch.long)
    with torch.no_grad():
        fused = network(inputs, wished)
    assert torch.allclose(network(inputs, wished), fused, atol=1e-5)


def test_two_levels_are_learned_by_heart() -> None:
    torch.manual_seed(3)
    network = LevelGen(CONFIG)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    inputs, wished = torch.full((2, 8, 8), 6), torch.tensor([[0, 1], [2, 0]])
    tiles = torch.randint(0, 5, (2, 8, 8))
    for _ in range(150):
        loss = torch.nn.functional.cross_entropy(network(inputs, wished).flatten(0, 2), tiles.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (network(inputs, wished).argmax(-1) == tiles).float().mean() > 0.95
