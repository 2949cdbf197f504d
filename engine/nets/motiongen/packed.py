"""Linear layers whose weights lie in the order in which oneDNN reads them.

Most of the time of a product with a few rows goes into reading weights; `nn.Linear` leaves their order to every call.
The two operators are those that torch's own compiler puts in the place of linear layers on CPUs. They are private: with
a torch that lacks them, or whose operators do something else, networks stay as they are.
"""

import copy
from typing import Any, cast

import torch
from torch import nn

from engine.nets.motiongen.network import MotionGen

OPERATORS: Any = torch.ops.mkldnn
ROUNDING = 1e-5
"""Products may differ by this share of their largest number: sums in another order do."""


class PackedLinear(nn.Module):
    """The function of a linear layer, for batches of about `row_count` rows; not to be trained or saved."""

    def __init__(self, linear: nn.Linear, row_count: int, operators: Any) -> None:
        super().__init__()
        self._product = operators._linear_pointwise  # noqa: SLF001
        self._weight = operators._reorder_linear_weight(linear.weight.detach(), row_count)  # noqa: SLF001
        self._bias = linear.bias.detach()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[row, output] for inputs [row, input]."""
        return cast(torch.Tensor, self._product(x, self._weight, self._bias, "none", [], ""))


def packed(network: MotionGen, row_count: int, operators: Any = OPERATORS) -> MotionGen:
    """A copy of `network` that advances with packed layers; the network itself where one of them would not be alike."""
    faster = copy.deepcopy(network)
    advancing = nn.ModuleList((faster.prior, faster.gate, faster.first, faster.second, faster.last))
    for module in list(advancing.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                layer = _alike(child, row_count, operators)
                if layer is None:
                    return network
                setattr(module, name, layer)
    return faster


@torch.no_grad()
def _alike(linear: nn.Linear, row_count: int, operators: Any) -> PackedLinear | None:
    """The packed layer; None where this torch cannot make it, or where a product of it is another one."""
    probe = torch.arange(row_count * linear.in_features, dtype=torch.float32).cos().view(row_count, -1)
    wanted = linear(probe)
    try:
        layer = PackedLinear(linear, row_count, operators)
        apart = (layer(probe) - wanted).abs().max()
    except (AttributeError, RuntimeError, TypeError):
        return None
    return layer if apart <= ROUNDING * wanted.abs().max() else None
