"""Trains LevelGen by a plan: batches of one size each, bf16 arithmetic on fp32 weights, exact resume."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from engine.errors import OutputError, WeightsError
from engine.levels.decoding.conditions import CLASS_COUNTS, NAMES, OPENNESS_STEPS
from engine.levels.decoding.hiding import GROUP_OF_TILE, GROUPS, HIDDEN, INPUT_COUNT, TILE_COUNT, seen
from engine.nets.levelgen.network import PATCH, LevelGen, LevelGenConfig
from engine.nets.levelgen.weights_file import LevelGenHeader, save_levelgen
from engine.training import checkpoint
from engine.training.levels.data import SizedCorpus, drop_conditions, make_corpus, read_corpus, turned
from engine.training.levels.masks import hide
from engine.training.levels.plan import LevelPlan

VERSION = "1"
WARM_UP_STEPS = 100
FINAL_LEARNING_RATE = 0.02
GRADIENT_NORM_MAX = 1.0
BANK_OPENNESS_MIN = 0.2
"""A level with less ground than this is mostly void; nobody gets one who did not ask for it."""

LICENCES = ("made by the project's own level maker",)

Progress = Callable[[str, int, int], None]
"""Called as progress(what, done, in all)."""

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""Tokens, conditions, true tiles, and which cells are asked for their group only."""


def train(plan: LevelPlan, progress: Progress, *, resume: bool = True) -> Path:
    """Make the corpus if there is none, train, and return the path of the weights file.

    With `resume` an interrupted run goes on from its checkpoint. Raises DataError for an unusable corpus, OutputError
    where the run folder cannot be written and WeightsError for a checkpoint of another plan.
    """
    try:
        plan.output.mkdir(parents=True, exist_ok=True)
        plan.corpus.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{plan.output}: is no folder that can be written to: {error.strerror}") from error
    if not plan.corpus.exists():
        for done, total in make_corpus(plan.corpus):
            progress("corpus", done, total)
    corpus = read_corpus(plan.corpus)
    run = TrainingRun(plan)
    path = plan.output / "checkpoint.safetensors"
    first = run.restore(path) if resume and path.exists() else 0
    for step in range(first, plan.steps):
        loss = run.step(step, corpus)
        if (step + 1) % plan.save_every == 0 or step + 1 == plan.steps:
            run.save(path, step + 1)
            progress(f"loss {loss:.4f}", step + 1, plan.steps)
    weights = plan.output / f"{plan.name}.safetensors"
    header = LevelGenHeader(VERSION, "S", run.average.config, LICENCES)
    save_levelgen(weights, header, run.average, bank_of(corpus, plan))
    return weights


def bank_of(corpus: dict[int, SizedCorpus], plan: LevelPlan) -> torch.Tensor:
    """Condition classes uint8 [row, attribute] of evenly chosen levels with enough ground; sizes keep their shares."""
    rows = np.concatenate([levels.conditions for levels in corpus.values()])
    rows = rows[rows[:, NAMES.index("openness")] >= round(BANK_OPENNESS_MIN * OPENNESS_STEPS)]
    chosen = np.linspace(0, len(rows) - 1, min(plan.bank_rows, len(rows))).astype(np.int64)
    return torch.from_numpy(rows[chosen].astype(np.uint8))


class TrainingRun:
    """The network in bf16, its weights in fp32, their running mean, and the optimiser."""

    def __init__(self, plan: LevelPlan) -> None:
        self.plan = plan
        config = LevelGenConfig(TILE_COUNT, INPUT_COUNT, CLASS_COUNTS, width=plan.width, depth=plan.depth)
        with torch.random.fork_rng():
            torch.manual_seed(plan.seed)
            self.weights = LevelGen(config)
        self.average = LevelGen(config)
        self.average.load_state_dict(self.weights.state_dict())
        self.network = LevelGen(config).bfloat16()
        self.network.load_state_dict(self.weights.state_dict())
        matrices = [p for p in self.weights.parameters() if p.ndim >= 2]
        others = [p for p in self.weights.parameters() if p.ndim < 2]
        groups = [{"params": matrices, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=plan.learning_rate, betas=(0.9, 0.98))

    def step(self, step: int, corpus: dict[int, SizedCorpus]) -> float:
        """One optimiser step, a pure function of the state before it and of the step's number; the loss."""
        random = np.random.Generator(np.random.Philox(key=[self.plan.seed, step]))
        tokens, conditions, tiles, grouped = draw_batch(random, corpus, self.plan.patches_per_step)
        loss = masked_loss(self.network(tokens, conditions), tokens, tiles, grouped)
        self.network.zero_grad(set_to_none=True)
        loss.backward()
        for weight, half in zip(self.weights.parameters(), self.network.parameters(), strict=True):
            weight.grad = half.grad.float() if half.grad is not None else None
        torch.nn.utils.clip_grad_norm_(self.weights.parameters(), GRADIENT_NORM_MAX)
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.learning_rate * rate_at(step, self.plan.steps)
        self.optimizer.step()
        share = max(self.plan.average_share, 1.0 / (1.0 + step))
        with torch.no_grad():
            for mean, weight in zip(self.average.parameters(), self.weights.parameters(), strict=True):
                mean.lerp_(weight, share)
            for half, weight in zip(self.network.parameters(), self.weights.parameters(), strict=True):
                half.copy_(weight)
        return float(loss.detach())

    def save(self, path: Path, step: int) -> None:
        """Write the checkpoint."""
        tensors = checkpoint.module_tensors("weights", self.weights)
        tensors |= checkpoint.module_tensors("average", self.average)
        tensors |= checkpoint.optimizer_tensors("optimizer", self.optimizer)
        checkpoint.save_checkpoint(path, tensors, {"step": step, "steps": self.plan.steps, "seed": self.plan.seed})

    def restore(self, path: Path) -> int:
        """Load a checkpoint; the number of steps done. Raises WeightsError for one of another plan."""
        tensors, numbers = checkpoint.load_checkpoint(path)
        if (numbers.get("steps"), numbers.get("seed")) != (self.plan.steps, self.plan.seed):
            raise WeightsError(f"{path}: belongs to a plan of {numbers.get('steps')} steps, seed {numbers.get('seed')}")
        checkpoint.restore_module("weights", self.weights, tensors)
        checkpoint.restore_module("average", self.average, tensors)
        checkpoint.restore_optimizer("optimizer", self.optimizer, tensors)
        self.network.load_state_dict(self.weights.state_dict())
        return int(numbers["step"])


def rate_at(step: int, steps: int) -> float:
    """Share of the peak learning rate: a linear rise, then a cosine down to FINAL_LEARNING_RATE."""
    rise = min(1.0, (step + 1) / WARM_UP_STEPS)
    fall = 0.5 + 0.5 * math.cos(math.pi * step / max(1, steps))
    return rise * (FINAL_LEARNING_RATE + (1 - FINAL_LEARNING_RATE) * fall)


def draw_batch(random: np.random.Generator, corpus: dict[int, SizedCorpus], patches: int) -> Batch:
    """Levels of one size, turned at random; a size is drawn as often as the corpus has levels of it."""
    sizes = list(corpus)
    counts = np.array([len(corpus[size].grids) for size in sizes], np.float64)
    size = sizes[int(random.choice(len(sizes), p=counts / counts.sum()))]
    levels = corpus[size]
    count = max(1, patches // (size // PATCH) ** 2)
    chosen = random.integers(len(levels.grids), size=count).tolist()
    pairs = [turned(levels.grids[row], levels.conditions[row], int(random.integers(8))) for row in chosen]
    hidden = [hide(random, grid) for grid, _ in pairs]
    conditions = drop_conditions(random, np.stack([row for _, row in pairs]))
    return (
        torch.from_numpy(np.stack([tokens for tokens, _ in hidden]).astype(np.int64)),
        torch.from_numpy(conditions),
        torch.from_numpy(np.stack([seen(grid) for grid, _ in pairs]).astype(np.int64)),
        torch.from_numpy(np.stack([grouped for _, grouped in hidden])),
    )


def masked_loss(logits: torch.Tensor, tokens: torch.Tensor, tiles: torch.Tensor, grouped: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over hidden cells: of the group where only that is asked, of the tile where that is hidden.

    In a level with cells asked for their group, cells known in part do not count.
    """
    chances = logits.float().log_softmax(-1)
    groups = torch.stack([torch.logsumexp(chances[..., list(tiles_of)], -1) for tiles_of in GROUPS], -1)
    group = torch.from_numpy(GROUP_OF_TILE)[tiles]
    of_group = functional.nll_loss(groups.flatten(0, 2), group.flatten(), reduction="none").view(tiles.shape)
    of_tile = functional.nll_loss(chances.flatten(0, 2), tiles.flatten(), reduction="none").view(tiles.shape)
    contents = (tokens > HIDDEN) & ~grouped.flatten(1).any(1)[:, None, None]
    total = (of_group * grouped).sum() + (of_tile * contents).sum()
    return total / (grouped.sum() + contents.sum()).clamp_min(1)
