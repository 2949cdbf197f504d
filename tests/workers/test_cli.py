"""The command line as a whole: what is loaded when, versions, help, typing mistakes."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version

import pytest

from workers import cli

Run = Callable[..., tuple[int, str, str]]
HEAVY = {"torch", "numpy", "cv2", "grpc", "google.protobuf", "morphogen_client", "engine.catalog"}


@pytest.fixture
def morphogen(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command line in this process: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def loaded_by(*arguments: str) -> set[str]:
    script = (
        "import contextlib, io, sys; from workers import cli\n"
        f"with contextlib.redirect_stdout(io.StringIO()): cli.main({list(arguments)!r})\n"
        "print('\\n'.join(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(result.stdout.split())


def test_help_loads_nothing_but_the_parser() -> None:
    assert loaded_by("--help") & HEAVY == set()


def test_asking_a_server_does_not_load_torch() -> None:
    loaded = loaded_by("texture", "stone", "--server", "127.0.0.1:1")
    assert "morphogen_client" in loaded
    assert "torch" not in loaded


def test_looking_after_workers_loads_neither_torch_nor_ray() -> None:
    loaded = loaded_by("workers", "list", "--server", "127.0.0.1:1")
    assert "morphogen_client" in loaded
    assert loaded & {"torch", "ray"} == set()


def test_threads_that_wait_sleep_unless_the_environment_says_otherwise() -> None:
    script = "import os; from workers import cli; cli.main(['--version']); print(os.environ['OMP_WAIT_POLICY'])"
    for given, expected in (({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")):
        environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"} | given
        command = [sys.executable, "-c", script]
        result = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        assert result.stdout.split()[-1] == expected


def test_bare_command_prints_every_command(morphogen: Run) -> None:
    code, out, err = morphogen()
    assert (code, err) == (0, "")
    assert [
        name for name in ("texture", "catalog", "serve", "workers", "train", "evaluate", "probe") if name not in out
    ] == []


def test_version_is_that_of_the_distribution(morphogen: Run) -> None:
    assert morphogen("--version") == (0, f"morphogen {version('morphogen')}\n", "")


@pytest.mark.parametrize(
    "command",
    [
        *("texture", "catalog", "serve", "probe", "train texture", "evaluate texture"),
        *("train terrain", "evaluate terrain", "train level", "evaluate level"),
        *("workers list", "workers drain", "workers replace"),
    ],
)
def test_every_command_explains_itself(morphogen: Run, command: str) -> None:
    code, out, _ = morphogen(*command.split(), "--help")
    assert (code, f"morphogen {command}" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["txture"], "No such command 'txture'. Did you mean 'texture'?"),
        (["train"], "Missing command."),
        (["train", "brick"], "No such command 'brick'."),
        (["workers"], "Missing command."),
        (["workers", "drian"], "No such command 'drian'. Did you mean 'drain'?"),
        (["workers", "drain"], "Missing argument 'NAME'."),
        (["texture"], "Missing argument 'CLASS'."),
        (["serve", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_a_mistake_gets_one_clear_line(morphogen: Run, arguments: list[str], line: str) -> None:
    code, out, err = morphogen(*arguments)
    assert (code, out, len(err.splitlines()), line in err) == (2, "", 1, True)
