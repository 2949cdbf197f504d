"""A weights file whose decoders are students of those of another one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from engine.errors import InvalidRequestError, WeightsError
from engine.generators.terrain.heights import DETAIL_LEVELS, TOP_LEVEL, Decoders
from engine.nets.terragen.network import Decoder
from engine.nets.terragen.weights_file import TerraGenWeights, load_terragen, save_terragen
from engine.training.terrain.distillation.descents import Descents
from engine.training.terrain.distillation.student import Lesson, strengthened, taught
from engine.training.terrain.plan import DecoderPlan
from engine.training.timed.record import say

VERSION = "3"
"""Of students. Teachers have that of `engine/training/terrain/train.py`."""

SEED = 7
LANDFORMS, DETAILS = DecoderPlan(24, 4), DecoderPlan(16, 2)
"""Sizes of the student. Landforms of 16 channels come out steeper than the teacher's, details of 8 channels are hardly
like its own: 16 fill a vector register. A third convolution of the details makes no difference that the panel can see.
"""

MORE = {"landforms": 1.02, "details": 1.0}
"""Factors of the student's details beyond the size of the teacher's: what is lost over whole descents. Chosen by the
panel, so that slopes and spectra are the teacher's.
"""

LANDFORMS_STEPS, DETAILS_STEPS = 12_000, 20_000
DESCENTS, DESCENTS_MIN = 160, 2
OWN_FROM = 1 / 3
"""Share of the steps after which every other one is on the student's own descents."""

SAID_EVERY = 1000


def distil(teacher_file: Path, student_file: Path, share: float = 1.0) -> None:
    """Write a student of the weights in `teacher_file`, after `share` of the usual steps.

    Raises InvalidRequestError for a share that is not above 0 and at most 1, WeightsError for a file that cannot be
    read or is less deep than the student, and OutputError for one that cannot be written.
    """
    if not 0.0 < share <= 1.0:
        raise InvalidRequestError("share", share, "above 0, at most 1")
    teacher = load_terragen(teacher_file)
    for master, plan in ((teacher.landforms, LANDFORMS), (teacher.details, DETAILS)):
        if master.config.depth < plan.depth:
            raise WeightsError(f"{teacher_file}: {master.config.depth} convolutions where the student has {plan.depth}")
    descents = max(DESCENTS_MIN, round(share * DESCENTS))

    def student(name: str, plan: DecoderPlan, levels: range, steps: int) -> Decoder:
        return distilled(teacher, name, plan, Lesson(levels, max(1, round(share * steps))), descents)

    landforms = student("landforms", LANDFORMS, range(DETAIL_LEVELS, TOP_LEVEL), LANDFORMS_STEPS)
    details = student("details", DETAILS, range(DETAIL_LEVELS), DETAILS_STEPS)
    header = replace(teacher.header, version=VERSION, landforms=landforms.config, details=details.config)
    save_terragen(student_file, header, landforms, details, teacher.styles)


def distilled(teacher: TerraGenWeights, name: str, plan: DecoderPlan, lesson: Lesson, descents: int) -> Decoder:
    """A student of the teacher's decoder of that name, "landforms" or "details", that learned on so many descents."""
    random = np.random.default_rng(SEED)
    decoders = Decoders(teacher.landforms, teacher.details)
    master: Decoder = getattr(decoders, name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        student = Decoder(replace(master.config, width=plan.width, depth=plan.depth))
    pools = [Descents(decoders, teacher.styles, random, descents)]

    def land(step: int) -> Descents:
        if step >= OWN_FROM * lesson.steps and len(pools) == 1:
            pools.append(Descents(replace(decoders, **{name: student}), teacher.styles, random, descents))
        return pools[step // len(lesson.levels) % len(pools)]

    def said(step: int, error: float) -> None:
        if step % SAID_EVERY == 0 or step == lesson.steps:
            say(f"{name}: {step} of {lesson.steps} steps, error {error:.4f}")

    taught(student, master, lesson, land, SEED, said)
    strengthened(student, master, lesson, pools[0], SEED, MORE[name])
    return student
