"""What each process of a call does: tier M, tier S, or the spatial GAN that both are compared with."""

import json
import sys
import time
import traceback
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from engine.training.plan import NetworkPlan, TexturePlan
from engine.training.stages import ReconstructionStage
from engine.training.timed.clock import Clock
from engine.training.timed.course import Course, chosen
from engine.training.timed.peer import Peer
from engine.training.timed.provisions import Provisions
from engine.training.timed.record import Record
from engine.training.timed.trials import DEFAULT, TRIALS

PROVISIONS = "provisions.pt"
"""File in the scratch folder: the call and its provisions."""

SMALL = NetworkPlan(style_width=48, code_width=160, widths=(128, 128, 112, 80, 48), fine_noise_channels=3)
"""Tier S."""

RECONSTRUCTION_SHARE = 0.30
SMALL_RECONSTRUCTION_SHARE, TRIAL_SHARE = 0.08, 0.024
"""Shares of the training time: tier M's first stage, tier S's, and each trial."""


@dataclass(frozen=True, slots=True)
class Call:
    """What every process knows: the plan, the folders, and when training and the call end."""

    plan: TexturePlan
    output: Path
    scratch: Path
    start_s: float
    training: Clock

    def record(self, run: str) -> Record:
        """The run's own table."""
        return Record(self.scratch / f"{run}.csv", run, self.start_s)


def medium(call: Call, provisions: Provisions) -> None:
    """Tier M: reconstruction, then finishing with the settings that tier S has found."""
    course = Course(call.plan, provisions, call.record("m"), call.output, call.training)
    stage = ReconstructionStage(course.model)
    course.run("reconstruction", stage, call.plan.learning_rate, call.training.part(RECONSTRUCTION_SHARE))
    course.save(call.scratch / "texgen-m-reconstruction.safetensors")
    trial = chosen(call.scratch / "choice.json", DEFAULT)
    course.record.line("finishing", {"steps": course.step, "note": f"settings: {trial}"})
    finishing = course.adversarial(trial)
    course.run("finishing", finishing, trial.learning_rate, call.training.part(1.0))
    course.save(call.output / f"{course.plan.name}.safetensors")
    course.judge("end", call.scratch / "m.jpg")


def small(call: Call, provisions: Provisions) -> None:
    """Tier S: reconstruction, trials from there, and on from the best of them."""
    plan = replace(half_batches(call.plan), name="texgen-s", tier="S", network=SMALL)
    course = Course(plan, provisions, call.record("s"), call.output, call.training)
    stage = ReconstructionStage(course.model)
    first = call.training.part(SMALL_RECONSTRUCTION_SHARE)
    course.run("reconstruction", stage, plan.learning_rate, first, floor=0.3)
    course.judge("reconstruction", call.scratch / "s-reconstruction.jpg")
    start, step = course.state(stage), course.step
    duration_s = TRIAL_SHARE * (call.training.end_s - call.training.start_s)
    best = None
    for trial in TRIALS:
        finishing = course.adversarial(trial)
        course.restore_networks(start)
        course.step = step
        clock = Clock(time.monotonic(), time.monotonic() + duration_s)
        course.run(f"trial {trial.name}", finishing, trial.learning_rate, clock, floor=0.7)
        total = course.judge(f"trial {trial.name}", None, str(trial))
        if best is None or total < best[0]:
            best = (total, trial, course.state(finishing), course.step)
        if call.training.share > 2 * RECONSTRUCTION_SHARE:
            break
    if best is None:
        return
    _, trial, kept, course.step = best
    (call.scratch / "choice.json").write_text(json.dumps(asdict(trial)), encoding="utf-8")
    finishing = course.adversarial(trial)
    course.restore(finishing, kept)
    course.run("finishing", finishing, trial.learning_rate, call.training.part(1.0))
    course.save(call.output / f"{plan.name}.safetensors")
    course.judge("end", call.scratch / "s.jpg")


def peer(call: Call, provisions: Provisions) -> None:
    """The spatial GAN."""
    Peer(half_batches(call.plan), provisions, call.record("peer")).run(
        call.training, call.scratch / "spatial-gan.safetensors"
    )


def half_batches(plan: TexturePlan) -> TexturePlan:
    """Half of tier M's batches, so that most of the device is left to it."""
    sizes = (max(1, plan.batch_size // 2), max(1, plan.enlarged_batch_size // 2))
    return replace(plan, batch_size=sizes[0], enlarged_batch_size=sizes[1])


ROLES = {"medium": medium, "small": small, "peer": peer}


def main() -> int:
    """Play the role that the command line names, in the scratch folder that it names.

    Errors end up in the archive, and harm no other role.
    """
    name, scratch = sys.argv[1], Path(sys.argv[2])
    torch.set_float32_matmul_precision("high")
    try:
        # Written by the process that started this one.
        call, provisions = torch.load(scratch / PROVISIONS, weights_only=False)
        ROLES[name](call, provisions)
    except Exception:  # noqa: BLE001 - whatever it was, it is told
        text = traceback.format_exc()
        (scratch / f"{name}-error.txt").write_text(text, encoding="utf-8")
        sys.stderr.write(text)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
