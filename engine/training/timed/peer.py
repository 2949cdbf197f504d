"""Trains the spatial GAN that the texture weights are compared with, on the same exemplars and by the same clock."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch.nn import functional

from engine.noise import derive_seed
from engine.training.data.sampler import turned_crops
from engine.training.model import choose_device
from engine.training.plan import TexturePlan
from engine.training.sheet import albedo
from engine.training.timed.clock import Clock
from engine.training.timed.course import CHECK_STEPS, REPORT_S, SAVE_S
from engine.training.timed.gallery import JUDGED_PX, write_pictures
from engine.training.timed.provisions import Provisions
from engine.training.timed.record import Record
from engine.training.timed.spatial_gan import STRIDE_PX, SpatialCritic, SpatialGenerator

LEARNING_RATE = 0.0002


class Peer:
    """Non-saturating GAN loss, Adam (0.5, 0.999), as published."""

    def __init__(self, plan: TexturePlan, provisions: Provisions, record: Record) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.record = plan, record
        self.device = choose_device(plan.device)
        self.shelf = provisions.stock.shelves[JUDGED_PX].to(self.device)
        classes = self.shelf.class_index.bincount(minlength=len(plan.classes)).clamp_min(1).float()
        self.probabilities = classes[self.shelf.class_index] ** -0.5
        self.generator = SpatialGenerator(len(plan.classes)).to(self.device)
        self.critic = SpatialCritic(len(plan.classes)).to(self.device)
        self.optimizers = [
            torch.optim.Adam(network.parameters(), LEARNING_RATE, betas=(0.5, 0.999))
            for network in (self.generator, self.critic)
        ]

    def run(self, clock: Clock, path: Path) -> None:
        """Steps until the clock is over; the weights are written as they come."""
        step, reported_step, reported_s, saved_s = 0, 0, time.monotonic(), time.monotonic()
        while not clock.over:
            losses = self.step(step)
            step += 1
            if step % CHECK_STEPS == 0 and time.monotonic() - reported_s > REPORT_S:
                speed = (step - reported_step) / (time.monotonic() - reported_s)
                values = dict(zip(("critic", "adversarial"), losses.tolist(), strict=True))
                kimg = step * self.plan.batch_size / 1000
                self.record.line("gan", {"steps": step, "kimg": kimg, "steps_per_s": speed} | values)
                reported_step, reported_s = step, time.monotonic()
            if time.monotonic() - saved_s > SAVE_S:
                self.save(path)
                saved_s = time.monotonic()
        self.save(path)

    def step(self, number: int) -> torch.Tensor:
        """One step of both networks; their losses."""
        generator = torch.Generator(self.device).manual_seed(derive_seed(self.plan.seed, 5, number))
        rows = torch.multinomial(self.probabilities, self.plan.batch_size, replacement=True, generator=generator)
        turns = torch.randint(JUDGED_PX, (len(rows), 5), generator=generator, device=self.device)
        turns[:, 2:] %= 2
        crops = turned_crops(self.shelf.pixels, rows, turns, JUDGED_PX)
        real, classes = albedo(crops, self.shelf.basis[rows]) * 2 - 1, self.shelf.class_index[rows]
        with torch.autocast(self.device.type, torch.bfloat16):
            fake = self.generator(classes, JUDGED_PX // STRIDE_PX, generator)
            real_logits, fake_logits = self.critic(real, classes), self.critic(fake.detach(), classes)
        critic_loss = functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()
        _apply(critic_loss, self.optimizers[1])
        with torch.autocast(self.device.type, torch.bfloat16):
            logits = self.critic(fake, classes)
        loss = functional.softplus(-logits).mean()
        _apply(loss, self.optimizers[0])
        return torch.stack([critic_loss.detach(), loss.detach()])

    @torch.no_grad()
    def pictures(self, class_index: Sequence[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """Pictures [n, 3, 128, 128] in [0, 1] of classes."""
        self.generator.eval()
        random = torch.Generator(self.device).manual_seed(9)
        painted = [
            self.generator(torch.tensor([index], device=self.device), JUDGED_PX // STRIDE_PX, random)
            for index in class_index
        ]
        self.generator.train()
        return np.asarray((torch.cat(painted).float().cpu().numpy() + 1) / 2, np.float32)

    def save(self, path: Path) -> None:
        """The generator in float16, and a sheet."""
        tensors = {
            name: (value.half() if value.is_floating_point() else value).cpu().contiguous()
            for name, value in self.generator.state_dict().items()
        }
        safetensors.torch.save_file(tensors, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)
        indices = [index for index in range(len(self.plan.classes)) for _ in range(8)]
        write_pictures(path.with_suffix(".jpg"), self.pictures(indices), 8)


def _apply(loss: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
