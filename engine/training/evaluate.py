"""Judges a texture generator against real textures, classical baselines and faulty controls in one run."""

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress

from engine.errors import InvalidRequestError
from engine.requests.checks import SEED_MAX
from engine.training.panel.learned import corruption_distances, learn_encoder, ranks_corruptions
from engine.training.panel.material import (
    JudgedMap,
    MaterialArrays,
    judged_picture,
    level_difference,
    normal_agreement,
)
from engine.training.panel.measure import Encode, Measure, Measurements
from engine.training.panel.metrics.estimate import Images
from engine.training.panel.metrics.features import ENCODER_SEEDS, FILTER_SEED
from engine.training.panel.metrics.memorisation import ENCODER_SEED, ExemplarIndex
from engine.training.panel.reals import MINIMUM_COUNT, RealHalves, RealTextures, read_reals
from engine.training.panel.report import PanelReport, print_report, write_report
from engine.training.panel.rivals import BASELINES, CONTROLS, Rival
from engine.training.panel.verdict import GeneratorChecks, flags, judge

PROBE_COUNT = 128
"""Reals whose corruptions the second encoder must rank."""

Sample = Callable[[str, int], MaterialArrays]
"""Makes the material of a generator class and a seed in [0, 2**32 - 1]."""

Peer = Callable[[RealTextures], Images]
"""Makes a set to compare with: one picture per real of the training half, of its class."""

Tell = Callable[[str, int, int], None]
"""Is told what is being done, how many steps are done and how many there are."""


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """How a run is set up.

    count     pictures per set, at least 16; fewer are used where a half of the data folder has fewer
    size_px   edge length at which pictures are judged, a multiple of 16 from 32 to 512
    seed      of every random choice, and of the generator's first sample
    judged    the map whose likeness is judged
    controls  the faulty sets that must be caught
    second_encoder  whether an encoder learned from the training half judges too, if it ranks corruptions
    """

    count: int = 256
    size_px: int = 128
    seed: int = 0
    judged: JudgedMap = JudgedMap.ALBEDO
    controls: Mapping[str, Rival] = field(default_factory=lambda: CONTROLS)
    second_encoder: bool = False

    def __post_init__(self) -> None:
        if self.count < MINIMUM_COUNT:
            raise InvalidRequestError("count", self.count, f"at least {MINIMUM_COUNT}")
        if not 32 <= self.size_px <= 512 or self.size_px % 16:
            raise InvalidRequestError("size_px", self.size_px, "a multiple of 16 from 32 to 512")
        if not 0 <= self.seed <= SEED_MAX:
            raise InvalidRequestError("seed", self.seed, f"0 to {SEED_MAX}")


def _tell_nobody(what: str, done: int, total: int) -> None:
    pass


def evaluate_texture(
    data_folder: Path,
    sample: Sample,
    classes: Sequence[str],
    class_of: Mapping[str, str],
    settings: PanelSettings | None = None,
    tell: Tell = _tell_nobody,
    peers: Mapping[str, Peer] | None = None,
) -> PanelReport:
    """The panel's findings on a generator, and in the same run what `peers` score.

    `class_of` maps data classes to generator classes; those that lead to none of `classes` are left out. The generator
    is asked for the classes of the training half, in proportion. Raises DataError for a data folder that cannot be
    used, GenerationError for a sample of wrong shape or range.
    """
    settings = settings or PanelSettings()
    started = time.perf_counter()
    known = {data: wanted for data, wanted in class_of.items() if wanted in classes}
    halves = read_reals(data_folder, known, settings.judged, settings.size_px)
    count = min(settings.count, len(halves.train.labels), len(halves.held_out.labels))
    train = halves.train.drawn(count, settings.seed)
    generated, checks, generating_s = _generate(sample, train.labels, settings, tell)
    encode, learned = _second_encoder(halves.train, settings, tell)
    others: dict[str, Callable[[], Images]] = {
        **{
            name: partial(rival, train.images, settings.seed)
            for name, rival in {**BASELINES, **settings.controls}.items()
        },
        **{name: partial(peer, train) for name, peer in (peers or {}).items()},
    }
    measure = _prepared(halves, len(train.labels), settings, encode, tell)
    sets = _measure(measure, train, generated, others, tell)
    ceiling = sets["reals"]
    outcome, criteria = judge(
        ceiling,
        {name: sets[name] for name in BASELINES},
        {name: sets[name] for name in settings.controls},
        sets["generator"],
        checks,
        count,
    )
    conditions = {
        **_conditions(data_folder, halves, train, settings),
        **learned,
        "generating_s": round(generating_s, 1),
        "wall_s": round(time.perf_counter() - started, 1),
    }
    caught = {name: flags(name, scores, ceiling) for name, scores in sets.items() if name != "reals"}
    return PanelReport(outcome, criteria, sets, caught, conditions)


def run(
    data_folder: Path,
    sample: Sample,
    classes: Sequence[str],
    class_of: Mapping[str, str],
    settings: PanelSettings | None = None,
    json_path: Path | None = None,
    console: Console | None = None,
) -> int:
    """Evaluate with a progress bar, print the table, write the JSON; returns the exit code (0, 1 or 3).

    Raises what `evaluate_texture` raises, and OutputError where the JSON cannot be written.
    """
    console = console or Console()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("reading reals", total=None)
        report = evaluate_texture(
            data_folder,
            sample,
            classes,
            class_of,
            settings,
            lambda what, done, total: progress.update(task, description=what, completed=done, total=total),
        )
    print_report(report, console)
    if json_path is not None:
        write_report(report, json_path)
    return report.exit_code


def _generate(
    sample: Sample, labels: Sequence[str], settings: PanelSettings, tell: Tell
) -> tuple[Images, GeneratorChecks, float]:
    """The judged pictures of one material per label, the checks of the other maps, and the seconds it took."""
    started = time.perf_counter()
    pictures, differences, agreements = [], [], []
    for index, label in enumerate(labels):
        seed = (settings.seed + index) % (SEED_MAX + 1)
        material = sample(label, seed)
        pictures.append(judged_picture(material, settings.judged, settings.size_px, f"{label}, seed {seed}"))
        if len(material.levels) > 1:
            differences.append(level_difference(material.levels))
        if material.height is not None and material.normal is not None:
            agreements.append(normal_agreement(material.height, material.normal))
        tell("generating", index + 1, len(labels))
    checks = GeneratorChecks(
        max(differences) if differences else None,
        float(np.quantile(agreements, 0.05)) if agreements else None,
    )
    return np.stack(pictures), checks, time.perf_counter() - started


def _second_encoder(
    train: RealTextures, settings: PanelSettings, tell: Tell
) -> tuple[Encode | None, dict[str, str | dict[str, list[float]]]]:
    """The encoder learned from the training half, and the conditions that tell of it; none that fails to rank."""
    if not settings.second_encoder:
        return None, {}
    tell("learning the second encoder", 0, 1)
    encoder = learn_encoder(train.images, settings.seed)
    probe = train.drawn(min(PROBE_COUNT, len(train.labels)), settings.seed)
    distances = corruption_distances(encoder.features, probe.images, settings.seed)
    ranks = ranks_corruptions(distances)
    word = "ranks all corruptions by strength" if ranks else "dismissed: does not rank all corruptions by strength"
    return (encoder.features if ranks else None), {"second_encoder": word, "second_encoder_distances": distances}


def _prepared(halves: RealHalves, count: int, settings: PanelSettings, encode: Encode | None, tell: Tell) -> Measure:
    """The held-out half and all exemplars, ready to measure sets of `count` pictures."""
    tell("indexing reals", 0, 2)
    index = ExemplarIndex(np.concatenate([halves.train.images, halves.held_out.images]))
    tell("preparing metrics", 1, 2)
    held_out = halves.held_out.drawn(len(halves.held_out.labels), settings.seed)
    return Measure(held_out, index, count, settings.seed, encode)


def _measure(
    measure: Measure,
    train: RealTextures,
    generated: Images,
    others: Mapping[str, Callable[[], Images]],
    tell: Tell,
) -> dict[str, Measurements]:
    """Scores by set, one set in memory at a time."""
    total = len(others) + 2
    tell("measuring reals", 0, total)
    sets = {"reals": measure.ceiling(train)}
    for position, (name, pictures) in enumerate(others.items()):
        tell(f"measuring {name}", position + 1, total)
        sets[name] = measure.scores(pictures(), train.labels)
    tell("measuring the generator", total - 1, total)
    sets["generator"] = measure.scores(generated, train.labels)
    tell("done", total, total)
    return sets


def _conditions(
    folder: Path, halves: RealHalves, train: RealTextures, settings: PanelSettings
) -> dict[str, str | int | list[int] | dict[str, int]]:
    labels = train.labels
    return {
        "data_folder": folder.name,
        "data_sha256": halves.digest,
        "judged_map": str(settings.judged),
        "size_px": settings.size_px,
        "seed": settings.seed,
        "count_per_set": len(labels),
        "reals_train_half": len(halves.train.labels),
        "reals_held_out_half": len(halves.held_out.labels),
        "count_per_class": {name: labels.count(name) for name in sorted(set(labels))},
        "encoders": "random convolution networks, untrained",
        "encoder_seeds": [*ENCODER_SEEDS, FILTER_SEED, ENCODER_SEED],
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count() or 0,
        "platform": platform.platform(),
    }
