"""A worker's main: generators, their lanes, and the link's server on an event loop in a thread of its own.

python -m workers.process
    reads one line of JSON (WorkerConfig) from standard input, prints `listening on HOST:PORT`, and serves until
    standard input closes, so that it ends with the process that started it, or until SIGTERM
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import ClassVar, cast

import structlog

from engine.configuration import build
from engine.errors import MorphogenError, SettingsError
from engine.runtime.pool import GeneratorSource
from engine.server.telemetry.logs import configure_logs
from engine.server.telemetry.tracing import Tracing, load_tracing
from engine.settings.sections import LogSettings, Section, TracingSettings, WorkerSettings, bounded
from workers.link.handshake import SECRET_MIN_BYTES
from workers.link.server import LinkOptions, LinkServer
from workers.startup import keep_freed_memory, load_catalog, new_event_loop
from workers.step_thread import StepOptions

CATALOG = "engine.catalog:load_catalog"
EXIT_FAILED = 1
EXIT_UNUSABLE_CONFIG = 2
STOP_TIMEOUT_S = 5.0
"""Steps that run when a worker is to end may take so long."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerConfig(Section):
    """What a worker is told; travels as JSON to wherever it starts.

    secret                of the cluster, at least 16 bytes; hexadecimal in JSON
    host, port            where its gateway reaches it; port 0 takes a free one
    generators            MODULE:FUNCTION that returns a GeneratorSource; only the catalog's gets what it needs of
                          `settings`
    unattached_timeout_s  without a gateway for so long it ends: no orphans
    """

    SECTION: ClassVar[str] = "worker"
    secret: bytes = field(repr=False)
    host: str = "127.0.0.1"
    port: int = bounded(0, 0, 65535)
    generators: str = CATALOG
    unattached_timeout_s: float = bounded(60.0, 0.1, 86400.0)
    settings: WorkerSettings = field(default_factory=WorkerSettings)
    log: LogSettings = field(default_factory=LogSettings)
    tracing: TracingSettings = field(default_factory=TracingSettings)

    def __post_init__(self) -> None:
        Section.__post_init__(self)
        if len(self.secret) < SECRET_MIN_BYTES:
            raise SettingsError(f"worker.secret: {len(self.secret)} bytes are fewer than {SECRET_MIN_BYTES}")

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self) | {"secret": self.secret.hex()}, default=str)

    @classmethod
    def from_json(cls, text: str) -> "WorkerConfig":
        """The config of a line of JSON. Raises SettingsError that names the key, and never shows the secret."""
        try:
            document = json.loads(text)
        except ValueError as error:
            raise SettingsError("worker: expected one line of JSON") from error
        if isinstance(document, dict) and "secret" in document:
            try:
                document["secret"] = bytes.fromhex(document["secret"])
            except (TypeError, ValueError) as error:
                raise SettingsError("worker.secret: expected hexadecimal digits") from error
        return build(cls, document, "worker")


class WorkerProcess:
    """Everything a worker is, in this process. Start it once."""

    def __init__(self, config: WorkerConfig) -> None:
        self._config = config
        self._address: Future[str] = Future()
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._stop_asked = False
        self._stopping = asyncio.Event()
        self._ended = threading.Event()
        self._exit_code = EXIT_FAILED

    def start(self) -> str:
        """Load the generators, listen, and return HOST:PORT.

        Raises SettingsError for a config that cannot be used, WeightsError for unusable weights.
        """
        keep_freed_memory()
        generators = load_generators(self._config)
        threading.Thread(target=self._run, args=(generators,), name="morphogen-link", daemon=True).start()
        return self._address.result()

    def wait(self) -> int:
        """Wait until it has ended; its exit code: 1 if steps cannot run any more, 0 if it was to end or an orphan."""
        self._ended.wait()
        return self._exit_code

    def stop(self) -> None:
        """Ask it to end after the steps that run now; from any thread, at any time, also more than once."""
        self._stop_asked = True  # first, for `_serve` looks at it once the event loop is there
        if self._event_loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended
                self._event_loop.call_soon_threadsafe(self._stopping.set)

    def _run(self, generators: GeneratorSource) -> None:
        try:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(self._serve(generators))
        except BaseException as error:  # noqa: BLE001 (the thread's last act: whoever started it hears of it)
            if not self._address.done():
                self._address.set_exception(error)
            else:
                _log.exception("worker failed")
        finally:
            self._ended.set()

    async def _serve(self, generators: GeneratorSource) -> None:
        config, settings = self._config, self._config.settings
        self._event_loop = asyncio.get_running_loop()
        if self._stop_asked:
            self._stopping.set()
        tracing = load_tracing(config.tracing, "morphogen-worker")
        trace = None if tracing is None else tracing.step
        server = LinkServer(
            generators,
            StepOptions(settings.batch_size, settings.encoder_count, settings.step_timeout_s, trace),
            LinkOptions(config.secret, config.host, config.port, config.unattached_timeout_s),
        )
        self._address.set_result(await server.start())
        stop_asked = asyncio.create_task(self._stopping.wait())
        server_ended = asyncio.create_task(server.ended())
        await asyncio.wait((stop_asked, server_ended), return_when=asyncio.FIRST_COMPLETED)
        broken = server_ended.done() and server_ended.result()
        await _closed(server, tracing)
        self._exit_code = EXIT_FAILED if broken else 0
        self._ended.set()  # now: a step that does not end holds up the event loop's own end


async def _closed(server: LinkServer, tracing: Tracing | None) -> None:
    """Close both, each within STOP_TIMEOUT_S."""
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await server.close()
    except TimeoutError:
        _log.warning("steps do not end", stop_timeout_s=STOP_TIMEOUT_S)
    if tracing is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await asyncio.to_thread(tracing.close)


def load_generators(config: WorkerConfig) -> GeneratorSource:
    """What `config.generators` returns. Raises SettingsError if there is no such function, and what it raises."""
    if config.generators == CATALOG:
        return load_catalog(config.settings)
    module, _, function = config.generators.partition(":")
    try:
        load = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(f"worker.generators: {config.generators!r} is no MODULE:FUNCTION") from error
    return cast(GeneratorSource, load())


def main() -> int:
    """Be a worker; returns the exit code: 2 for a config that cannot be used."""
    configure_logs(LogSettings())
    # Ctrl-C is meant for whoever started this: a gateway that drains needs its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        config = WorkerConfig.from_json(sys.stdin.readline())
        configure_logs(config.log)
        worker = WorkerProcess(config)
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        threading.Thread(target=_stop_at_end_of_input, args=(worker,), daemon=True).start()
        print(f"listening on {worker.start()}", flush=True)
    except MorphogenError as error:
        print(error, file=sys.stderr)
        return EXIT_UNUSABLE_CONFIG if isinstance(error, SettingsError) else EXIT_FAILED
    return worker.wait()


def _stop_at_end_of_input(worker: WorkerProcess) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    worker.stop()


if __name__ == "__main__":
    exit_code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)  # threads that hang in a step or in a codec are not waited for
