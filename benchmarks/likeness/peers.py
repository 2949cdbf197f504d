"""The shipped texture weights beside their neural peers and the classical baselines, in one run of the panel.

    python -m benchmarks.likeness.peers configs/texture.yaml --weights FORMER.safetensors --spatial-gan FILE.safetensors

Peers: the other tier and any further weights; a spatial GAN in the layout of PSGAN, which `engine.training.timed`
trains beside the shipped weights; and synthesis, which optimises the pixels of a picture until its patches have the
statistics of one exemplar's: no network, one picture per exemplar. The second encoder judges as well.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from rich.console import Console
from torch.nn import functional

from engine.catalog import SHIPPED_WEIGHTS, load_catalog
from engine.errors import MorphogenError
from engine.noise import derive_seed
from engine.training.evaluate import PanelSettings, Peer, evaluate_texture
from engine.training.losses import sliced_wasserstein
from engine.training.panel.metrics.estimate import Images
from engine.training.panel.reals import RealTextures
from engine.training.panel.report import PanelReport, print_report, write_report
from engine.training.panel.verdict import beats
from engine.training.plan import TexturePlan
from engine.training.plan_file import read_plan
from engine.training.timed.spatial_gan import STRIDE_PX, SpatialGenerator
from workers.cli.progress import stage_bars
from workers.cli.training.texture import known_classes, sample

SYNTHESIS_STEPS, SYNTHESIS_BATCH, SYNTHESIS_RATE = 80, 16, 0.03
RIVALS = ("sliced_hi", "coverage")
"""Metrics on which the weights are asked to beat their neural peers."""

TABLE_WIDTH = 200


def other_weights(path: Path, size_px: int, seed: int, train: RealTextures) -> Images:
    """Pictures [n, 3, size, size] of other weights, with the classes and seeds of the generator's own."""
    catalog = load_catalog(texture_weights=path)
    made = [sample(catalog, label, seed + index, size_px).albedo for index, label in enumerate(train.labels)]
    return np.stack(made)


def spatial_gan(path: Path, classes: Sequence[str], seed: int, train: RealTextures) -> Images:
    """Pictures of the spatial GAN, which was trained on the same exemplars."""
    network = SpatialGenerator(len(classes))
    network.load_state_dict({name: value.float() for name, value in safetensors.torch.load_file(path).items()})
    network.eval()
    random = torch.Generator().manual_seed(derive_seed(seed, 0x6A))
    cells = train.images.shape[2] // STRIDE_PX
    with torch.inference_mode():
        made = [network(torch.tensor([classes.index(label)]), cells, random) for label in train.labels]
    return np.asarray((torch.cat(made).numpy() + 1) / 2, np.float32)


def synthesis(seed: int, train: RealTextures) -> Images:
    """Noise whose pixels are moved until its patches are distributed like those of the real of the same place.

    Heitz et al., "A Sliced Wasserstein Loss for Neural Texture Synthesis", 2021, on random filters instead of learned
    ones, over five octaves; Adam, 80 steps.
    """
    random = torch.Generator().manual_seed(derive_seed(seed, 0x6B))
    made = []
    for exemplars in torch.from_numpy(train.images).split(SYNTHESIS_BATCH):
        real = exemplars * 4 - 2
        mean, spread = real.mean((2, 3), keepdim=True), real.std((2, 3), keepdim=True)
        pixels = (mean + spread * torch.randn(real.shape, generator=random)).requires_grad_()
        optimizer = torch.optim.Adam([pixels], SYNTHESIS_RATE)
        for _ in range(SYNTHESIS_STEPS):
            # Patches run over the edge, so the result tiles.
            wrapped = [functional.pad(image, (8,) * 4, mode="circular") for image in (pixels, real)]
            loss = sliced_wasserstein(wrapped[0], wrapped[1], random)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        made.append(((pixels.detach() + 2) / 4).clamp(0, 1))
    return np.asarray(torch.cat(made).numpy(), np.float32)


def print_peers(report: PanelReport, peers: Sequence[str], console: Console) -> None:
    """Whether the generator is better than each peer by three standard errors of the paired difference."""
    own = report.sets["generator"]
    for name in peers:
        for metric in RIVALS:
            difference, error = own[metric].minus(report.sets[name][metric])
            word = "beaten" if beats(metric, own, report.sets[name]) else "not beaten"
            console.print(f"{name}, {metric}: {word}, difference {difference:+.3g} (s.e. {error:.2g})", highlight=False)


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.likeness.peers", description="Compare with peers.")
    parser.add_argument("plan", type=Path)
    parser.add_argument("--data", type=Path, default=Path("data/textures_albedo128"), metavar="FOLDER")
    parser.add_argument("--count", type=int, default=96, metavar="N", help="pictures per set; default 96")
    parser.add_argument("--weights", type=Path, action="append", default=[], metavar="FILE", help="further weights")
    parser.add_argument("--spatial-gan", type=Path, metavar="FILE")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the findings there, as JSON")
    options = parser.parse_args()
    settings = PanelSettings(options.count, second_encoder=True)
    try:
        plan, catalog = read_plan(TexturePlan, options.plan), load_catalog()
        peers: dict[str, Peer] = {
            path.stem: partial(other_weights, path, settings.size_px, settings.seed)
            for path in (SHIPPED_WEIGHTS / "texgen-s.safetensors", *options.weights)
        }
        if options.spatial_gan is not None:
            peers["spatial_gan"] = partial(spatial_gan, options.spatial_gan, list(plan.classes), settings.seed)
        peers["synthesis"] = partial(synthesis, settings.seed)
        with stage_bars() as tell:
            report = evaluate_texture(
                options.data,
                lambda name, seed: sample(catalog, name, seed, settings.size_px),
                known_classes(catalog),
                plan.class_of(),
                settings,
                tell,
                peers,
            )
        if options.report is not None:
            write_report(report, options.report)
    except MorphogenError as error:
        print(f"peers: {error}", file=sys.stderr)
        return 1
    console = Console(width=TABLE_WIDTH)
    print_report(report, console)
    print_peers(report, list(peers), console)
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
