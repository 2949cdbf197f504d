"""OpenTelemetry traces: a span per call, continuing the client's, and below it one per step that the call took part in.

The only module that knows OpenTelemetry, and only while it is configured: the packages are an extra.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from engine.errors import SettingsError
from engine.runtime.loop import StepRecord
from engine.settings.sections import TracingSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

TRACE: ContextVar[str] = ContextVar("morphogen_trace", default="")
"""W3C `traceparent` of the call that is being answered; empty: it is not traced."""


class Tracing:
    """Makes spans and sends them off.

    service       name of this process in the traces, e.g. "morphogen-gateway"
    sample_ratio  share of calls without a trace of their own that start one
    processor     where finished spans go
    """

    def __init__(self, service: str, sample_ratio: float, processor: "SpanProcessor") -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sample_ratio)), resource=Resource.create({"service.name": service})
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("morphogen")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def call(self, method: str, traceparent: str) -> Iterator[None]:
        """Around a call: its span, below the client's if `traceparent` names one. Sets TRACE for the call."""
        from opentelemetry.trace import SpanKind

        parent = self._propagator.extract({"traceparent": traceparent})
        with self._tracer.start_as_current_span(method, context=parent, kind=SpanKind.SERVER) as span:
            carrier: dict[str, str] = {}
            if span.is_recording():
                self._propagator.inject(carrier)
            token = TRACE.set(carrier.get("traceparent", ""))
            try:
                yield
            finally:
                TRACE.reset(token)

    def step(self, record: StepRecord) -> None:
        """The spans of one step: one below each call that took part."""
        for traceparent in record.traces:
            span = self._tracer.start_span(
                "step",
                context=self._propagator.extract({"traceparent": traceparent}),
                start_time=record.started_ns,
                attributes={"morphogen.kind": record.kind, "morphogen.batch_size": record.batch_size},
            )
            span.end(record.ended_ns)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def load_tracing(settings: TracingSettings, service: str) -> Tracing | None:
    """What `settings` ask for: None without an endpoint. Raises SettingsError if OpenTelemetry is not installed."""
    if settings.endpoint is None:
        return None
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter.otlp.proto.grpc") is None:
        raise SettingsError("tracing.endpoint: needs OpenTelemetry: pip install 'morphogen[otel]'")
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter: Any = OTLPSpanExporter(endpoint=settings.endpoint, insecure=settings.endpoint.startswith("http://"))
    return Tracing(service, settings.sample_ratio, BatchSpanProcessor(exporter))
