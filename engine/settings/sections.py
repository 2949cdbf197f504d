"""What a serving process is told: one frozen tree of settings.

Every section checks its own ranges when it is built, so settings made in code are as safe as settings from a file
(`engine/settings/file.py`).
"""

import ipaddress
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from engine.errors import SettingsError

ORIGIN = r"[a-z][a-z0-9+.-]*://[^/\s*?#@]+"
"""What a browser calls a site: scheme, host and port, no path."""


def bounded(default: float | None, minimum: float, maximum: float) -> Any:
    """A dataclass field for a number in [minimum, maximum]."""
    return field(default=default, metadata={"minimum": minimum, "maximum": maximum})


def chosen(default: str, *others: str) -> Any:
    """A dataclass field for one of several words."""
    return field(default=default, metadata={"choices": (default, *others)})


class Section:
    """A part of the tree that checks its numbers and words. `SECTION` is its dotted path."""

    __slots__ = ()
    SECTION: ClassVar[str]

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value, allowed = getattr(self, item.name), item.metadata
            if "choices" in allowed and value not in allowed["choices"]:
                choices = ", ".join(allowed["choices"])
                raise SettingsError(f"{self.SECTION}.{item.name}: {value!r} is not allowed; allowed: {choices}")
            if "minimum" in allowed and value is not None and not allowed["minimum"] <= value <= allowed["maximum"]:
                limits = f"[{allowed['minimum']}, {allowed['maximum']}]"
                raise SettingsError(f"{self.SECTION}.{item.name}: {value} is outside {limits}")


@dataclass(frozen=True, slots=True)
class TlsSettings(Section):
    """Certificates, PEM. With `client_ca_file`, only clients with a certificate signed by it get in."""

    SECTION: ClassVar[str] = "server.tls"
    certificate_file: Path | None = None
    private_key_file: Path | None = None
    client_ca_file: Path | None = None

    def __post_init__(self) -> None:
        if (self.certificate_file is None) != (self.private_key_file is None):
            raise SettingsError("server.tls: certificate_file and private_key_file are given together or not at all")
        if self.client_ca_file is not None and self.certificate_file is None:
            raise SettingsError("server.tls.client_ca_file: needs certificate_file and private_key_file")


@dataclass(frozen=True, slots=True)
class TokenSettings(Section):
    """Where accepted bearer tokens come from: a file with one per line, or an environment variable with one.

    operators_file  further tokens, which may also look after the workers
    """

    SECTION: ClassVar[str] = "server.tokens"
    file: Path | None = None
    operators_file: Path | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class TransportSettings(Section):
    """Limits of one connection. `min_ping_interval_s`: clients that ping more often are disconnected."""

    SECTION: ClassVar[str] = "server.transport"
    max_receive_bytes: int = bounded(8 * 1024 * 1024, 64 * 1024, 64 * 1024 * 1024)
    max_concurrent_streams: int = bounded(100, 1, 10_000)
    keepalive_time_s: float = bounded(30.0, 1.0, 7200.0)
    keepalive_timeout_s: float = bounded(10.0, 1.0, 600.0)
    min_ping_interval_s: float = bounded(10.0, 1.0, 7200.0)


@dataclass(frozen=True, slots=True)
class ServerSettings(Section):
    """The gRPC port. Port 0 takes a free one; `ready_file` receives HOST:PORT once the server listens."""

    SECTION: ClassVar[str] = "server"
    host: str = "127.0.0.1"
    port: int = bounded(50051, 0, 65535)
    insecure: bool = False
    reflection: bool = False
    ready_file: Path | None = None
    drain_timeout_s: float = bounded(30.0, 0.0, 3600.0)
    stream_limit_s: float = bounded(900.0, 1.0, 86400.0)
    tls: TlsSettings = field(default_factory=TlsSettings)
    tokens: TokenSettings = field(default_factory=TokenSettings)
    transport: TransportSettings = field(default_factory=TransportSettings)

    def __post_init__(self) -> None:
        Section.__post_init__(self)
        if not self.insecure and not is_loopback(self.host):
            _check_secured("server.host", self.host, self.tls, self.tokens)


@dataclass(frozen=True, slots=True)
class WebSettings(Section):
    """The web port, for browsers and engines that speak gRPC-Web or Connect; none is opened while `port` is null.

    It takes the certificates, tokens and limits of `server`.

    insecure         serve other machines without encryption or authentication
    origins          sites whose pages may call, e.g. "https://studio.example"; "*" is all of them. Pages that the port
                     serves itself always may
    static_folder    its files are served to everybody
    max_connections  beyond them, requests are answered with 503
    """

    SECTION: ClassVar[str] = "web"
    host: str = "127.0.0.1"
    port: int | None = bounded(None, 0, 65535)
    insecure: bool = False
    origins: tuple[str, ...] = ()
    static_folder: Path | None = None
    max_connections: int = bounded(1000, 1, 100_000)

    def __post_init__(self) -> None:
        Section.__post_init__(self)
        for origin in self.origins:
            if origin != "*" and not re.fullmatch(ORIGIN, origin):
                raise SettingsError(f"web.origins: {origin!r} is no origin; one looks like https://studio.example:8443")


@dataclass(frozen=True, slots=True)
class SessionSettings(Section):
    """Sessions.

    max_running          beyond that many requests wait, and beyond `queue_limit` waiting ones they are refused
    idle_timeout_s       a reader that takes nothing for so long is let go
    migration_timeout_s  how long a session whose worker is lost looks for another one
    resume_keys_file     keys that sign resume tokens, one per line, the newest first; without it a key is drawn at
                         every start, and tokens do not outlive the process
    resume_lifetime_s    age at which a token expires
    hint_limit           prefetch hints that may wait; 0 ignores them all
    """

    SECTION: ClassVar[str] = "sessions"
    max_running: int = bounded(32, 1, 10_000)
    queue_limit: int = bounded(64, 0, 100_000)
    idle_timeout_s: float = bounded(120.0, 1.0, 86400.0)
    migration_timeout_s: float = bounded(30.0, 0.1, 3600.0)
    resume_keys_file: Path | None = None
    resume_lifetime_s: float = bounded(86400.0, 1.0, 31_536_000.0)
    hint_limit: int = bounded(256, 0, 100_000)


@dataclass(frozen=True, slots=True)
class StoreSettings(Section):
    """Where finished assets are kept: in memory, in a folder, and at any fsspec URL that several servers share."""

    SECTION: ClassVar[str] = "store"
    memory_bytes: int = bounded(256 * 1024 * 1024, 0, 2**40)
    disk_folder: Path | None = None
    disk_bytes: int = bounded(4 * 1024**3, 2**20, 2**50)
    shared_url: str | None = None


@dataclass(frozen=True, slots=True)
class WorkerSettings(Section):
    """How each worker runs its steps.

    batch_size       most sessions moved on by one step; fewer where measurements show that more gain nothing
    encoder_count    threads that compress files beside the steps
    step_timeout_s   a step that takes longer hangs: its thread is replaced and the other sessions go on
    """

    SECTION: ClassVar[str] = "worker"
    precision: str = chosen("auto", "fp32", "bf16")
    thread_count: int | None = bounded(None, 1, 1024)
    texture_weights: Path | None = None
    batch_size: int = bounded(16, 1, 256)
    encoder_count: int = bounded(2, 1, 64)
    step_timeout_s: float = bounded(60.0, 0.1, 3600.0)


@dataclass(frozen=True, slots=True)
class WorkersSettings(Section):
    """Where the workers run: in this process, or as processes that Ray places.

    ray_address        the cluster to join, e.g. "10.0.0.5:6379" or "auto"; null starts one on this machine
    count              workers that always run; with `count_max` above it, more are started while sessions queue
    cpus_per_worker    what Ray reserves; null: its share of the machine's cores
    gpus_per_worker    likewise; a fraction shares a device
    scale_up_delay_s   a wait for the first step that calls for another worker
    scale_down_idle_s  a worker beyond `count` that had no session for so long is stopped
    start_timeout_s    a worker that is not ready by then has failed to start
    secret_file        what gateway and workers prove to each other; null draws one at every start
    """

    SECTION: ClassVar[str] = "workers"
    kind: str = chosen("local", "ray")
    ray_address: str | None = None
    count: int = bounded(1, 1, 1024)
    count_max: int | None = bounded(None, 1, 1024)
    cpus_per_worker: float | None = bounded(None, 0.0, 1024.0)
    gpus_per_worker: float = bounded(0.0, 0.0, 64.0)
    scale_up_delay_s: float = bounded(0.5, 0.001, 3600.0)
    scale_down_idle_s: float = bounded(60.0, 0.1, 86400.0)
    start_timeout_s: float = bounded(120.0, 1.0, 3600.0)
    secret_file: Path | None = None

    def __post_init__(self) -> None:
        Section.__post_init__(self)
        if self.count_max is not None and self.count_max < self.count:
            raise SettingsError(f"workers.count_max: {self.count_max} is below workers.count, {self.count}")


@dataclass(frozen=True, slots=True)
class TracingSettings(Section):
    """OpenTelemetry traces over OTLP; none while `endpoint` is null.

    endpoint      e.g. "http://127.0.0.1:4317"
    sample_ratio  share of calls without a trace of their own that start one
    """

    SECTION: ClassVar[str] = "tracing"
    endpoint: str | None = None
    sample_ratio: float = bounded(0.01, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class LogSettings(Section):
    """Logs go to standard error."""

    SECTION: ClassVar[str] = "log"
    format: str = chosen("console", "json")
    level: str = chosen("info", "debug", "warning", "error")


@dataclass(frozen=True, slots=True)
class MetricsSettings(Section):
    """The Prometheus port; none is opened while `port` is null."""

    SECTION: ClassVar[str] = "metrics"
    host: str = "127.0.0.1"
    port: int | None = bounded(None, 0, 65535)


@dataclass(frozen=True, slots=True)
class VideoSettings(Section):
    """Streams of encoded video. `gpl_encoders`: whether encoders under the GPL are used, as that of H.264 is."""

    SECTION: ClassVar[str] = "video"
    gpl_encoders: bool = True


@dataclass(frozen=True, slots=True)
class Settings(Section):
    """Everything a serving process is told."""

    SECTION: ClassVar[str] = ""
    server: ServerSettings = field(default_factory=ServerSettings)
    sessions: SessionSettings = field(default_factory=SessionSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    workers: WorkersSettings = field(default_factory=WorkersSettings)
    web: WebSettings = field(default_factory=WebSettings)
    tracing: TracingSettings = field(default_factory=TracingSettings)
    log: LogSettings = field(default_factory=LogSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    video: VideoSettings = field(default_factory=VideoSettings)

    def __post_init__(self) -> None:
        if self.web.port is not None and not self.web.insecure and not is_loopback(self.web.host):
            _check_secured("web.host", self.web.host, self.server.tls, self.server.tokens)


def _check_secured(setting: str, host: str, tls: TlsSettings, tokens: TokenSettings) -> None:
    encrypted = tls.certificate_file is not None
    authenticated = tls.client_ca_file or tokens.file or tokens.operators_file or tokens.environment
    if not (encrypted and authenticated):
        raise SettingsError(
            f"{setting}: {host} is reachable from other machines; set server.tls together with server.tokens or "
            f"server.tls.client_ca_file, or write `insecure: true` to serve everyone unencrypted"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
