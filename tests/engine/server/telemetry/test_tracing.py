"""From a client's trace to the steps that worked for it."""

import asyncio
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from engine.runtime.loop import StepRecord
from engine.server.telemetry.tracing import TRACE, Tracing, load_tracing
from engine.settings.sections import ServerSettings, Settings, TracingSettings
from morphogen.v1 import diagnostics_pb2

TRACE_ID, CLIENT_SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = f"00-{TRACE_ID}-{CLIENT_SPAN_ID}-01", f"00-{TRACE_ID}-{CLIENT_SPAN_ID}-00"


class RecordingCollector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps the spans it is sent."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.services: list[str] = []

    async def Export(self, request: Any, _context: Any) -> Any:  # noqa: N802 (the method's name on the wire)
        for resource in request.resource_spans:
            names = [each.value.string_value for each in resource.resource.attributes if each.key == "service.name"]
            for scope in resource.scope_spans:
                self.spans += scope.spans
                self.services += names * len(scope.spans)
        return trace_service_pb2.ExportTraceServiceResponse()


def traced() -> tuple[Tracing, InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    return Tracing("test", 0.0, SimpleSpanProcessor(exporter)), exporter


def test_call_continues_the_clients_trace_and_its_steps_lie_below_it() -> None:
    tracing, exporter = traced()
    with tracing.call("Service/Method", SAMPLED):
        own = TRACE.get()
        assert own.split("-")[1] == TRACE_ID
    tracing.step(StepRecord("paint", 3, 1_000, 2_000, (own,)))
    call, step = exporter.get_finished_spans()
    assert call.parent is not None
    assert call.context is not None
    assert (call.name, f"{call.parent.span_id:x}", f"{call.context.trace_id:032x}") == (
        "Service/Method",
        CLIENT_SPAN_ID,
        TRACE_ID,
    )
    assert step.parent is not None
    assert step.parent.span_id == call.context.span_id
    assert (step.start_time, step.end_time) == (1_000, 2_000)
    assert step.attributes == {"morphogen.kind": "paint", "morphogen.batch_size": 3}
    tracing.close()


@pytest.mark.parametrize("traceparent", ["", UNSAMPLED, "junk", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_call_that_nobody_traces_costs_its_steps_nothing(traceparent: str) -> None:
    tracing, exporter = traced()
    with tracing.call("Service/Method", traceparent):
        assert TRACE.get() == ""
    assert exporter.get_finished_spans() == ()
    tracing.close()


def test_trace_ends_with_its_call_also_when_that_fails() -> None:
    tracing, exporter = traced()
    with pytest.raises(ValueError, match="wrong"), tracing.call("Service/Method", SAMPLED):
        raise ValueError("wrong")
    assert TRACE.get() == ""
    (span,) = exporter.get_finished_spans()
    assert not span.status.is_ok
    tracing.close()


def test_step_of_several_traced_calls_is_shown_below_each() -> None:
    tracing, exporter = traced()
    tracing.step(StepRecord("paint", 2, 1, 2, (SAMPLED, SAMPLED.replace("0af7", "1bf8"))))
    traces = {f"{span.context.trace_id:032x}"[:4] for span in exporter.get_finished_spans() if span.context}
    assert traces == {"0af7", "1bf8"}
    tracing.close()


def test_without_endpoint_nothing_is_traced() -> None:
    assert load_tracing(TracingSettings(), "test") is None


async def test_collector_receives_the_spans_from_the_clients_call_to_the_step(serve: Any) -> None:
    collector = RecordingCollector()
    receiver = grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, receiver)  # type: ignore[no-untyped-call]
    port = receiver.add_insecure_port("127.0.0.1:0")
    await receiver.start()
    tracing = TracingSettings(endpoint=f"http://127.0.0.1:{port}", sample_ratio=0.0)
    serving = await serve(Settings(server=ServerSettings(port=0), tracing=tracing))
    request = diagnostics_pb2.StreamProbeRequest(part_size_bytes=10, part_count=3)
    await serving.count(serving.diagnostics.StreamProbe(request, metadata=(("traceparent", SAMPLED),)))
    await serving.count(serving.diagnostics.StreamProbe(request))  # not traced
    await serving.gateway.close()
    await asyncio.to_thread(serving.worker_tracing.close)
    calls = [span for span in collector.spans if span.name == "DiagnosticsService/StreamProbe"]
    steps = [span for span in collector.spans if span.name == "step"]
    assert [span.parent_span_id.hex() for span in calls] == [CLIENT_SPAN_ID]
    assert [span.parent_span_id for span in steps] == [calls[0].span_id] * 3
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE_ID}
    assert sorted(collector.services) == ["morphogen-gateway"] + ["morphogen-worker"] * 3
    await receiver.stop(None)
