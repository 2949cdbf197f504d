"""`morphogen workers` towards a server."""

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

import pytest

from engine.errors import UnavailableError
from engine.runtime.pool import Replacement, WorkerEntry, WorkerState

Run = Callable[..., tuple[int, str, str]]


class RecordingOperations:
    """Two workers that are ready and one that waits, which cannot be replaced. Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def workers(self) -> Sequence[WorkerEntry]:
        return (
            WorkerEntry("worker-1", WorkerState.READY, "127.0.0.1:4001", 2, 1234, ""),
            WorkerEntry("worker-2", WorkerState.DRAINING, "127.0.0.1:4002", 1, 99, ""),
            WorkerEntry("worker-3", WorkerState.WAITING, "", 0, 0, "no GPU is free"),
        )

    async def drain_worker(self, name: str) -> int:
        self.asked.append(("drain", name))
        return 2

    async def replace_workers(self, names: Sequence[str]) -> AsyncGenerator[Replacement, None]:
        self.asked.append(("replace", *names))
        for number, name in enumerate(names or ("worker-1", "worker-2"), start=4):
            if name == "worker-3":
                raise UnavailableError(f"worker-{number} did not start: no GPU is free")
            yield Replacement(name, f"worker-{number}", 2)


@pytest.fixture
def operations() -> RecordingOperations:
    return RecordingOperations()


def test_list_is_a_table_with_a_line_for_each(address: str, operations: RecordingOperations, morphogen: Run) -> None:
    code, out, err = morphogen("workers", "list", "--server", address)
    heading, *lines = out.splitlines()
    assert (code, err, operations.asked) == (0, "", [])
    assert heading.split() == ["worker", "state", "address", "sessions", "steps", "failure"]
    assert [line.split() for line in lines] == [
        ["worker-1", "ready", "127.0.0.1:4001", "2", "1234"],
        ["worker-2", "draining", "127.0.0.1:4002", "1", "99"],
        ["worker-3", "waiting", "-", "0", "0", "no", "GPU", "is", "free"],
    ]


def test_list_as_json_is_one_document(address: str, morphogen: Run) -> None:
    code, out, _ = morphogen("workers", "list", "--server", address, "--json")
    workers = json.loads(out)["workers"]
    assert (code, [worker["name"] for worker in workers]) == (0, ["worker-1", "worker-2", "worker-3"])
    assert workers[2] == {
        "name": "worker-3",
        "state": "waiting",
        "address": "",
        "session_count": 0,
        "step_count": 0,
        "failure": "no GPU is free",
    }


def test_drain_tells_how_many_sessions_moved(address: str, operations: RecordingOperations, morphogen: Run) -> None:
    assert morphogen("workers", "drain", "worker-2", "--server", address) == (
        0,
        "worker-2 stopped, 2 sessions moved\n",
        "",
    )
    assert operations.asked == [("drain", "worker-2")]


@pytest.mark.parametrize(
    ("names", "lines"),
    [
        ([], ["worker-1 -> worker-4, 2 sessions moved", "worker-2 -> worker-5, 2 sessions moved"]),
        (["worker-2"], ["worker-2 -> worker-4, 2 sessions moved"]),
    ],
)
def test_replace_tells_who_took_whose_place(
    address: str, operations: RecordingOperations, morphogen: Run, names: list[str], lines: list[str]
) -> None:
    code, out, err = morphogen("workers", "replace", *names, "--server", address)
    assert (code, out.splitlines(), err, operations.asked) == (0, lines, "", [("replace", *names)])


def test_replacement_that_does_not_start_is_a_failure_after_what_was_done(address: str, morphogen: Run) -> None:
    code, out, err = morphogen("workers", "replace", "worker-1", "worker-3", "--server", address)
    assert (code, out) == (1, "worker-1 -> worker-4, 2 sessions moved\n")
    assert (len(err.splitlines()), "worker-5 did not start: no GPU is free" in err) == (1, True)


@pytest.mark.parametrize("command", ["drain", "replace"])
def test_misspelt_worker_gets_the_known_ones_and_the_closest(
    address: str, operations: RecordingOperations, morphogen: Run, command: str
) -> None:
    code, out, err = morphogen("workers", command, "worker2", "--server", address)
    assert (code, out, operations.asked) == (2, "", [])
    assert err == (
        "morphogen: name: 'worker2' is not allowed; allowed: worker-1, worker-2, worker-3; did you mean 'worker-2'?\n"
    )


def test_unreachable_server_is_a_failure_in_one_line(morphogen: Run) -> None:
    code, out, err = morphogen("workers", "drain", "worker-1", "--server", "127.0.0.1:1")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith("morphogen: 127.0.0.1:1 cannot be reached: ")


def test_token_file_is_read_before_anybody_is_asked(morphogen: Run, tmp_path: Path) -> None:
    code, _, err = morphogen("workers", "list", "--token-file", tmp_path / "nowhere")
    assert (code, err.startswith("morphogen: --token-file: ")) == (2, True)


class TestOfAServerWithoutWorkerProcesses:
    @pytest.fixture
    def operations(self) -> None:
        return None

    @pytest.mark.parametrize("command", [["list"], ["drain", "worker-1"], ["replace"]])
    def test_it_is_told_how_to_get_some(self, address: str, morphogen: Run, command: list[str]) -> None:
        code, out, err = morphogen("workers", *command, "--server", address)
        assert (code, out, len(err.splitlines())) == (1, "", 1)
        assert "start it with --workers ray" in err
