import pytest
import torch

from engine.nets.motiongen.network import MotionGen, MotionGenConfig, divergence, one_of

CONFIG = MotionGenConfig(20, 12, ("idle", "walk"), ("mocap", "stylized"), latent_count=6, width=32, gate_width=16)


@pytest.fixture
def network() -> MotionGen:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return MotionGen(CONFIG).eval()


def inputs(count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    state, noise = (torch.randn(count, size, generator=generator) for size in (20, 6))
    way = torch.randn(count, 12, generator=generator)
    return state, way, noise


def advanced(network: MotionGen, count: int, rows: slice = slice(None)) -> torch.Tensor:
    state, way, noise = (value[rows] for value in inputs(count))
    action = torch.arange(len(state)) % 2
    with torch.inference_mode():
        return network.advance(state, network.wish(way, action, action * 0), noise)


def test_a_step_has_the_shape_of_a_state_and_is_the_same_every_time(network: MotionGen) -> None:
    assert advanced(network, 8).shape == (8, 20)
    assert torch.equal(advanced(network, 8), advanced(network, 8))


def test_rows_do_not_depend_on_their_batch(network: MotionGen) -> None:
    assert torch.allclose(advanced(network, 16)[:8], advanced(network, 16, slice(0, 8)), atol=1e-5)


def test_fused_experts_are_the_same_as_mixing_weights_per_sample(network: MotionGen) -> None:
    x, gate = torch.randn(5, 26 + 16), torch.softmax(torch.randn(5, 6), -1)
    weight = network.first.linear.weight.view(6, 32, -1)
    bias = network.first.linear.bias.view(6, 32)
    mixed = torch.einsum("be,eoi->boi", gate, weight)
    slow = torch.einsum("boi,bi->bo", mixed, x) + gate @ bias
    assert torch.allclose(network.first(x, gate), slow, atol=1e-5)


def test_the_latent_enters_every_layer(network: MotionGen) -> None:
    assert network.first.linear.in_features == 6 + 20 + CONFIG.wish_count
    assert network.second.linear.in_features == network.last.linear.in_features == 6 + 32


def test_changes_are_added_only_to_what_is_kept(network: MotionGen) -> None:
    state, way, noise = inputs(4)
    with torch.inference_mode():
        network.last.linear.weight.zero_()
        network.last.linear.bias.zero_()
        network.kept[5:] = 1
        wish = network.wish(way, torch.zeros(4, dtype=torch.int64), torch.zeros(4, dtype=torch.int64))
        after = network.advance(state, wish, noise)
    assert torch.equal(after[:, 5:], state[:, 5:])
    assert after[:, :5].abs().max() == 0


def test_two_frames_can_be_learned_by_heart(network: MotionGen) -> None:
    state, way, _ = inputs(2)
    target = torch.stack((torch.linspace(-1, 1, 20), torch.linspace(1, -1, 20)))
    wish = network.wish(way, torch.arange(2), torch.arange(2))
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    loss = torch.tensor(1.0)
    for _ in range(300):
        mean, _ = network.encoder(target, state, wish)
        loss = (network.decode(mean, state, wish) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 1e-3


def test_divergence_is_that_of_two_gaussians() -> None:
    first = torch.zeros(1, 1), torch.zeros(1, 1)
    second = torch.ones(1, 1), torch.full((1, 1), 0.5)
    exact = torch.distributions.kl_divergence(
        torch.distributions.Normal(0.0, 1.0), torch.distributions.Normal(1.0, float(torch.tensor(0.25).exp()))
    )
    assert divergence(first, first).item() == 0
    assert divergence(first, second).item() == pytest.approx(float(exact), abs=1e-6)


def test_numbers_become_columns() -> None:
    assert one_of(torch.tensor([2, 0]), 3).tolist() == [[False, False, True], [True, False, False]]
