"""What becomes of frames: videos, pipes, folders of pictures, files of poses."""

import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.codecs.files import publish_file, publish_folder
from engine.codecs.motion.bvh_writer import write_bvh
from engine.codecs.video.codecs import codec_for
from engine.codecs.video.file import VideoFile
from engine.codecs.video.frames import VideoSettings
from engine.codecs.video.still import MEDIA_TYPES, encode_still
from engine.codecs.video.writer import ALPHA_CONTAINERS, CONTAINERS, VideoWriter
from engine.errors import InvalidRequestError, OutputError
from engine.generators.character.pose import pose_parts
from engine.motion.pose import Poses
from workers.cli.characters.source import Made, Take

PIPE = "-"
PIPE_FORMATS = ("matroska", "mpegts", "raw")
POSE_SUFFIXES = (".npz", ".bvh")
MODEL_SUFFIX = ".glb"
PICTURE_DIGITS = 5
PICTURE_NAMES = re.compile(rf"frame_\d{{{PICTURE_DIGITS},}}\.(jpg|{'|'.join(MEDIA_TYPES)}|rgba)")
FRAMES_KEPT_MAX = 20_000
"""Frames of a folder or a file of poses: these are whole or not there, so all of them are kept until the end."""


@dataclass(frozen=True, slots=True)
class Film:
    """How pictures are written.

    codec      h264, vp9, av1 or mjpeg; empty: what the container usually has
    container  of a pipe
    gpl        whether encoders under the GPL may be used
    """

    settings: VideoSettings
    codec: str
    container: str
    picture: str
    gpl: bool


def kind_of(out: str) -> str:
    """What that is: "pipe", "video", "model", "poses" or "folder". Raises InvalidRequestError for any other suffix."""
    if out == PIPE:
        return "pipe"
    suffix = Path(out).suffix.lower()
    if suffix in CONTAINERS:
        return "video"
    if suffix in POSE_SUFFIXES:
        return "poses"
    if suffix == MODEL_SUFFIX:
        return "model"
    if suffix and not out.endswith("/"):
        allowed = ", ".join((*CONTAINERS, MODEL_SUFFIX, *POSE_SUFFIXES, "a folder, -"))
        raise InvalidRequestError("--out", out, allowed)
    return "folder"


def check_film(out: str, film: Film) -> None:
    """Raises InvalidRequestError for what does not fit the file or must not be used, before anything is made."""
    kind = kind_of(out)
    for name, value, allowed in (
        ("--format", film.container, PIPE_FORMATS),
        ("--picture", film.picture, tuple(MEDIA_TYPES)),
    ):
        if value not in allowed:
            raise InvalidRequestError(name, value, ", ".join(allowed))
    if kind == "video" or (kind == "pipe" and film.container != "raw"):
        codec = codec_for(_container(out, film), film.codec, gpl=film.gpl)
        if film.settings.alpha and not (codec.alpha and _container(out, film) in ALPHA_CONTAINERS):
            raise InvalidRequestError("--transparent", True, "only with --codec vp9, in .webm, .mkv or a matroska pipe")


def write_video(
    out: Path, take: Take, film: Film, provenance: Mapping[str, str], progress: Callable[[int], None]
) -> int:
    """Write a video file; the number of its frames.

    A generator or encoder that fails leaves what it made as a complete file, a full disk leaves nothing.
    """
    codec = codec_for(_container(str(out), film), film.codec, gpl=film.gpl)
    with VideoFile(out, codec, film.settings, provenance, gpl=film.gpl) as video:
        for made in take:
            video.write(pixels_of(made))
            progress(1)
    return video.writer.frame_count


def write_pipe(
    stream: BinaryIO, take: Take, film: Film, provenance: Mapping[str, str], progress: Callable[[int], None]
) -> int:
    """Write to a stream that somebody reads meanwhile; the number of frames. Raises OutputError once nobody does."""
    if film.container == "raw":
        return _write_raw(stream, take, progress)
    codec = codec_for(film.container, film.codec, gpl=film.gpl)
    writer = VideoWriter(stream, film.container, codec, film.settings, provenance, gpl=film.gpl, live=True)
    try:
        for made in take:
            writer.write(pixels_of(made))
            progress(1)
    finally:
        writer.close()
    return writer.frame_count


def write_pictures(folder: Path, take: Take, film: Film, progress: Callable[[int], None]) -> tuple[Path, ...]:
    """Write a folder of numbered pictures and description.json; all or nothing. Those of an earlier run go."""
    files: dict[str, bytes] = {}
    for made in _limited(take):
        data = encode_still(pixels_of(made), film.picture, film.settings.quality, film.settings.background)
        suffix = {"jpeg": "jpg", "raw": "rgba"}.get(film.picture, film.picture)
        files[f"frame_{made.number:0{PICTURE_DIGITS}d}.{suffix}"] = data
        progress(1)
    files["description.json"] = f"{json.dumps(take.description, indent=2, sort_keys=True)}\n".encode()
    return publish_folder(folder, files, PICTURE_NAMES)


def write_poses(
    out: Path, take: Take, rate_hz: int, provenance: Mapping[str, str], progress: Callable[[int], None]
) -> int:
    """Write poses as .npz or .bvh; the number of frames."""
    rows = []
    for made in _limited(take):
        assert made.pose is not None
        rows.append(made.pose)
        progress(1)
    poses = _poses(np.stack(rows))
    if out.suffix.lower() == ".bvh":
        publish_file(out, write_bvh(_common(poses, take), rate_hz).encode())
    else:
        publish_file(out, npz_of(poses, rate_hz, take, provenance))
    return len(rows)


def npz_of(poses: Poses, rate_hz: int, take: Take, provenance: Mapping[str, str]) -> bytes:
    """The .npz file: arrays by name, description and provenance as JSON."""
    buffer = io.BytesIO()
    description = take.description
    np.savez_compressed(
        buffer,
        root_m=poses.root_m,
        rotation_xyzw=poses.rotation,
        contact=poses.contact,
        rate_hz=np.float64(rate_hz),
        joint_names=np.array(description["joints"]),
        parents=np.array(description["parents"], np.int32),
        rest_offset_m=np.array(description["rest_offset_m"], np.float32),
        description=np.array(json.dumps(description, sort_keys=True)),
        provenance=np.array(json.dumps(dict(provenance), sort_keys=True)),
    )
    return buffer.getvalue()


def standard_output() -> BinaryIO:
    """The pipe to whoever reads. Raises OutputError for a terminal."""
    if sys.stdout.isatty():
        raise OutputError("--out -: the standard output is a terminal; send it to a file or another program")
    return sys.stdout.buffer


def pixels_of(made: Made) -> NDArray[np.uint8]:
    """The picture, which was asked for."""
    assert made.pixels is not None
    return made.pixels


def _write_raw(stream: BinaryIO, take: Take, progress: Callable[[int], None]) -> int:
    count = 0
    try:
        for made in take:
            stream.write(pixels_of(made).tobytes())
            stream.flush()
            count += 1
            progress(1)
    except OSError as error:
        raise OutputError(f"the frames cannot be written: {error.strerror} (after {count} frames)") from error
    return count


def _limited(take: Take) -> Iterator[Made]:
    for count, made in enumerate(take):
        if count >= FRAMES_KEPT_MAX:
            raise InvalidRequestError("--seconds", count, f"at most {FRAMES_KEPT_MAX} frames in this kind of file")
        yield made


def _poses(numbers: NDArray[np.float32]) -> Poses:
    return Poses(*pose_parts(numbers))


def _common(poses: Poses, take: Take) -> Poses:
    """The same on the common skeleton, which is what a BVH file has."""
    scale, lift = float(take.description["root_scale"]), float(take.description["root_lift_m"])
    root = poses.root_m.copy()
    root[:, 1] -= np.float32(lift)
    return Poses(root / np.float32(scale), poses.rotation, poses.contact)


def _container(out: str, film: Film) -> str:
    return film.container if out == PIPE else CONTAINERS[Path(out).suffix.lower()]
