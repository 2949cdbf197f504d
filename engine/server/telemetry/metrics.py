"""Prometheus metrics of a gateway, and the port that shows them."""

import threading
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, start_http_server
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.errors import SettingsError
from engine.runtime.pool import WorkerPool
from engine.server.telemetry.load import LoadCollector
from engine.sessions.session import SessionAccount
from engine.sessions.sessions import Sessions
from engine.settings.sections import MetricsSettings

SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Durations:
    """A histogram of times in seconds. Prometheus' own one takes a lock for every value."""

    def __init__(self) -> None:
        self._counts = [0] * (len(SECONDS_BUCKETS) + 1)
        self._sum_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one; on the event loop."""
        self._counts[bisect_left(SECONDS_BUCKETS, seconds)] += 1
        self._sum_s += seconds

    def show(self, family: HistogramMetricFamily, asset_kind: str) -> None:
        """Add what has been counted; from any thread."""
        limits = [*map(str, SECONDS_BUCKETS), "+Inf"]
        family.add_metric([asset_kind], list(zip(limits, accumulate(self._counts), strict=True)), self._sum_s)


class Meter:
    """Counts for sessions of one asset kind. Plain numbers that Prometheus reads: a lock per part would be felt."""

    def __init__(self) -> None:
        self.part_count = 0
        self.payload_bytes = 0
        self.part_seconds = Durations()
        self.first_part_seconds = Durations()
        self.total_seconds = Durations()

    def part_delivered(self, size_bytes: int, waited_s: float) -> None:
        """The transport took a part, for which its reader had waited so long."""
        self.part_count += 1
        self.payload_bytes += size_bytes
        self.part_seconds.add(waited_s)

    def finished(self, account: SessionAccount) -> None:
        """A session ended with its trailer."""
        self.first_part_seconds.add(account.first_part_ms / 1e3)
        self.total_seconds.add(account.total_ms / 1e3)


class MeterCollector(Collector):
    """What the meters have counted, by asset kind."""

    def __init__(self) -> None:
        self._meters: dict[str, Meter] = {}

    def meter(self, asset_kind: str) -> Meter:
        """The counts for sessions of `asset_kind`."""
        return self._meters.setdefault(asset_kind, Meter())

    def collect(self) -> Iterator[Metric]:
        """All families."""
        labels = ["asset_kind"]
        parts = CounterMetricFamily("morphogen_parts", "Parts delivered", labels=labels)
        payload_bytes = CounterMetricFamily("morphogen_payload_bytes", "Payload bytes delivered", labels=labels)
        part_s = HistogramMetricFamily(
            "morphogen_part_seconds", "Wait for a part that a reader was ready for", labels=labels
        )
        first_s = HistogramMetricFamily("morphogen_first_part_seconds", "From arrival to the first part", labels=labels)
        total_s = HistogramMetricFamily("morphogen_total_seconds", "From arrival to the trailer", labels=labels)
        for asset_kind, meter in tuple(self._meters.items()):
            parts.add_metric([asset_kind], meter.part_count)
            payload_bytes.add_metric([asset_kind], meter.payload_bytes)
            meter.part_seconds.show(part_s, asset_kind)
            meter.first_part_seconds.show(first_s, asset_kind)
            meter.total_seconds.show(total_s, asset_kind)
        yield from (parts, payload_bytes, part_s, first_s, total_s)


class Metrics:
    """All metrics of one gateway, in a registry of their own."""

    def __init__(self, sessions: Sessions, pool: WorkerPool) -> None:
        self.registry = CollectorRegistry()
        self.calls = Counter(
            "morphogen_sessions", "Calls by method and canonical code", ("method", "outcome"), registry=self.registry
        )
        self._meters = MeterCollector()
        self.registry.register(LoadCollector(sessions, pool))
        self.registry.register(self._meters)

    def meter(self, asset_kind: str) -> Meter:
        """The counts for sessions of `asset_kind`."""
        return self._meters.meter(asset_kind)


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
