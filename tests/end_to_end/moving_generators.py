"""What workers load here: the shipped motion and a small painter that has learned nothing. Loads torch."""

import os
from pathlib import Path

from engine.catalog import SHIPPED_MOTION_WEIGHTS, Catalog, character_generators
from engine.generators.probe import ProbeGenerator
from engine.nets.framegen.weights_file import load_framegen
from engine.nets.motiongen.weights_file import load_motiongen
from engine.nets.precision import choose_kernel_class
from engine.requests.probe import ProbeRequest


def moving() -> Catalog:
    """The generators of characters; the painter lies in the folder that the environment names."""
    motion = load_motiongen(SHIPPED_MOTION_WEIGHTS)
    frames = load_framegen(Path(os.environ["END_TO_END_CHARACTERS"]) / "frames.safetensors")
    kernel = choose_kernel_class("fp32", 1)
    return Catalog({**character_generators(motion, {128: frames}, kernel, ""), ProbeRequest: ProbeGenerator()})
