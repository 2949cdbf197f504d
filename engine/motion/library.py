"""Files of clips: one compressed .npz with any number of takes, the form that training reads.

Arrays are concatenated clips: `root_pos` float32 [frame, 3], `local_quat` float16 [frame, 19, 4] as w, x, y, z,
`clip_start`, `clip_len`, `clip_names`, `clip_label` with `label_names`, `clip_style` with `style_names`, `joint_names`,
`fps`; optionally `rel_pos` float16 [frame, 19, 3] (joints minus pelvis as they were captured), `contact` [frame, 4] and
`clip_licence`. Files without `contact` get it from heights and speeds.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import read_arrays, write_arrays
from engine.errors import DataError, InvalidRequestError
from engine.motion import quaternions
from engine.motion.clip import Clip
from engine.motion.contacts import detect_contacts
from engine.motion.grounding import grounded
from engine.motion.pose import Poses, joint_positions
from engine.motion.skeleton import SKELETON, Float

REQUIRED = ("root_pos", "local_quat", "clip_start", "clip_len", "clip_names", "joint_names", "fps")
WXYZ_TO_XYZW = (1, 2, 3, 0)
XYZW_TO_WXYZ = (3, 0, 1, 2)


def read_clips(path: Path) -> tuple[Clip, ...]:
    """All clips of a file, on the common skeleton. Raises DataError naming the file and what is wrong with it."""
    arrays = read_arrays(path, "file of clips")
    _check(path, arrays)
    count = len(arrays["clip_start"])
    return tuple(_clip(path, arrays, index) for index in range(count))


def write_clips(path: Path, clips: Sequence[Clip]) -> None:
    """Write clips of one rate atomically. Raises InvalidRequestError for mixed rates or none, OutputError."""
    rates = sorted({clip.rate_hz for clip in clips})
    if len(rates) != 1:
        raise InvalidRequestError("rate_hz", rates, "clips of one and the same rate, at least one clip")
    lengths = [clip.frame_count for clip in clips]
    labels, styles = (sorted({getattr(clip, name) for clip in clips}) for name in ("label", "style"))
    rotation = np.concatenate([clip.poses.rotation for clip in clips])
    arrays: dict[str, Any] = {
        "root_pos": np.concatenate([clip.poses.root_m for clip in clips]),
        "local_quat": rotation[..., XYZW_TO_WXYZ].astype(np.float16),
        "contact": np.concatenate([clip.poses.contact for clip in clips]).astype(np.float16),
        "clip_start": np.cumsum([0, *lengths[:-1]]).astype(np.int32),
        "clip_len": np.array(lengths, np.int32),
        "clip_names": np.array([clip.name for clip in clips]),
        "clip_label": np.array([labels.index(clip.label) for clip in clips], np.int16),
        "label_names": np.array(labels),
        "clip_style": np.array([styles.index(clip.style) for clip in clips], np.int16),
        "style_names": np.array(styles),
        "clip_licence": np.array([clip.licence for clip in clips]),
        "joint_names": np.array(SKELETON.names),
        "parents": np.array(SKELETON.parents, np.int16),
        "rest_offsets": SKELETON.rest_offset_m,
        "fps": np.array(rates[0], np.float32),
    }
    write_arrays(path, arrays)


def _check(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    missing = [name for name in REQUIRED if name not in arrays]
    if missing:
        raise DataError(f"{path}: array {missing[0]!r} is missing; needed: {', '.join(REQUIRED)}")
    names = tuple(str(name) for name in arrays["joint_names"])
    if names != SKELETON.names:
        raise DataError(f"{path}: joint_names: {', '.join(names)[:120]} is not {', '.join(SKELETON.names)}")
    frames = len(arrays["root_pos"])
    if arrays["local_quat"].shape != (frames, SKELETON.joint_count, 4) or arrays["root_pos"].shape[1:] != (3,):
        raise DataError(f"{path}: root_pos and local_quat have shapes that do not belong together")
    starts, lengths = arrays["clip_start"], arrays["clip_len"]
    if starts.shape != lengths.shape or (starts < 0).any() or (lengths < 1).any() or (starts + lengths > frames).any():
        raise DataError(f"{path}: clip_start and clip_len reach beyond the {frames} frames or name empty clips")
    if not all(np.isfinite(arrays[name]).all() for name in ("root_pos", "local_quat")):
        raise DataError(f"{path}: root_pos or local_quat holds values that are not finite")


def _clip(path: Path, arrays: dict[str, NDArray[Any]], index: int) -> Clip:
    start, length = int(arrays["clip_start"][index]), int(arrays["clip_len"][index])
    frames = slice(start, start + length)
    rotation = arrays["local_quat"][frames][..., WXYZ_TO_XYZW].astype(Float)
    rotation = quaternions.continuous(quaternions.normalized(rotation)).astype(Float)
    root = arrays["root_pos"][frames].astype(Float)
    rate = float(arrays["fps"])
    if "rel_pos" in arrays:
        relative = arrays["rel_pos"][frames].astype(Float)
        poses = grounded(rotation, root[:, None] + relative, rate)
    else:
        contact = arrays["contact"][frames].astype(Float) if "contact" in arrays else np.zeros((length, 4), Float)
        poses = Poses(root, rotation, contact)
        if "contact" not in arrays:
            poses = Poses(root, rotation, detect_contacts(joint_positions(poses), rate))
    try:
        return Clip(str(arrays["clip_names"][index]), poses, rate, *_facts(arrays, index))
    except InvalidRequestError as error:
        raise DataError(f"{path}: {error}") from error


def _facts(arrays: dict[str, NDArray[Any]], index: int) -> tuple[str, str, str]:
    """Label, style and licence."""
    label = style = licence = ""
    if "clip_label" in arrays and "label_names" in arrays:
        label = str(arrays["label_names"][int(arrays["clip_label"][index])])
    if "clip_style" in arrays and "style_names" in arrays:
        style = str(arrays["style_names"][int(arrays["clip_style"][index])])
    if "clip_licence" in arrays:
        licence = str(arrays["clip_licence"][index])
    return label, style or "mocap", licence
