"""BVH files: a rig with its rest pose and one take, as motion capture is exchanged.

Described by Meredith and Maddock, "Motion Capture File Formats Explained", 2001 (section 3). Lengths are whatever the
file has (centimeters, inches); whoever retargets goes by leg length. The rest pose is that of all rotations zero.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.motion import quaternions
from engine.motion.clip import RATE_MAX_HZ, RATE_MIN_HZ
from engine.motion.retarget.rig import Rig, RigPoses
from engine.motion.skeleton import Float

JOINTS_MAX, FRAMES_MAX = 1024, 2_000_000
AXES = {"X": 0, "Y": 1, "Z": 2}
CHANNELS = tuple(f"{axis}{kind}" for kind in ("position", "rotation") for axis in AXES)


@dataclass(frozen=True, slots=True)
class BvhTake:
    """A file: the rig, its frames, and frames per second."""

    rig: Rig
    poses: RigPoses
    rate_hz: float


@dataclass(slots=True)
class _Hierarchy:
    """What the first half of a file says."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[tuple[float, float, float]] = field(default_factory=list)
    channels: list[tuple[str, ...]] = field(default_factory=list)


def read_bvh(text: str) -> BvhTake:
    """Take a file apart. Raises InvalidRequestError naming the field, the value and what is allowed for one that is
    truncated, has no frames, an unusable rate or several, or a hierarchy that cannot be followed.
    """
    words = _Words(text)
    words.expect("hierarchy", "HIERARCHY")
    words.expect("hierarchy", "ROOT")
    hierarchy = _Hierarchy()
    _skeleton(words, hierarchy)
    if words.peek() == "ROOT":
        raise InvalidRequestError("hierarchy", "a second ROOT", "one character per file")
    words.expect("motion", "MOTION")
    words.expect("motion", "Frames:")
    frames = words.number("frames")
    if not 1 <= frames <= FRAMES_MAX or frames != int(frames):
        raise InvalidRequestError("frames", frames, f"whole numbers from 1 to {FRAMES_MAX}")
    rate = _rate(words)
    values = _values(words, int(frames), sum(len(names) for names in hierarchy.channels))
    return _take(hierarchy, values, rate)


def _rate(words: "_Words") -> float:
    words.expect("frame time", "Frame")
    words.expect("frame time", "Time:")
    frame_s = words.number("frame time")
    if not 1 / RATE_MAX_HZ <= frame_s <= 1 / RATE_MIN_HZ:
        raise InvalidRequestError("frame time", frame_s, f"{1 / RATE_MAX_HZ:.5f} to {1 / RATE_MIN_HZ:g} seconds")
    rate = 1 / frame_s
    # files round: .033333 is 30 Hz and .0083333 is 120 Hz
    return float(round(rate)) if abs(rate - round(rate)) < 0.002 * rate else rate


def _values(words: "_Words", frames: int, channels: int) -> NDArray[np.float64]:
    rest = words.rest()
    wanted = frames * channels
    if "Time:" in rest:
        raise InvalidRequestError("frame time", "several", "one rate per file")
    if len(rest) != wanted:
        raise InvalidRequestError(
            "motion", f"{len(rest)} numbers", f"{wanted}, for {frames} frames of {channels} channels; is it cut off?"
        )
    try:
        values = np.array(rest, np.float64).reshape(frames, channels)
    except ValueError as error:
        raise InvalidRequestError("motion", str(error).rpartition(":")[2].strip(), "numbers") from error
    if not np.isfinite(values).all():
        raise InvalidRequestError("motion", "a number that is not finite", "finite numbers")
    return values


def _skeleton(words: "_Words", hierarchy: _Hierarchy) -> None:
    """Read the root, whose keyword is read already, and all joints below it."""
    above = [_joint(words, hierarchy, -1)]
    while above:
        word = words.take()
        if word == "JOINT":
            above.append(_joint(words, hierarchy, above[-1]))
        elif word == "End":
            words.until("{")
            words.until("}")
        elif word == "}":
            above.pop()
        else:
            raise InvalidRequestError(hierarchy.names[above[-1]], word, "JOINT, End Site or }")


def _joint(words: "_Words", hierarchy: _Hierarchy, parent: int) -> int:
    """Read one joint up to what lies below it; its number."""
    name = words.until("{")
    index = len(hierarchy.names)
    if not name or index >= JOINTS_MAX:
        raise InvalidRequestError("joints", name or "no name", f"at most {JOINTS_MAX} joints with names")
    hierarchy.names.append(name)
    hierarchy.parents.append(parent)
    words.expect(f"{name}.offset", "OFFSET")
    hierarchy.offsets.append((words.number("offset"), words.number("offset"), words.number("offset")))
    channels: tuple[str, ...] = ()
    if words.peek() == "CHANNELS":
        words.take()
        count = words.number(f"{name}.channels")
        if count not in range(7):
            raise InvalidRequestError(f"{name}.channels", count, "0 to 6")
        channels = tuple(words.take() for _ in range(int(count)))
        for channel in channels:
            if channel not in CHANNELS:
                raise InvalidRequestError(f"{name}.channels", channel, ", ".join(CHANNELS))
    hierarchy.channels.append(channels)
    return index


def _take(hierarchy: _Hierarchy, values: NDArray[np.float64], rate_hz: float) -> BvhTake:
    count, frames = len(hierarchy.names), len(values)
    translation = np.tile(np.array(hierarchy.offsets, np.float64), (frames, 1, 1))
    rotation = np.tile(np.array((0, 0, 0, 1), np.float64), (frames, count, 1))
    column = 0
    for joint, channels in enumerate(hierarchy.channels):
        for channel in channels:
            axis, value = AXES[channel[0]], values[:, column]
            column += 1
            if channel.endswith("position"):
                translation[:, joint, axis] = value + (hierarchy.offsets[joint][axis] if joint else 0.0)
            else:
                turn = quaternions.about_axis(axis, np.radians(value))
                rotation[:, joint] = quaternions.multiplied(rotation[:, joint], turn)
    rest = np.array(hierarchy.offsets, Float)
    rig = Rig(tuple(hierarchy.names), tuple(hierarchy.parents), rest, quaternions.identity(count))
    return BvhTake(rig, RigPoses(translation.astype(Float), rotation.astype(Float)), rate_hz)


class _Words:
    """The words of a file, one after the other."""

    def __init__(self, text: str) -> None:
        self._words = text.replace("{", " { ").replace("}", " } ").split()
        self._at = 0

    def peek(self) -> str:
        """The next word, empty at the end."""
        return self._words[self._at] if self._at < len(self._words) else ""

    def take(self) -> str:
        """The next word. Raises InvalidRequestError at the end."""
        word = self.peek()
        if not word:
            raise InvalidRequestError("file", f"{len(self._words)} words", "a whole BVH file; this one is cut off")
        self._at += 1
        return word

    def expect(self, place: str, word: str) -> None:
        """Take `word`, and nothing else."""
        taken = self.take()
        if taken.upper() != word.upper():
            raise InvalidRequestError(place, taken, word)

    def until(self, word: str) -> str:
        """Everything before `word`, which is taken too."""
        taken = []
        while (next_word := self.take()) != word:
            taken.append(next_word)
        return " ".join(taken)

    def number(self, place: str) -> float:
        """A finite number."""
        word = self.take()
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InvalidRequestError(place, word, "a finite number")
        return value

    def rest(self) -> list[str]:
        """All words that are left."""
        return self._words[self._at :]
