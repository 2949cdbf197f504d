"""A virtual environment per peer: their dependencies exclude each other and ours.

Made on first use in `.venv-peers/NAME` from `NAME/requirements.txt`, which names exact versions, and made anew when
that file changes.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv-peers"

_INSTALL_LIMIT_S = 1200.0


class PeerError(Exception):
    """A peer cannot be installed or started, or gave no answer; the message is one line."""


def last_line(output: str) -> str:
    """What a failed program said last, without this machine's paths, at most 200 characters."""
    lines = [line.strip() for line in output.replace(str(ROOT), ".").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no output"


def python_of(name: str) -> str:
    """The interpreter of the environment `name`, which is installed if need be. Raises PeerError if that fails."""
    folder = FOLDER / name
    python = folder / "bin" / "python"
    requirements = Path(__file__).with_name(name) / "requirements.txt"
    installed = folder / "installed.txt"
    if installed.exists() and installed.read_bytes() == requirements.read_bytes():
        return str(python)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n")
    print(f"installing {name} into {folder.relative_to(ROOT)}", flush=True)
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    _run([str(python), "-m", "pip", "install", "--disable-pip-version-check", "-q", "-r", str(requirements)])
    shutil.copy(requirements, installed)
    return str(python)


def versions_of(name: str) -> dict[str, str]:
    """Version per package of the environment `name`, as its requirements pin them."""
    lines = (Path(__file__).with_name(name) / "requirements.txt").read_text().splitlines()
    return dict(line.split("==", 1) for line in lines if "==" in line)


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_INSTALL_LIMIT_S)
    except subprocess.CalledProcessError as error:
        raise PeerError(f"not installed: {last_line(error.stderr or error.stdout)}") from error
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"not installed within {_INSTALL_LIMIT_S:.0f} s") from error
