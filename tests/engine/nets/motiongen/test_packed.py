import torch

from engine.motion.actions import ACTIONS, STYLES
from engine.nets.motiongen.network import MotionGen, MotionGenConfig
from engine.nets.motiongen.packed import packed


def test_a_packed_network_says_the_same_and_leaves_the_other_as_it_was() -> None:
    torch.manual_seed(1)
    network = MotionGen(MotionGenConfig(20, 12, ACTIONS, STYLES, width=32, gate_width=16)).eval().requires_grad_(False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state, noise = torch.randn(9, 20), torch.randn(9, 32)
    wish = network.wish(torch.randn(9, 12), torch.arange(9), torch.zeros(9, dtype=torch.long))
    with torch.inference_mode():
        expected = network.advance(state, wish, noise)
        assert torch.allclose(packed(network, 32).advance(state, wish, noise), expected, atol=1e-5)
        assert torch.equal(network.advance(state, wish, noise), expected)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
