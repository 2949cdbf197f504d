"""What workers load here: characters over small networks that have learned nothing. Loads torch."""

import os
from pathlib import Path

from engine.catalog import Catalog, character_generators
from engine.generators.probe import ProbeGenerator
from engine.nets.framegen.weights_file import load_framegen
from engine.nets.motiongen.weights_file import load_motiongen
from engine.nets.precision import choose_kernel_class
from engine.requests.probe import ProbeRequest


def moving() -> Catalog:
    """The generators of characters from the folder that the environment names."""
    folder = Path(os.environ["END_TO_END_CHARACTERS"])
    motion, frames = load_motiongen(folder / "motion.safetensors"), load_framegen(folder / "frames.safetensors")
    kernel = choose_kernel_class("fp32", 1)
    return Catalog({**character_generators(motion, {128: frames}, kernel, ""), ProbeRequest: ProbeGenerator()})
