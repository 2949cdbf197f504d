"""The workers of a server, for those who operate it."""

from dataclasses import dataclass

from morphogen.v1 import workers_pb2

_STATES = {
    workers_pb2.WORKER_STATE_STARTING: "starting",
    workers_pb2.WORKER_STATE_READY: "ready",
    workers_pb2.WORKER_STATE_DRAINING: "draining",
    workers_pb2.WORKER_STATE_WAITING: "waiting",
}


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker.

    name           unique while the server runs
    state          "starting", "ready", "draining", or "waiting": it failed to start and will be tried again;
                   "unknown" if the server is newer than this client
    address        HOST:PORT of its link, "" while it starts
    session_count  sessions that it has now
    step_count     steps that it has run
    failure        why it is waiting, "" otherwise
    """

    name: str
    state: str
    address: str
    session_count: int
    step_count: int
    failure: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """Worker `name` is gone and `replacement` has taken its place, with `moved_count` sessions."""

    name: str
    replacement: str
    moved_count: int


def worker_from(message: workers_pb2.Worker) -> Worker:
    """The dataclass that carries what the message says."""
    return Worker(
        name=message.name,
        state=_STATES.get(message.state, "unknown"),
        address=message.address,
        session_count=message.session_count,
        step_count=message.step_count,
        failure=message.failure,
    )


def replacement_from(message: workers_pb2.ReplaceWorkersResponse) -> Replacement:
    """The dataclass that carries what the message says."""
    return Replacement(message.name, message.replacement, message.moved_count)
