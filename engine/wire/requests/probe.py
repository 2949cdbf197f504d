"""Requests for synthetic streams as wire messages, and back."""

from engine.errors import InvalidRequestError
from engine.requests.probe import ProbeRequest
from morphogen.v1 import diagnostics_pb2


def probe_request(message: diagnostics_pb2.StreamProbeRequest | diagnostics_pb2.ProbeStart) -> ProbeRequest:
    """The request that `message` makes. Raises InvalidRequestError naming the field."""
    try:
        return ProbeRequest(message.part_size_bytes, message.part_count, message.step_ms)
    except InvalidRequestError as error:
        field = "part_size_bytes" if error.field == "part_bytes" else error.field
        raise InvalidRequestError(field, error.value, error.allowed) from None


def probe_message(request: ProbeRequest) -> diagnostics_pb2.StreamProbeRequest:
    """The message that makes `request`."""
    return diagnostics_pb2.StreamProbeRequest(
        part_size_bytes=request.part_bytes, part_count=request.part_count, step_ms=request.step_ms
    )
