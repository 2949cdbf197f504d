"""`morphogen character --live` in a real window: keys steer it, and it closes in every way a person closes windows."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

TOOLS = ("Xvfb", "openbox", "xdotool")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
COMMAND = str(Path(sys.executable).with_name("morphogen"))

needs_desktop = pytest.mark.skipif(
    bool(MISSING) and not os.environ.get("CI"), reason=f"{', '.join(MISSING)}: not installed; CI has to have them"
)


@pytest.fixture(scope="module")
def desktop() -> Iterator[dict[str, str]]:
    """The environment of a screen with a window manager, which nobody sees."""
    pytest.importorskip("tkinter", reason="this Python has no tkinter: the terminal is used instead")
    with ExitStack() as stack:
        read, write = os.pipe()
        server = ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x700x24", "-nolisten", "tcp"]
        stack.enter_context(ended(subprocess.Popen(server, pass_fds=(write,), stderr=subprocess.DEVNULL)))
        os.close(write)
        with os.fdopen(read) as pipe:
            environment = os.environ | {"DISPLAY": f":{pipe.readline().strip()}"}
        manager = subprocess.Popen(["openbox"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.enter_context(ended(manager))
        yield environment


@contextmanager
def ended(process: subprocess.Popen[Any]) -> Iterator[None]:
    """Ends the process when the context is left."""
    with process:
        try:
            yield
        finally:
            process.terminate()


def until(true: Callable[[], object], seconds: float) -> None:
    """Waits until that is true."""
    ends_at_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends_at_s, "nothing happened"
        time.sleep(0.02)


@contextmanager
def live(environment: dict[str, str], server: str) -> Iterator[tuple[subprocess.Popen[str], Callable[..., None]]]:
    """The command and its window, and what presses keys there; the command must have ended when the context is left."""

    def pressed(*keys: str) -> None:
        subprocess.run(["xdotool", "key", "--delay", "50", *keys], env=environment, check=True, timeout=10)

    command = [COMMAND, "character", "--live", "--size", "128", "--server", server]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            search = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "^Morphogen$", "windowfocus", "--sync"]
            subprocess.run(search, env=environment, check=True, timeout=30)
            yield process, pressed
            assert process.wait(10.0) == 0
            assert process.stdout is not None
            assert process.stdout.read() == ""
        finally:
            process.kill()


@needs_desktop
def test_arrow_keys_steer_and_escape_closes(desktop: dict[str, str], disc_server: str, disc_motion: Any) -> None:
    with live(desktop, disc_server) as (_, pressed):
        pressed("Up", "Up", "Left")
        until(lambda: (round(disc_motion.told.speed_mps, 3), disc_motion.told.heading_deg) == (1.4, 15.0), 5.0)
        pressed("Down", "Right", "Right", "d", "space")
        until(lambda: disc_motion.told.action == "jump", 5.0)
        told = disc_motion.told
        assert (round(told.speed_mps, 3), told.heading_deg, told.camera_yaw_deg) == (0.7, 345.0, 50.0)
        pressed("Escape")
    stood_still(disc_motion)


@needs_desktop
@pytest.mark.parametrize("key", ["q", "alt+F4"])
def test_letter_and_window_manager_close_it(
    key: str, desktop: dict[str, str], disc_server: str, disc_motion: Any
) -> None:
    with live(desktop, disc_server) as (_, pressed):
        until(lambda: disc_motion.batch_sizes, 5.0)
        pressed(key)
    stood_still(disc_motion)


def stood_still(motion: Any) -> None:
    """The server has stopped making frames for a window that is closed."""

    def still() -> bool:
        before = len(motion.batch_sizes)
        time.sleep(0.2)
        return len(motion.batch_sizes) == before

    until(still, 5.0)


def test_display_that_does_not_answer_leaves_the_terminal(disc_server: str, tmp_path: Path) -> None:
    environment = os.environ | {"DISPLAY": f"{tmp_path}/nothing:0"}
    command = [COMMAND, "character", "--live", "--server", disc_server]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 1
    assert result.stderr.strip().endswith("--live: needs a terminal or a display")
