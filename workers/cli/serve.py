"""`morphogen serve`: the server of this process, in the foreground."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.errors import InvalidRequestError
from workers import serve as server

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    config: Annotated[
        Path | None, typer.Argument(metavar="CONFIG", help="YAML file with the settings.", show_default="built-in ones")
    ] = None,
    *,
    workers: Annotated[
        Literal["local", "ray"] | None,
        typer.Option("--workers", help="Run steps in this process, or in processes that Ray places."),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option("--ray-address", metavar="ADDRESS", help="Cluster to join; without it one is started here."),
    ] = None,
    worker_count: Annotated[
        int | None, typer.Option("--worker-count", metavar="N", min=1, help="Workers that always run.")
    ] = None,
    gpus_per_worker: Annotated[
        float | None, typer.Option("--gpus-per-worker", metavar="F", min=0.0, help="Share of GPUs of each worker.")
    ] = None,
) -> None:
    """Serve generators over gRPC until a signal asks to stop.

    MORPHOGEN__SERVER__PORT=6000 in the environment overrides server.port of the file, and so on; options come before
    both, and those about workers mean --workers ray. The first SIGTERM or Ctrl-C lets running streams finish, the
    second one stops at once.
    """
    server.serve(config, overrides_from(workers, ray_address, worker_count, gpus_per_worker))


def overrides_from(
    workers: str | None, ray_address: str | None, worker_count: int | None, gpus_per_worker: float | None
) -> dict[str, str]:
    """The options as settings in an environment. Raises InvalidRequestError for one that the kind of workers lacks."""
    placed = {"ray-address": ray_address, "worker-count": worker_count, "gpus-per-worker": gpus_per_worker}
    given = {option: value for option, value in placed.items() if value is not None}
    if given and workers == "local":
        option, value = next(iter(given.items()))
        raise InvalidRequestError(f"--{option}", value, "only with --workers ray")
    settings = {
        "KIND": "ray" if given else workers,
        "RAY_ADDRESS": ray_address,
        "COUNT": worker_count,
        "GPUS_PER_WORKER": gpus_per_worker,
    }
    # Quoted: the environment's values are read as YAML, which sees more than a text in some addresses.
    return {f"MORPHOGEN__WORKERS__{name}": json.dumps(value) for name, value in settings.items() if value is not None}
