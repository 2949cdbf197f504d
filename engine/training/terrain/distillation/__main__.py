"""Smaller decoders that make the land of larger ones.

    python -m engine.training.terrain.distillation TEACHER.safetensors STUDENT.safetensors

Both decoders of the student learn on whole descents of the teacher, which need no elevation data, and later also on
their own, whose grids are a little different. It takes 8 to 13 minutes for each on one core, and no GPU.
"""

import argparse
import sys
from pathlib import Path

from engine.errors import MorphogenError
from engine.training.terrain.distillation.distil import distil


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m engine.training.terrain.distillation", description="Make smaller terrain weights."
    )
    parser.add_argument("teacher", type=Path, metavar="TEACHER.safetensors")
    parser.add_argument("student", type=Path, metavar="STUDENT.safetensors")
    parser.add_argument("--share", type=float, default=1.0, help="of the usual steps, above 0 and at most 1 (default)")
    options = parser.parse_args()
    try:
        distil(options.teacher, options.student, options.share)
    except MorphogenError as error:
        sys.stderr.write(f"morphogen: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
