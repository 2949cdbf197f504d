"""A decoupled model of Triton's python backend: one request at a time, from its first part to its last."""

from typing import Any

import numpy as np
import triton_python_backend_utils as backend  # type: ignore[import-not-found, unused-ignore]

from benchmarks.serving.counted import CountedProbe
from engine.requests.probe import ProbeRequest


class TritonPythonModel:
    """Asks before every step whether the client has gone, as Triton advises."""

    def initialize(self, _arguments: dict[str, str]) -> None:
        """Make the generator."""
        self._probe = CountedProbe()

    def execute(self, requests: list[Any]) -> None:
        """All parts of each request."""
        for request in requests:
            load = backend.get_input_tensor_by_name(request, "LOAD").as_numpy().reshape(-1)
            state = self._probe.begin(ProbeRequest(int(load[0]), int(load[1]), float(load[2])))
            sender = request.get_response_sender()
            while not state.finished and not request.is_cancelled():
                ((part,),) = self._probe.step([state])
                tensor = backend.Tensor("PART", np.frombuffer(part.payload, np.uint8))
                sender.send(backend.InferenceResponse(output_tensors=[tensor]))
            sender.send(flags=backend.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
