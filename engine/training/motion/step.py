"""One optimiser step of MotionGen: on a CPU, or as a CUDA graph on a GPU, where launching kernels would be the work."""

from collections.abc import Callable

import torch

from engine.nets.motiongen.network import MotionGen
from engine.training.motion.data import FrameTensors
from engine.training.motion.kinematics import rest_offsets
from engine.training.motion.losses import feature_weights, losses_of
from engine.training.motion.plan import MotionPlan
from engine.training.motion.rollout import rolled_out

GRADIENT_NORM_MAX = 1.0
LOSS_NAMES = ("total", "features", "joints", "feet", "divergence")
WARM_UP_STEPS = 3
"""Real steps that run before a graph is captured, so that every buffer exists."""


class Stepper:
    """Holds a network, its running mean and its optimiser; `step` moves all three on."""

    def __init__(self, plan: MotionPlan, network: MotionGen, average: MotionGen, frames: FrameTensors) -> None:
        self.plan, self.network, self.average, self.frames = plan, network, average, frames
        device = network.mean.device
        self.graphed = plan.graphs and device.type == "cuda"
        self.rate = torch.tensor(plan.learning_rate, device=device)
        self.optimizer = torch.optim.AdamW(
            network.parameters(),
            lr=self.rate if self.graphed else plan.learning_rate,
            betas=(0.9, 0.99),
            weight_decay=0.001,
            capturable=self.graphed,
        )
        self.starts = torch.zeros(plan.batch, dtype=torch.int64, device=device)
        self.own_share = torch.zeros((), device=device)
        self.average_share = torch.ones((), device=device)
        self.divergence_weight = torch.tensor(plan.divergence_weight, device=device)
        self._weights = feature_weights(network)
        self._offsets = rest_offsets(device)
        self._losses = torch.zeros(len(LOSS_NAMES), device=device)
        self._graphs: dict[int, Callable[[], None]] = {}

    def step(self, starts: torch.Tensor, length: int, rate: float, own_share: float, average_share: float) -> None:
        """One step on windows at `starts` [batch] with rollouts of `length` frames."""
        self.starts.copy_(starts)
        self.own_share.fill_(own_share)
        self.average_share.fill_(average_share)
        self.rate.fill_(rate)
        if not self.graphed:
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            self._descend(length)
            return
        if length not in self._graphs:
            self._graphs[length] = self._captured(length)
        self._graphs[length]()

    def losses(self) -> dict[str, float]:
        """The last step's losses by name; waits for the device."""
        return dict(zip(LOSS_NAMES, self._losses.tolist(), strict=True))

    def _descend(self, length: int) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.starts.device.type, torch.bfloat16):
            rollout, truth = rolled_out(
                self.network, self.frames, self.starts, length, self.own_share, self.plan.prior_share
            )
        losses = losses_of(
            self.network,
            rollout,
            truth,
            self._weights,
            self._offsets,
            self.divergence_weight,
            self.plan.divergence_min,
        )
        losses.total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM_MAX)
        self.optimizer.step()
        with torch.no_grad():
            for mean, weight in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(weight, self.average_share)
            self._losses.copy_(torch.stack([getattr(losses, name).detach() for name in LOSS_NAMES]))

    def _captured(self, length: int) -> Callable[[], None]:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP_STEPS):
                self._descend(length)
        torch.cuda.current_stream().wait_stream(stream)
        self.optimizer.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._descend(length)
        return graph.replay
