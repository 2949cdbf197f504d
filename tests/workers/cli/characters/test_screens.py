import os
import re
import subprocess
import sys

import numpy as np

from workers.cli.characters.pilot import QUIT
from workers.cli.characters.screens import ansi_picture, keys_in


def test_arrows_of_a_terminal_are_keys() -> None:
    assert keys_in("\x1b[A\x1b[Dq \x1b[Bx\x1b[C") == ["up", "left", "q", " ", "down", "x", "right"]
    assert keys_in("") == []


def test_commands_start_where_there_is_no_terminal_to_set_up() -> None:
    missing = "import sys; sys.modules['termios'] = sys.modules['tty'] = None"
    opened = "from workers.cli.characters.screens import open_screen; open_screen().__enter__()"
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-c", f"{missing}; {opened}"], env=environment, capture_output=True, text=True, check=False
    )
    assert "OutputError: --live: needs a terminal or a display" in done.stderr


def test_escape_quits_and_other_sequences_do_not() -> None:
    assert keys_in("d\x1b") == ["d", QUIT]
    assert QUIT not in keys_in("\x1b[3~\x1bOP\x1b[1;5A")


def test_picture_of_half_blocks_shows_two_rows_in_a_line() -> None:
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:32] = (255, 0, 0, 255)
    pixels[32:] = (0, 0, 255, 255)
    lines = ansi_picture(pixels, 8).split("\n")
    assert len(lines) == 4
    cell = re.compile(r"\x1b\[38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m\u2580")
    assert cell.findall(lines[0]) == 8 * [("255", "0", "0", "255", "0", "0")]
    assert cell.findall(lines[-1]) == 8 * [("0", "0", "255", "0", "0", "255")]


def test_transparent_pixels_show_the_background() -> None:
    assert "38;2;32;36;40;48;2;32;36;40m" in ansi_picture(np.zeros((16, 16, 4), np.uint8), 4)
