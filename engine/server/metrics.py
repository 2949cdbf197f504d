"""Prometheus metrics of a gateway, and the port that shows them."""

import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.errors import SettingsError
from engine.runtime.sessions import SessionAccount, Sessions
from engine.runtime.settings import MetricsSettings

SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class LoadCollector(Collector):
    """Reads the load figures at the moment at which Prometheus asks."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def collect(self) -> Iterator[Metric]:
        """The families of this collector."""
        load = self._sessions.load()
        waiting, running = self._sessions.waiting_count, self._sessions.running_count
        yield GaugeMetricFamily("morphogen_queue_length", "Requests that wait for admission", value=waiting)
        yield GaugeMetricFamily("morphogen_sessions_running", "Admitted sessions", value=running)
        yield GaugeMetricFamily(
            "morphogen_parts_undelivered", "Parts made and not yet taken", value=load.undelivered_part_count
        )
        yield CounterMetricFamily("morphogen_steps", "Steps run by the workers", value=load.step_count)


class Meter:
    """Counts for sessions of one asset kind."""

    def __init__(self, metrics: "Metrics", asset_kind: str) -> None:
        self._parts = metrics.parts.labels(asset_kind)
        self._payload_bytes = metrics.payload_bytes.labels(asset_kind)
        self._first_part_seconds = metrics.first_part_seconds.labels(asset_kind)
        self._total_seconds = metrics.total_seconds.labels(asset_kind)

    def part_delivered(self, size_bytes: int) -> None:
        """The transport took a part."""
        self._parts.inc()
        self._payload_bytes.inc(size_bytes)

    def finished(self, account: SessionAccount) -> None:
        """A session ended with its trailer."""
        self._first_part_seconds.observe(account.first_part_ms / 1e3)
        self._total_seconds.observe(account.total_ms / 1e3)


class Metrics:
    """All metrics of one gateway, in a registry of their own."""

    def __init__(self, sessions: Sessions) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(LoadCollector(sessions))
        self.calls = Counter(
            "morphogen_sessions", "Calls by method and canonical code", ("method", "outcome"), registry=self.registry
        )
        self.parts = Counter("morphogen_parts", "Parts delivered", ("asset_kind",), registry=self.registry)
        self.payload_bytes = Counter(
            "morphogen_payload_bytes", "Payload bytes delivered", ("asset_kind",), registry=self.registry
        )
        self.first_part_seconds = Histogram(
            "morphogen_first_part_seconds",
            "From arrival to the first part",
            ("asset_kind",),
            buckets=SECONDS_BUCKETS,
            registry=self.registry,
        )
        self.total_seconds = Histogram(
            "morphogen_total_seconds",
            "From arrival to the trailer",
            ("asset_kind",),
            buckets=SECONDS_BUCKETS,
            registry=self.registry,
        )

    def meter(self, asset_kind: str) -> Meter:
        """The counts for sessions of `asset_kind`."""
        return Meter(self, asset_kind)


class MetricsPort:
    """An HTTP server with the metrics at /metrics. Raises SettingsError if the port cannot be opened."""

    def __init__(self, metrics: Metrics, settings: MetricsSettings) -> None:
        assert settings.port is not None
        self._server: WSGIServer
        self._thread: threading.Thread
        try:
            self._server, self._thread = start_http_server(settings.port, settings.host, metrics.registry)
        except OSError as error:
            address = f"{settings.host}:{settings.port}"
            raise SettingsError(f"metrics.port: cannot listen on {address} ({error.strerror})") from error
        self.port = int(self._server.server_port)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
