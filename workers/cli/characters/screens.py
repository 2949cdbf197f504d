"""Where a live character is seen and keys are pressed: a window, or the terminal itself."""

import contextlib
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.video.frames import over
from engine.errors import OutputError
from workers.cli.characters.pilot import HELP, QUIT
from workers.cli.characters.window import BACKGROUND, open_window

TERMINAL_COLUMNS = 64
ESCAPE = "\x1b"
ESCAPE_WAIT_S = 0.03
"""How long what may be the beginning of an arrow key is given to come as a whole."""

_ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left"}


_modes: ModuleType | None = None
_tty: ModuleType | None = None
try:
    import termios
    import tty
except ImportError:
    pass  # Windows has neither: the window does
else:
    _modes, _tty = termios, tty


class Screen(Protocol):
    """Shows pictures and hears keys."""

    def show(self, pixels: NDArray[np.uint8]) -> None:
        """Show an RGBA picture."""
        ...

    def pressed(self) -> list[str]:
        """Keys pressed since the last time: "up", "down", "left", "right", QUIT for Escape too, or characters."""
        ...


@contextmanager
def open_screen() -> Iterator[Screen]:
    """A window where there is a display, else the terminal. Raises OutputError if there is neither."""
    window = open_window()
    if window is not None:
        with contextlib.closing(window):
            yield window
        return
    if _modes is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise OutputError("--live: needs a terminal or a display")
    with terminal_keys():
        yield TerminalScreen()


@contextmanager
def terminal_keys() -> Iterator[None]:
    """Keys come one by one, and the cursor is hidden."""
    assert _modes is not None
    assert _tty is not None
    before = _modes.tcgetattr(sys.stdin)
    try:
        _tty.setcbreak(sys.stdin)
        sys.stdout.write("\x1b[?25l\x1b[2J")
        yield
    finally:
        _modes.tcsetattr(sys.stdin, _modes.TCSADRAIN, before)
        sys.stdout.write("\x1b[?25h\x1b[0m\n")
        sys.stdout.flush()


class TerminalScreen:
    """Pictures of colored half blocks."""

    def show(self, pixels: NDArray[np.uint8]) -> None:
        """Draw over the last one."""
        sys.stdout.write(f"\x1b[H{ansi_picture(pixels, TERMINAL_COLUMNS)}\x1b[0m\n{HELP}")
        sys.stdout.flush()

    def pressed(self) -> list[str]:
        """Keys pressed since the last time."""
        text = ""
        while select.select([sys.stdin], [], [], ESCAPE_WAIT_S if text.endswith(ESCAPE) else 0)[0]:
            read = os.read(sys.stdin.fileno(), 64).decode("ascii", errors="ignore")
            if not read:
                return [*keys_in(text), QUIT]  # the terminal has gone
            text += read
        return keys_in(text)


def keys_in(text: str) -> list[str]:
    """What a terminal sends as keys: arrows are "ESC [ A" to "ESC [ D", and an ESC with nothing behind it quits."""
    keys: list[str] = []
    position = 0
    while position < len(text):
        if text[position : position + 2] == f"{ESCAPE}[" and text[position + 2 : position + 3] in _ARROWS:
            keys.append(_ARROWS[text[position + 2]])
            position += 3
        else:
            keys.append(QUIT if text[position:] == ESCAPE else text[position])
            position += 1
    return keys


def ansi_picture(pixels: NDArray[np.uint8], columns: int) -> str:
    """An RGBA picture as lines of half blocks in 24-bit colors, two rows of pixels in each line."""
    rows = max(2, round(columns * pixels.shape[0] / pixels.shape[1] / 2) * 2)
    small = cv2.resize(over(pixels, BACKGROUND), (columns, rows), interpolation=cv2.INTER_AREA)
    lines = []
    for upper, lower in zip(small[::2].tolist(), small[1::2].tolist(), strict=True):
        cells = (
            f"\x1b[38;2;{r};{g};{b};48;2;{x};{y};{z}m\u2580" for (r, g, b), (x, y, z) in zip(upper, lower, strict=True)
        )
        lines.append("".join(cells) + "\x1b[0m")
    return "\n".join(lines)
