"""What commands that make assets tell about them: for persons, a line each; for scripts, one JSON document."""

import json
from collections.abc import Sequence
from typing import TypedDict

import typer


class AssetRecord(TypedDict):
    """One asset on disk: what `--out` named, and the files in it or beside it.

    `sha256` names all its parts, as a server's trailer does; `facts` is for persons.
    """

    kind: str
    seed: int
    sha256: str
    path: str
    files: list[str]
    facts: str


def print_asset_records(title: str, records: Sequence[AssetRecord], *, as_json: bool) -> None:
    """Tell what lies where now. Nothing if there is none."""
    if as_json and records:
        typer.echo(json.dumps({title: records}, indent=2))
        return
    for record in records:
        files = f"{len(record['files'])} files"
        typer.echo(f"{record['path']}  {record['facts']}  {files}  sha256 {record['sha256']}")
