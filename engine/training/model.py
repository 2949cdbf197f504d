"""The networks in training, the average of the generator's weights, and how a batch goes through them."""

import copy
from dataclasses import dataclass

import torch

from engine.errors import SettingsError
from engine.nets.blocks import channels_last
from engine.nets.discriminator import Discriminator
from engine.nets.style_encoder import StyleEncoder
from engine.nets.texgen import STRIDES_PX, TexGen, TexGenConfig
from engine.training import losses
from engine.training.data.sampler import Batch, spatial_inputs
from engine.training.plan import TexturePlan

Parts = dict[str, torch.Tensor]
"""Losses by name, on the device: reading one of them waits for the device."""

IMAGE_STRIDES = (*STRIDES_PX, 1)


@dataclass(frozen=True, slots=True)
class Painted:
    """What the generator made of a batch: images by stride, and the style code's mean and log-variance."""

    images: dict[int, torch.Tensor]
    style_mean: torch.Tensor
    style_log_variance: torch.Tensor


class TextureModel:
    """Generator, style encoder, critic, and the average of the generator's weights."""

    def __init__(self, config: TexGenConfig, plan: TexturePlan) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.device = choose_device(plan.device)
        self.generator = channels_last(TexGen(config).to(self.device))
        self.encoder = channels_last(StyleEncoder(config.style_width).to(self.device))
        self.discriminator = channels_last(Discriminator(config.class_count, config.style_width).to(self.device))
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.average_encoder = copy.deepcopy(self.encoder).requires_grad_(False)
        self.decay = 0.5 ** (1 / plan.ema_half_life)

    def paint(self, batch: Batch, random: torch.Generator) -> Painted:
        """Generator output for the batch's structure and style."""
        with torch.autocast(self.device.type, torch.bfloat16):
            mean, log_variance = self.encoder(batch.targets, batch.present)
        mean, log_variance = mean.float(), log_variance.float()
        noise = torch.randn(mean.shape, generator=random, device=mean.device)
        style = mean + noise * (0.5 * log_variance).exp()
        code = self.generator.code(batch.class_index, batch.attributes, style)
        inputs = spatial_inputs(batch.structure, self.generator.config, random, torch.bfloat16)
        with torch.autocast(self.device.type, torch.bfloat16):
            images = self.generator(inputs, self.generator.styles(code))
        return Painted(dict(zip(IMAGE_STRIDES, images, strict=True)), mean, log_variance)

    def losses(self, batch: Batch, painted: Painted, random: torch.Generator) -> Parts:
        """Weighted losses: reconstruction where the structure is the target's own, obedience where it was drawn,
        patch statistics everywhere.
        """
        plan, images = self.plan, painted.images
        mask = batch.present[..., None, None]
        real = batch.targets * mask
        parts = {
            "pixels": losses.reconstruction(images, batch.targets, batch.present * batch.paired[:, None], batch.zoom),
            "patches": plan.patch_weight * losses.sliced_wasserstein(images[batch.zoom] * mask, real, random),
            "divergence": plan.style_divergence_weight
            * losses.kullback_leibler(painted.style_mean, painted.style_log_variance),
            "obedience": plan.obedience_weight * losses.obedience(images, batch.structure, 1 - batch.paired),
        }
        if batch.zoom > 1:
            # What an enlarged exemplar would show at the finest octave nobody knows: grain like its own finest one.
            grain = losses.sliced_wasserstein(
                grain_window(images[1], batch) * mask, real, random, levels=1, points=False
            )
            parts["grain"] = plan.grain_weight * grain
        return parts

    def to_cpu(self) -> None:
        """Bring the networks that the weights file is made from back from the device."""
        self.device = torch.device("cpu")
        self.average.cpu()
        self.average_encoder.cpu()

    @torch.no_grad()
    def update_average(self) -> None:
        """Exponential moving average of the generator's and the encoder's weights."""
        pairs = ((self.average, self.generator), (self.average_encoder, self.encoder))
        for slow, fast in pairs:
            torch._foreach_lerp_(list(slow.parameters()), list(fast.parameters()), 1 - self.decay)


def grain_window(finest: torch.Tensor, batch: Batch) -> torch.Tensor:
    """The middle of a stride-1 image, as large as the batch's targets."""
    edge = batch.targets.shape[-1]
    start = (finest.shape[-1] - edge) // 2
    return finest[..., start : start + edge, start : start + edge]


def choose_device(name: str) -> torch.device:
    """The device that a plan names. Raises SettingsError where "cuda" is asked for and there is none."""
    if name == "cuda" and not torch.cuda.is_available():
        raise SettingsError("device: 'cuda' is not available here; allowed: auto, cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
