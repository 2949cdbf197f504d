"""An iterative sequence model of Triton's python backend: every step serves all streams that are open (continuous
batching).
"""

from typing import Any

import numpy as np
import triton_python_backend_utils as backend  # type: ignore[import-not-found, unused-ignore]

from benchmarks.serving.counted import CountedProbe
from engine.generators.probe import ProbeState
from engine.requests.probe import ProbeRequest

NO_STREAM = 0


class TritonPythonModel:
    """Hands each request back to the scheduler after one part, until it has them all."""

    def initialize(self, _arguments: dict[str, str]) -> None:
        """Make the generator."""
        self._probe = CountedProbe()
        self._states: dict[int, ProbeState] = {}

    def execute(self, requests: list[Any]) -> None:
        """One step for all requests. Triton fills places between streams with requests that belong to none."""
        open_requests = [request for request in requests if request.correlation_id() != NO_STREAM]
        states = [self._state(request) for request in open_requests]
        made = self._probe.step(states) if states else []
        for request, state, (part,) in zip(open_requests, states, made, strict=True):
            sender = request.get_response_sender()
            tensor = backend.Tensor("PART", np.frombuffer(part.payload, np.uint8).reshape(1, -1))
            sender.send(backend.InferenceResponse(output_tensors=[tensor]))
            if state.finished or request.is_cancelled():
                del self._states[request.correlation_id()]
                sender.send(flags=backend.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
            else:
                request.set_release_flags(backend.TRITONSERVER_REQUEST_RELEASE_RESCHEDULE)
        for request in requests:
            if request.correlation_id() == NO_STREAM:
                request.get_response_sender().send(flags=backend.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    def _state(self, request: Any) -> ProbeState:
        key = request.correlation_id()
        if key not in self._states:
            load = backend.get_input_tensor_by_name(request, "LOAD").as_numpy().reshape(-1)
            self._states[key] = self._probe.begin(ProbeRequest(int(load[0]), int(load[1]), float(load[2])))
        return self._states[key]
