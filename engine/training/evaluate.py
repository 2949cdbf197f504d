"""Judges a texture generator against real textures, classical baselines and faulty controls in one run."""

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress

from engine.errors import InvalidRequestError
from engine.requests.checks import SEED_MAX
from engine.training.panel.material import (
    JudgedMap,
    MaterialArrays,
    judged_picture,
    level_difference,
    normal_agreement,
)
from engine.training.panel.measure import Measure, Measurements
from engine.training.panel.metrics.estimate import Images
from engine.training.panel.metrics.features import ENCODER_SEEDS, FILTER_SEED
from engine.training.panel.metrics.memorisation import ENCODER_SEED, ExemplarIndex
from engine.training.panel.reals import MINIMUM_COUNT, RealHalves, RealTextures, read_reals
from engine.training.panel.report import PanelReport, print_report, write_report
from engine.training.panel.rivals import BASELINES, CONTROLS, Rival
from engine.training.panel.verdict import GeneratorChecks, flags, judge

Sample = Callable[[str, int], MaterialArrays]
"""Makes the material of a generator class and a seed in [0, 2**32 - 1]."""

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
    """

    count: int = 256
    size_px: int = 128
    seed: int = 0
    judged: JudgedMap = JudgedMap.ALBEDO
    controls: Mapping[str, Rival] = field(default_factory=lambda: CONTROLS)

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
) -> PanelReport:
    """The panel's findings on a generator.

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
    sets = _measure(halves, train, generated, settings, tell)
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


def _measure(
    halves: RealHalves, train: RealTextures, generated: Images, settings: PanelSettings, tell: Tell
) -> dict[str, Measurements]:
    """Scores by set, one set in memory at a time."""
    rivals = {**BASELINES, **settings.controls}
    total = len(rivals) + 4
    tell("indexing reals", 0, total)
    index = ExemplarIndex(np.concatenate([halves.train.images, halves.held_out.images]))
    tell("preparing metrics", 1, total)
    held_out = halves.held_out.drawn(len(halves.held_out.labels), settings.seed)
    measure = Measure(held_out, index, len(train.labels), settings.seed)
    tell("measuring reals", 2, total)
    sets = {"reals": measure.ceiling(train)}
    for position, (name, rival) in enumerate(rivals.items()):
        tell(f"measuring {name}", position + 3, total)
        sets[name] = measure.scores(rival(train.images, settings.seed), train.labels)
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
