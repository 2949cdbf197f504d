"""Linear layers whose weights lie in the order in which oneDNN reads them: a quarter faster for a few rows.

Most of the time of such a product goes into reading weights; `nn.Linear` leaves their order to every call. The two
operators are those that torch's own compiler puts in the place of linear layers on CPUs.
"""

import copy
from typing import cast

import torch
from torch import nn

from engine.nets.motiongen.network import MotionGen


class PackedLinear(nn.Module):
    """The function of a linear layer, for batches of about `row_count` rows; not to be trained or saved."""

    def __init__(self, linear: nn.Linear, row_count: int) -> None:
        super().__init__()
        self._weight = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), row_count)  # noqa: SLF001
        self._bias = linear.bias.detach()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[row, output] for inputs [row, input]."""
        product = torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, "none", [], "")  # noqa: SLF001
        return cast(torch.Tensor, product)


def packed(network: MotionGen, row_count: int) -> MotionGen:
    """A copy of `network` with packed layers; the network itself where torch comes without oneDNN."""
    if not torch.backends.mkldnn.is_available():
        return network
    faster = copy.deepcopy(network)
    for module in list(faster.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, PackedLinear(child, row_count))
    return faster
