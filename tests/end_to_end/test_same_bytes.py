"""The same request gives the same bytes: offline and streamed, alone and among others, before and after a restart."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from morphogen_client import AsyncClient, Client, TextureResult

Run = Callable[..., subprocess.CompletedProcess[str]]
Serving = Callable[[], AbstractContextManager[tuple[str, str, "subprocess.Popen[str]"]]]
OPTIONS = ("--size", 128, "--seed", 3, "--set", "roughness=0.3", "--blend", "wood:amount=0.4", "--palette", "806040")


def made(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_command_line_writes_the_same_files_with_and_without_a_server(
    server: tuple[str, str], weights: Path, run: Run, tmp_path: Path
) -> None:
    offline = run("texture", "brick", *OPTIONS, "--out", tmp_path / "here", "--weights", weights, "--json")
    streamed = run("texture", "brick", *OPTIONS, "--out", tmp_path / "there", "--server", server[0], "--json")
    assert (offline.returncode, offline.stderr, streamed.returncode, streamed.stderr) == (0, "", 0, "")
    assert made(tmp_path / "here") == made(tmp_path / "there")
    first, second = (json.loads(result.stdout)["materials"][0]["sha256"] for result in (offline, streamed))
    assert first == second
    assert len(made(tmp_path / "here")) == 10


def test_client_receives_the_bytes_that_the_command_line_writes(
    server: tuple[str, str], weights: Path, run: Run, tmp_path: Path
) -> None:
    result = run("texture", "stone", "--size", 128, "--out", tmp_path / "stone", "--weights", weights, "--json")
    with Client(server[0]) as client:
        received = client.texture("stone", size_px=128)
    assert received.sha256 == json.loads(result.stdout)["materials"][0]["sha256"]
    for name, png in received.png.items():
        assert (tmp_path / "stone" / f"{name}.png").read_bytes() == png


def test_request_is_the_same_alone_and_among_others(server: tuple[str, str]) -> None:
    async def together(count: int) -> list[TextureResult]:
        async with AsyncClient(server[0]) as client:
            calls = [client.texture("stone", seed=seed % 4, size_px=64) for seed in range(count)]
            return await asyncio.gather(*calls)

    with Client(server[0]) as client:
        alone = [client.texture("stone", seed=seed, size_px=64).sha256 for seed in range(4)]
    assert [result.sha256 for result in asyncio.run(together(16))] == alone * 4
    assert len(set(alone)) == 4


def test_restarted_server_gives_the_same_bytes(serving: Serving) -> None:
    hashes: list[str] = []
    for _ in range(2):
        with serving() as (address, _metrics, _process), Client(address) as client:
            hashes.append(client.texture("wood", seed=9, size_px=128).sha256)
    assert hashes[0] == hashes[1]
