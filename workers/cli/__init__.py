"""The `morphogen` command: which commands there are, and how a failure reaches a person.

A command's module is imported when the command runs, not before: `morphogen --help` loads nothing but the parser, and
only commands that compute load torch.
"""

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from engine.errors import InvalidRequestError, MorphogenError, SettingsError, UnavailableError
from workers.cli.mistakes import OptionsError

ENVIRONMENT = {
    # Threads that wait must sleep: spinning ones steal the cores of whatever else runs. Read when torch is imported.
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",
    # Damaged images are told in one line of our own.
    "OPENCV_LOG_LEVEL": "OFF",
}
"""What libraries read when they are loaded; the person's own environment comes first."""

EXTRAS = {"tensorboard": "morphogen[train]"}
"""Packages that only some commands need -> what to install for them."""

EXIT_FAILURE = 1
EXIT_MISTAKE = 2
EXIT_INTERRUPTED = 130


class CommandOnDemand(TyperCommand):
    """Stands for a command in listings; loads it when it is asked to parse arguments.

    target  MODULE:APP, where APP is a typer app with one command
    """

    def __init__(self, name: str, target: str, help_line: str) -> None:
        super().__init__(name, help=help_line)
        self._module, _, self._app = target.partition(":")

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the real command; typer runs the command that the context belongs to."""
        try:
            app = getattr(importlib.import_module(self._module), self._app)
        except ModuleNotFoundError as error:
            if error.name not in EXTRAS:
                raise
            raise UnavailableError(f"{self.name} needs {error.name}: pip install '{EXTRAS[error.name]}'") from error
        command = get_command(app)
        return command.make_context(info_name, args, parent, **extra)


def group_of(callback_app: typer.Typer, *commands: TyperCommand | TyperGroup) -> TyperGroup:
    """The app's options with these commands below it."""
    group = get_group(callback_app)
    for command in commands:
        group.add_command(command)
    return group


def command_line() -> TyperGroup:
    """The whole command line, with no command loaded."""
    train_app = typer.Typer(name="train", help="Train a generator on your own data.")
    train_app.callback()(_nothing)
    evaluate_app = typer.Typer(name="evaluate", help="Measure how good a generator's results are.")
    evaluate_app.callback()(_nothing)
    workers_app = typer.Typer(name="workers", help="Look after the workers of a running server.")
    workers_app.callback()(_nothing)
    motion_app = typer.Typer(name="motion", help="Bring in motion of other programs.")
    motion_app.callback()(_nothing)
    app = typer.Typer(name="morphogen", add_completion=False)
    app.callback()(morphogen)
    return group_of(
        app,
        CommandOnDemand("texture", "workers.cli.texture:app", "Make a tileable PBR material, or several."),
        CommandOnDemand(
            "character", "workers.cli.characters.command:app", "Make a character and let it move: video, poses, model."
        ),
        CommandOnDemand("scene", "workers.cli.scenes.scene:app", "Make a scene: terrain, textures, props, sky, light."),
        CommandOnDemand("level", "workers.cli.scenes.level:app", "Make a game level that can be won."),
        CommandOnDemand("world", "workers.cli.worlds.world:app", "Fly through an endless world of a server."),
        CommandOnDemand("catalog", "workers.cli.catalog:app", "List what can be made, with which parameters."),
        CommandOnDemand("serve", "workers.cli.serve:app", "Serve generators over gRPC."),
        group_of(
            workers_app,
            CommandOnDemand("list", "workers.cli.workers:list_app", "List them."),
            CommandOnDemand("drain", "workers.cli.workers:drain_app", "Move a worker's sessions away and stop it."),
            CommandOnDemand("replace", "workers.cli.workers:replace_app", "Replace workers without breaking streams."),
        ),
        group_of(
            train_app,
            CommandOnDemand(
                "texture", "workers.cli.training.texture:train_app", "Train the texture generator on a data folder."
            ),
            CommandOnDemand(
                "terrain", "workers.cli.training.terrain:train_app", "Train the terrain generator on elevation tiles."
            ),
            CommandOnDemand(
                "level",
                "workers.cli.training.level:train_app",
                "Train the level generator on the project's own levels.",
            ),
            CommandOnDemand("motion", "workers.cli.training.motion:train_app", "Train the motion generator on clips."),
            CommandOnDemand("frames", "workers.cli.training.frames:train_app", "Train the painter of characters."),
        ),
        group_of(
            evaluate_app,
            CommandOnDemand(
                "texture", "workers.cli.training.texture:evaluate_app", "Run the metrics panel for textures."
            ),
            CommandOnDemand("terrain", "workers.cli.training.terrain:evaluate_app", "Run the panel for terrain."),
            CommandOnDemand("level", "workers.cli.training.level:evaluate_app", "Run the panel for levels."),
            CommandOnDemand("motion", "workers.cli.training.motion:evaluate_app", "Run the metrics panel for motion."),
            CommandOnDemand(
                "frames", "workers.cli.training.frames:evaluate_app", "Run the panel for character frames."
            ),
        ),
        group_of(
            motion_app,
            CommandOnDemand("import", "workers.cli.training.clips:app", "Make clips of BVH and GLB files."),
        ),
        CommandOnDemand("probe", "workers.cli.probe:app", "Measure the path to a server and its workers."),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's own); the exit code.

    0 done, 1 failed, 2 a mistake in the command line, the request or the settings, 130 interrupted; commands may give
    others.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = command_line().main(args=given or ["--help"], prog_name="morphogen", standalone_mode=False)
    except typer.TyperException as mistake:
        return _fail(mistake.format_message(), mistake.exit_code)
    except InvalidRequestError as error:
        return _fail(f"{error}{suggestion(error)}", EXIT_MISTAKE)
    except MorphogenError as error:
        return _fail(str(error), EXIT_MISTAKE if isinstance(error, SettingsError | OptionsError) else EXIT_FAILURE)
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_INTERRUPTED
    return code if isinstance(code, int) else 0


def suggestion(error: InvalidRequestError) -> str:
    """The allowed value that a misspelt name probably meant, as a question; empty if there is none or it was asked."""
    if "did you mean" in error.allowed:
        return ""
    allowed = [item.split()[-1] for item in error.allowed.split(",") if item.split()]
    named = [str(error.value), error.field.rpartition(".")[2]]
    close = [match for name in named for match in difflib.get_close_matches(name, allowed, n=1)]
    return f"; did you mean {close[0]!r}?" if close else ""


def print_version(asked: bool) -> None:
    """Print the version and leave, if asked."""
    if asked:
        typer.echo(f"morphogen {version('morphogen')}")
        raise typer.Exit


def morphogen(
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=print_version, is_eager=True)
    ] = False,
) -> None:
    """Make game and VR assets with Morphogen's own networks, here or on a server."""


def _nothing() -> None:
    """A group without options of its own."""


def _fail(message: str, code: int) -> int:
    typer.echo(f"morphogen: {message}", err=True)
    return code
