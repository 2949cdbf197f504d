"""Foreign motion files as clips: BVH, rigged GLB, and files of clips; told apart by their names' endings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.codecs.gltf.reader.clips import read_clips_of_glb
from engine.codecs.motion.bvh_reader import read_bvh
from engine.errors import DataError, InvalidRequestError
from engine.motion.actions import ACTION_OF_LABEL
from engine.motion.clip import Clip, repeated, resampled
from engine.motion.library import read_clips
from engine.motion.pose import Poses
from engine.motion.retarget.transfer import to_common

ENDINGS = (".bvh", ".glb", ".npz")
FILE_MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImportWishes:
    """How files become clips.

    rate_hz  of all of them afterwards
    label    of all; empty: the first known label in a clip's name
    style    of all
    licence  of all; empty: what the file says
    repeat   how often each clip is played in a row; more than once for cycles
    names    only these clips of files that have several; empty: all
    """

    rate_hz: float = 30.0
    label: str = ""
    style: str = "mocap"
    licence: str = ""
    repeat: int = 1
    names: tuple[str, ...] = ()


def import_motion(path: Path, wishes: ImportWishes) -> list[Clip]:
    """All wished clips of a file, at one rate. Raises InvalidRequestError or DataError that name the file."""
    if path.suffix.lower() not in ENDINGS:
        raise InvalidRequestError("file", str(path), f"names that end in {', '.join(ENDINGS)}")
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise DataError(f"{path}: has more than the {FILE_MAX_BYTES} bytes that are allowed")
        clips = _read(path, wishes)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not text") from error
    except InvalidRequestError as error:
        raise InvalidRequestError(f"{path.name}: {error.field}", error.value, error.allowed) from error
    chosen = [clip for clip in clips if not wishes.names or clip.name.rpartition("/")[2] in wishes.names]
    if not chosen:
        raise InvalidRequestError("clip", ", ".join(wishes.names), ", ".join(clip.name for clip in clips))
    return [repeated(resampled(_told(clip, wishes), wishes.rate_hz), wishes.repeat) for clip in chosen]


def _read(path: Path, wishes: ImportWishes) -> Sequence[Clip]:
    kind = path.suffix.lower()
    if kind == ".npz":
        return read_clips(path)
    if kind == ".bvh":
        take = read_bvh(path.read_text(encoding="utf-8"))
        return [_clip(path.stem, to_common(take.rig, take.poses, take.rate_hz), take.rate_hz, wishes)]
    try:
        file = read_clips_of_glb(path.read_bytes(), wishes.rate_hz)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    if not file.clips:
        raise DataError(f"{path}: has no animations")
    return [
        _clip(f"{path.stem}/{name}", to_common(file.rig, poses, wishes.rate_hz), wishes.rate_hz, wishes)
        for name, poses in file.clips.items()
    ]


def _clip(name: str, poses: Poses, rate_hz: float, wishes: ImportWishes) -> Clip:
    root = poses.root_m.copy()
    root[:, (0, 2)] -= root[0, (0, 2)]
    return Clip(name, Poses(root, poses.rotation, poses.contact), rate_hz, style=wishes.style)


def _told(clip: Clip, wishes: ImportWishes) -> Clip:
    label = wishes.label or clip.label or guessed_label(clip.name)
    return replace(clip, label=label, licence=wishes.licence or clip.licence)


def guessed_label(name: str) -> str:
    """The longest label known to training that a clip's name contains, without case; empty if none does."""
    plain = name.lower().replace(" ", "_").replace("-", "_")
    found = [label for label in ACTION_OF_LABEL if label in plain]
    return max(found, key=len, default="")
