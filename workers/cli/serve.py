"""`morphogen serve`: the server of this process, in the foreground."""

from pathlib import Path
from typing import Annotated

import typer

from workers import serve as server

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    config: Annotated[
        Path | None, typer.Argument(metavar="CONFIG", help="YAML file with the settings.", show_default="built-in ones")
    ] = None,
) -> None:
    """Serve generators over gRPC until a signal asks to stop.

    MORPHOGEN__SERVER__PORT=6000 in the environment overrides server.port of the file, and so on. The first SIGTERM
    or Ctrl-C lets running streams finish, the second one stops at once.
    """
    server.serve(config)
