"""`morphogen character` towards a server: what it writes, prints and refuses."""

import io
import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engine.catalog import Catalog
from engine.generators.character.frames import FramesGenerator
from engine.requests.character.frames import FramesRequest, Pictures
from engine.requests.character.identity import IdentityRequest, Who
from workers.cli.characters.offline import OfflineSource
from workers.cli.characters.wishes import DEFAULT_CONTROL

Run = Callable[..., tuple[int, bytes, str]]
COMMAND = str(Path(sys.executable).with_name("morphogen"))


def test_video_says_what_was_made(disc_server: str, morphogen: Run, tmp_path: Path) -> None:
    out = tmp_path / "new" / "walk.mp4"
    code, printed, errors = morphogen(
        "character", "--seed", 3, "--seconds", 0.5, "--size", 128, "--out", out, "--server", disc_server, "--json"
    )
    assert (code, errors) == (0, "")
    record = json.loads(printed)
    assert (record["file"], record["frames"], record["rate_hz"], record["seed"]) == (str(out), 15, 30, 3)
    with av.open(str(out)) as video:
        assert len(list(video.decode(video=0))) == 15
        assert video.metadata["morphogen_seed"] == "3"


def test_server_and_this_process_make_the_same_frames(
    disc_server: str, morphogen: Run, disc_frames: FramesGenerator, tmp_path: Path
) -> None:
    _, printed, _ = morphogen(
        "character", "--seed", 3, "--seconds", 0.4, "--size", 128, "--out", tmp_path / "frames/", "--server",
        disc_server, "--json",
    )  # fmt: skip
    request = FramesRequest(
        Who(IdentityRequest(3)), 30, 12, poses=False, pictures=Pictures(size_px=128), script=((0, DEFAULT_CONTROL),)
    )
    with OfflineSource(Catalog({FramesRequest: disc_frames})).take(request) as take:
        frames = [made.pixels for made in take]
    assert json.loads(printed)["sha256"] == take.sha256
    read = cv2.imread(str(tmp_path / "frames" / "frame_00011.png"), cv2.IMREAD_UNCHANGED)
    assert read is not None
    assert frames[-1] is not None
    assert np.array_equal(cv2.cvtColor(read, cv2.COLOR_BGRA2RGBA), frames[-1])


def test_shorter_run_leaves_no_frames_of_a_longer_one(disc_server: str, morphogen: Run, tmp_path: Path) -> None:
    options = ("character", "--size", 128, "--out", f"{tmp_path}/frames/", "--server", disc_server, "--seconds")
    assert morphogen(*options, 0.4)[0] == 0
    (tmp_path / "frames" / "notes.txt").write_text("mine")
    assert morphogen(*options, 0.2, "--picture", "jpeg")[0] == 0
    frames = {f"frame_{number:05d}.jpg" for number in range(6)}
    assert {path.name for path in (tmp_path / "frames").iterdir()} == frames | {"description.json", "notes.txt"}


def test_script_and_settings_reach_the_server(disc_server: str, morphogen: Run, tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"frame": 6, "action": "jump"}]))
    out = tmp_path / "poses.npz"
    arguments = ("--set", "speed_mps=3", "--set", "heading_deg=90", "--script", script, "--seconds", 0.4)
    code, _, errors = morphogen("character", *arguments, "--out", out, "--server", disc_server)
    assert (code, errors) == (0, "")
    with np.load(out) as file:
        assert list(file["root_m"][:, 1]) == 6 * [0.0] + 6 * [1.0]
        assert np.allclose(np.diff(file["root_m"][:, 0]), 0.1, atol=1e-6)


def test_pipe_carries_a_video_and_nothing_else(disc_server: str, morphogen: Run) -> None:
    arguments = ("--seconds", 0.4, "--size", 128, "--out", "-", "--format", "mpegts")
    code, printed, errors = morphogen("character", *arguments, "--server", disc_server)
    assert (code, errors) == (0, "")
    with av.open(io.BytesIO(printed), "r") as video:
        assert len(list(video.decode(video=0))) == 12


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--out", "walk.gif"), "--out: 'walk.gif'"),
        (("--out", "walk.webm", "--codec", "h264"), "codec: 'h264'"),
        (("--out", "walk.mp4", "--transparent"), "--transparent"),
        (("--rate-hz", 25), "rate_hz: 25"),
        (("--size", 64), "size_px: 64"),
        (("--renderer", "ink"), "--renderer: 'ink'"),
        (("--set", "action=fly"), "wave, jump"),
        (("--set", "width=0.3"), "identity.sliders.width"),
        (("--script", "missing.json"), "--script: 'missing.json'"),
        (("--seconds", 0), "--seconds: 0.0"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(
    disc_server: str, morphogen: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: object, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, printed, errors = morphogen("character", *arguments, "--server", disc_server)  # type: ignore[misc]
    assert (code, printed) == (2, b"")
    assert told in errors
    assert len(errors.strip().splitlines()) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_live_character_is_steered_from_a_terminal(disc_server: str) -> None:
    terminal, child = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    command = [COMMAND, "character", "--live", "--size", "128", "--server", disc_server]
    with subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment) as process:
        os.close(child)
        try:
            seen = read_until(terminal, "\u2580", 60.0)
            for key in ("\x1b[A", "\x1b[C", "d", " "):
                os.write(terminal, key.encode())
            seen += read_until(terminal, "Esc: quit", 20.0)
            os.write(terminal, b"q")
            seen += read_until(terminal, "\x1b[?25h", 20.0)
            assert process.wait(20.0) == 0
        finally:
            process.kill()
            os.close(terminal)
    assert "Traceback" not in seen


def read_until(terminal: int, text: str, seconds: float) -> str:
    """What comes from a terminal until it shows `text`."""
    ends_at_s = time.monotonic() + seconds
    read = b""
    while text not in read.decode(errors="ignore"):
        left_s = ends_at_s - time.monotonic()
        assert left_s > 0, read[-500:]
        if select.select([terminal], [], [], left_s)[0]:
            read += os.read(terminal, 65536)
    return read.decode(errors="ignore")


def test_live_without_terminal_or_display_is_refused(disc_server: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    command = [COMMAND, "character", "--live", "--server", disc_server]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 1
    assert "needs a terminal or a display" in result.stderr
