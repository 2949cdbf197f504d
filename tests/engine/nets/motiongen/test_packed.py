from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from engine.motion.actions import ACTIONS, STYLES
from engine.nets.motiongen.network import MotionGen, MotionGenConfig
from engine.nets.motiongen.packed import PackedLinear, packed


@pytest.fixture
def network() -> MotionGen:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = MotionGen(MotionGenConfig(20, 12, ACTIONS, STYLES, width=32, gate_width=16))
    return made.eval().requires_grad_(False)


def test_a_packed_network_says_the_same_and_leaves_the_other_as_it_was(network: MotionGen) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    random = torch.Generator().manual_seed(2)
    state, noise, way = (torch.randn(9, count, generator=random) for count in (20, 32, 12))
    wish = network.wish(way, torch.arange(9), torch.zeros(9, dtype=torch.long))
    with torch.inference_mode():
        expected = network.advance(state, wish, noise)
        assert torch.allclose(packed(network, 32).advance(state, wish, noise), expected, atol=1e-5)
        assert torch.equal(network.advance(state, wish, noise), expected)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch comes without oneDNN")
def test_layers_that_advance_are_packed_and_no_others(network: MotionGen) -> None:
    faster = packed(network, 32)
    plain = {name for name, module in faster.named_modules() if isinstance(module, nn.Linear)}
    count = sum(isinstance(module, PackedLinear) for module in faster.modules())
    assert (plain, count) == ({f"encoder.layers.{place}" for place in (0, 2, 4)}, 9)


@pytest.mark.parametrize(
    "operators",
    [
        SimpleNamespace(),
        SimpleNamespace(_reorder_linear_weight=lambda weight, _rows: weight),
        SimpleNamespace(_reorder_linear_weight=lambda weight, _rows: weight, _linear_pointwise=torch.ops.aten.linear),
        SimpleNamespace(_reorder_linear_weight=lambda weight: weight, _linear_pointwise=torch.ops.aten.linear),
        SimpleNamespace(
            _reorder_linear_weight=lambda weight, _rows: weight,
            _linear_pointwise=lambda x, weight, bias, *_: nn.functional.linear(x, weight, bias).flip(1),
        ),
        SimpleNamespace(
            _reorder_linear_weight=lambda weight, _rows: weight,
            _linear_pointwise=lambda x, weight, bias, *_: nn.functional.linear(x.bfloat16().float(), weight, bias),
        ),
        SimpleNamespace(
            _reorder_linear_weight=lambda weight, _rows: weight,
            _linear_pointwise=lambda x, weight, bias, *_: nn.functional.linear(x, weight, bias) * float("nan"),
        ),
    ],
    ids=["none", "one", "other arguments", "fewer arguments", "other order", "less exact", "no numbers"],
)
def test_operators_that_are_missing_or_do_something_else_leave_the_network_as_it_is(
    network: MotionGen, operators: Any
) -> None:
    assert packed(network, 32, operators) is network


def test_operators_that_round_otherwise_are_taken(network: MotionGen) -> None:
    operators = SimpleNamespace(
        _reorder_linear_weight=lambda weight, _rows: weight.double(),
        _linear_pointwise=lambda x, weight, bias, *_: nn.functional.linear(x.double(), weight, bias.double()).float(),
    )
    assert packed(network, 32, operators) is not network
