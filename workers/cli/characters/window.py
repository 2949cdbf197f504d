"""The window in which a live character is seen and keys are pressed."""

import os
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.video.frames import over
from workers.cli.characters.pilot import HELP, QUIT

BACKGROUND = (32, 36, 40)
WINDOW_PX = 512
ARROWS = ("up", "down", "left", "right")

_tkinter: ModuleType | None = None
try:
    import tkinter as tk
except ImportError:
    pass  # the terminal does
else:
    _tkinter = tk


class WindowScreen:
    """A window of tkinter."""

    def __init__(self, toolkit: ModuleType) -> None:
        self._toolkit = toolkit
        self._keys: list[str] = []
        self._root: Any = toolkit.Tk()
        self._root.title("Morphogen")
        colors = {"background": f"#{bytes(BACKGROUND).hex()}", "foreground": "#d0d4d8"}
        self._root.configure(background=colors["background"])
        self._label: Any = toolkit.Label(self._root, borderwidth=0, **colors)
        self._label.pack()
        toolkit.Label(self._root, text=HELP, padx=12, pady=6, **colors).pack()
        self._root.bind("<Key>", self._note)
        self._root.protocol("WM_DELETE_WINDOW", lambda: self._keys.append(QUIT))

    def show(self, pixels: NDArray[np.uint8]) -> None:
        """Show an RGBA picture."""
        shown = cv2.resize(over(pixels, BACKGROUND), (WINDOW_PX, WINDOW_PX), interpolation=cv2.INTER_CUBIC)
        header = f"P6 {shown.shape[1]} {shown.shape[0]} 255 ".encode()
        self._image = self._toolkit.PhotoImage(data=header + shown.tobytes(), format="PPM")
        self._label.configure(image=self._image)
        self._root.update()

    def pressed(self) -> list[str]:
        """Keys pressed since the last time."""
        pressed, self._keys = self._keys, []
        return pressed

    def close(self) -> None:
        """Remove the window."""
        self._root.destroy()

    def _note(self, event: Any) -> None:
        name = str(event.keysym).lower()
        if name == "escape":
            self._keys.append(QUIT)
        else:
            self._keys.append(name if name in ARROWS else str(event.char))


def open_window() -> WindowScreen | None:
    """A window; None without tkinter, without a display, or where the display that is named does not answer."""
    if _tkinter is None or not os.environ.get("DISPLAY"):
        return None
    try:
        return WindowScreen(_tkinter)
    except _tkinter.TclError:
        return None
