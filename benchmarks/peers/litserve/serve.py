"""LitServe with one worker that streams the synthetic generator's parts over HTTP. Runs in LitServe's environment.

python benchmarks/peers/litserve/serve.py PORT
"""

import struct
import sys
from collections.abc import Iterator
from typing import Any

import litserve  # type: ignore[import-not-found, unused-ignore]

from benchmarks.serving.counted import CountedProbe
from engine.requests.probe import ProbeRequest


class ProbeApi(litserve.LitAPI):  # type: ignore[misc, unused-ignore]
    """One stream of parts per request, each with its length in front: four bytes, big-endian."""

    def setup(self, _device: str) -> None:
        """Make the generator, in the worker process."""
        self._probe = CountedProbe()

    def decode_request(self, request: dict[str, Any]) -> ProbeRequest:
        """A request from its JSON form."""
        return ProbeRequest(**request)

    def predict(self, request: ProbeRequest) -> Iterator[bytes]:
        """The parts' payloads."""
        state = self._probe.begin(request)
        while not state.finished:
            ((part,),) = self._probe.step([state])
            yield part.payload

    def encode_response(self, payloads: Any) -> Any:
        """The response's body, part by part. Without annotation: LitServe takes one for a form of JSON."""
        for payload in payloads:
            yield struct.pack(">I", len(payload)) + payload


if __name__ == "__main__":
    server = litserve.LitServer(ProbeApi(stream=True), accelerator="cpu", timeout=False, fast_queue=True)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False)
