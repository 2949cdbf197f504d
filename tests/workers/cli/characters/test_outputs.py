import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from engine.catalog import Catalog
from engine.codecs.motion.bvh_reader import read_bvh
from engine.codecs.video.frames import VideoSettings
from engine.errors import GenerationError, InvalidRequestError, OutputError
from engine.generators.character.frames import FramesGenerator
from engine.requests.character.control import Control
from engine.requests.character.frames import FramesRequest, Pictures
from workers.cli.characters.offline import OfflineSource
from workers.cli.characters.outputs import (
    Film,
    check_film,
    kind_of,
    write_pictures,
    write_pipe,
    write_poses,
    write_video,
)
from workers.cli.characters.source import Made, Take

FILM = Film(VideoSettings(128, 128, 30), "", "matroska", "png", gpl=True)
FILMED = FramesRequest(
    frame_count=10, poses=False, pictures=Pictures(size_px=128), script=((0, Control(speed_mps=3, heading_deg=90)),)
)
POSED = replace(FILMED, pictures=None, poses=True)
PROVENANCE = {"Software": "Morphogen", "Generator": "disc/1/S", "Seed": "0"}


def silent(_count: int) -> None:
    pass


@pytest.fixture
def take(disc_frames: FramesGenerator) -> Callable[[FramesRequest], Take]:
    source = OfflineSource(Catalog({FramesRequest: disc_frames}))

    def begin(request: FramesRequest) -> Take:
        with source.take(request) as begun:
            return begun

    return begin


@pytest.mark.parametrize(
    ("out", "kind"),
    [
        ("walk.mp4", "video"),
        ("walk.WEBM", "video"),
        ("hero.glb", "model"),
        ("poses.npz", "poses"),
        ("poses.bvh", "poses"),
        ("frames/", "folder"),
        ("frames", "folder"),
        ("take.1/", "folder"),
        ("-", "pipe"),
    ],
)
def test_what_comes_out_is_said_by_the_name(out: str, kind: str) -> None:
    assert kind_of(out) == kind


def test_unknown_suffix_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        kind_of("walk.gif")
    assert ".webm" in caught.value.allowed


@pytest.mark.parametrize(
    ("out", "changed"),
    [
        ("walk.webm", {"codec": "h264"}),
        ("walk.mp4", {"codec": "h264", "gpl": False}),
        ("walk.mp4", {"codec": "vp9", "settings": VideoSettings(128, 128, 30, alpha=True)}),
        ("walk.mkv", {"codec": "h264", "settings": VideoSettings(128, 128, 30, alpha=True)}),
        ("-", {"container": "mp4"}),
        ("frames/", {"picture": "gif"}),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_made(out: str, changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        check_film(out, replace(FILM, **changed))


@pytest.mark.parametrize("name", ["walk.mp4", "walk.webm", "walk.mkv", "walk.ts"])
def test_video_is_played_by_another_reader(tmp_path: Path, take: Any, name: str) -> None:
    made = take(FILMED)
    assert write_video(tmp_path / name, made, FILM, PROVENANCE, silent) == 10
    capture = cv2.VideoCapture(str(tmp_path / name))
    count = 0
    while capture.read()[0]:
        count += 1
    capture.release()
    assert count == 10
    assert len(made.sha256) == 64


@pytest.mark.parametrize("container", ["matroska", "mpegts"])
def test_pipe_holds_every_frame(take: Any, container: str) -> None:
    pipe = io.BytesIO()
    assert write_pipe(pipe, take(FILMED), replace(FILM, container=container), PROVENANCE, silent) == 10
    pipe.seek(0)
    with av.open(pipe, "r") as video:
        assert len(list(video.decode(video=0))) == 10


def test_raw_pipe_holds_pixels_and_nothing_else(take: Any) -> None:
    pipe = io.BytesIO()
    write_pipe(pipe, take(FILMED), replace(FILM, container="raw"), PROVENANCE, silent)
    frames = [made.pixels for made in take(FILMED)]
    assert pipe.getvalue() == b"".join(pixels.tobytes() for pixels in frames if pixels is not None)


def test_pipe_whose_reader_has_gone_says_so(take: Any) -> None:
    class Gone(io.BytesIO):
        def write(self, _data: object) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    for container in ("matroska", "raw"):
        with pytest.raises(OutputError, match="Broken pipe"):
            write_pipe(Gone(), take(FILMED), replace(FILM, container=container), PROVENANCE, silent)


@pytest.mark.parametrize(("picture", "suffix"), [("png", "png"), ("webp", "webp"), ("jpeg", "jpg"), ("raw", "rgba")])
def test_folder_holds_a_picture_for_each_frame(tmp_path: Path, take: Any, picture: str, suffix: str) -> None:
    paths = write_pictures(tmp_path / "frames", take(FILMED), replace(FILM, picture=picture), silent)
    assert [path.name for path in paths] == [f"frame_{number:05d}.{suffix}" for number in range(10)] + [
        "description.json"
    ]
    assert json.loads(paths[-1].read_text())["frame_count"] == 10


def test_poses_are_arrays_with_everything_that_explains_them(tmp_path: Path, take: Any) -> None:
    assert write_poses(tmp_path / "poses.npz", take(POSED), 30, PROVENANCE, silent) == 10
    with np.load(tmp_path / "poses.npz") as file:
        assert file["root_m"].shape == (10, 3)
        assert file["rotation_xyzw"].shape == (10, 19, 4)
        assert np.allclose(np.diff(file["root_m"][:, 0]), 0.1, atol=1e-6)
        assert (float(file["rate_hz"]), len(file["joint_names"]), len(file["parents"])) == (30.0, 19, 19)
        assert json.loads(str(file["provenance"]))["Seed"] == "0"


def test_bvh_is_read_back_on_the_common_skeleton(tmp_path: Path, take: Any) -> None:
    write_poses(tmp_path / "poses.bvh", take(POSED), 30, PROVENANCE, silent)
    text = (tmp_path / "poses.bvh").read_text()
    read = read_bvh(text)
    assert len(read.rig.names) == 19
    assert read.rate_hz == pytest.approx(30.0)
    rows = [list(map(float, line.split())) for line in text.splitlines()[-10:]]
    assert np.allclose(np.diff([row[0] for row in rows]), 100 * 0.1 / 0.5, atol=1e-3)  # half as large as described


def test_generator_that_fails_leaves_a_playable_file(tmp_path: Path, take: Any) -> None:
    class Broken(Changed):
        def __iter__(self) -> Iterator[Made]:
            for made in super().__iter__():
                if made.number == 6:
                    raise GenerationError("out of order")
                yield made

    path = tmp_path / "walk.mp4"
    with pytest.raises(GenerationError):
        write_video(path, Broken(take(FILMED)), FILM, PROVENANCE, silent)
    with av.open(str(path)) as video:
        assert len(list(video.decode(video=0))) == 6


def test_full_disk_is_said_and_leaves_nothing(small_disk: Path, take: Any) -> None:
    long = replace(FILMED, frame_count=300)
    film = replace(FILM, codec="mjpeg", settings=VideoSettings(128, 128, 30, quality=100))
    noisy = Noisy(take(long))
    with pytest.raises(OutputError, match="No space left"):
        write_video(small_disk / "walk.mkv", noisy, film, PROVENANCE, silent)
    assert list(small_disk.iterdir()) == []


class Changed:
    """A take whose frames are not what they were."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self.sha256 = ""
        self.description: Mapping[str, Any] = {}

    def __iter__(self) -> Iterator[Made]:
        return iter(self._take)

    def steer(self, control: Control) -> None:
        self._take.steer(control)


class Noisy(Changed):
    """Frames that no codec makes small."""

    def __iter__(self) -> Iterator[Made]:
        random = np.random.default_rng(0)
        for made in self._take:
            yield replace(made, pixels=random.integers(0, 256, (128, 128, 4), np.uint8))
