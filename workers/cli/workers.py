"""`morphogen workers`: looking after the workers of a running server."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from morphogen_client import DEFAULT_SERVER
from workers.cli.making.remote import open_client
from workers.cli.options import (
    ClientCertificateOption,
    ClientKeyOption,
    JsonOption,
    RootCertificatesOption,
    ServerAccess,
    TokenFileOption,
)

list_app = typer.Typer(add_completion=False)
drain_app = typer.Typer(add_completion=False)
replace_app = typer.Typer(add_completion=False)

ServerOption = Annotated[str, typer.Option("--server", metavar="HOST:PORT", help="The server that has the workers.")]
OPERATION_TIMEOUT_S = 3600.0
"""For starting, filling and draining any number of workers; the server has limits of its own."""


@list_app.command()
def list_workers(
    *,
    server: ServerOption = DEFAULT_SERVER,
    token_file: TokenFileOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the workers: how far each is, how many sessions it has, how many steps it has run."""
    with open_client(ServerAccess(server, token_file, root_certificates, client_certificate, client_key)) as client:
        workers = client.workers()
    if as_json:
        typer.echo(json.dumps({"workers": [asdict(worker) for worker in workers]}, indent=2))
        return
    table = Table(box=None)
    for heading in ("worker", "state", "address", "sessions", "steps", "failure"):
        table.add_column(heading)
    for worker in workers:
        counts = (str(worker.session_count), str(worker.step_count))
        table.add_row(worker.name or "-", worker.state, worker.address or "-", *counts, worker.failure)
    Console(highlight=False).print(table)


@drain_app.command()
def drain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The worker, as listed.")],
    *,
    server: ServerOption = DEFAULT_SERVER,
    token_file: TokenFileOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
) -> None:
    """Move every session of a worker to others and stop it. Streams go on without losing or repeating a part."""
    access = ServerAccess(server, token_file, root_certificates, client_certificate, client_key)
    with open_client(access, OPERATION_TIMEOUT_S) as client:
        moved_count = client.drain_worker(name)
    typer.echo(f"{name} stopped, {moved_count} sessions moved")


@replace_app.command()
def replace(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Workers; default all.")] = None,
    *,
    server: ServerOption = DEFAULT_SERVER,
    token_file: TokenFileOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
) -> None:
    """Start a new worker for each one, move the sessions, stop the old one: an upgrade that no stream notices."""
    access = ServerAccess(server, token_file, root_certificates, client_certificate, client_key)
    with open_client(access, OPERATION_TIMEOUT_S) as client:
        for made in client.replace_workers(names or ()):
            typer.echo(f"{made.name} -> {made.replacement}, {made.moved_count} sessions moved")
