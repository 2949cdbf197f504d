"""What the catalog says about characters."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from engine.assets import GeneratorInfo, ParameterInfo
from engine.characters.identity import KINDS, PARTS, SLIDERS
from engine.characters.palettes import COLOR_NAMES
from engine.nets.framegen.weights_file import FrameGenWeights
from engine.nets.motiongen.weights_file import MotionGenWeights
from engine.nets.precision import KernelClass
from engine.requests.character.frames import RATES_HZ, RENDERERS, SIZES_PX, STILL_FORMATS

VERSION = "2"
"""Raised when the same weights give other bytes."""
VIDEO_FORMATS = ("h264", "vp9", "av1", "mjpeg")


def character_infos(
    motion: MotionGenWeights,
    frames: Mapping[int, FrameGenWeights],
    names: Mapping[str, tuple[str, ...]],
    kernel: KernelClass,
    model_card: str,
) -> tuple[GeneratorInfo, GeneratorInfo]:
    """The entries of a character's files and of its frames.

    frames  weights of FrameGen by the size of its frames; none: only the software renderer draws
    names   what "gait", "action" and "style" may be
    """
    hashes = [motion.sha256, *(frames[size_px].sha256 for size_px in sorted(frames))]
    licences = {*motion.header.licences, *(name for each in frames.values() for name in each.header.licences)}
    sliders = tuple(ParameterInfo(name, 0.0, 1.0, None, "", f"{name.replace('_', ' ')}") for name in SLIDERS)
    identity = (*((f"parts.{name}", choices) for name, choices in PARTS.items()), ("colors", COLOR_NAMES))
    renderers = RENDERERS if frames else RENDERERS[:1]
    stream = (
        *(
            ("rate_hz", tuple(map(str, RATES_HZ))),
            ("format", (*STILL_FORMATS, *VIDEO_FORMATS)),
            ("renderer", renderers),
        ),
        *names.items(),
    )
    files = GeneratorInfo(
        asset_kind="character",
        name="charactergen",
        version=VERSION,
        tier=motion.header.tier,
        weights_sha256=_combined(hashes),
        kernel_class=kernel.name,
        classes=KINDS,
        maps=("description", "character", "preview"),
        attributes=sliders,
        training_licences=tuple(sorted(licences)),
        model_card=model_card,
        choices=identity,
    )
    moving = replace(
        files,
        asset_kind="frames",
        name="framegen",
        sizes_px=SIZES_PX,
        maps=("description", "pose", "frame"),
        choices=(*identity, *stream),
    )
    return files, moving


def _combined(hashes: list[str]) -> str:
    """One SHA-256 for several files of weights: that of their own, one per line; of a single one its own."""
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()
