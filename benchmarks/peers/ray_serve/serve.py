"""Ray Serve with one replica that streams the synthetic generator's parts over gRPC. Runs in Ray Serve's environment.

The ingress mode is an environment variable of Ray Serve's own, set by whoever starts this.

    python benchmarks/peers/ray_serve/serve.py GRPC_PORT HTTP_PORT FOLDER
"""

import signal
import sys
from collections.abc import AsyncIterator

import ray  # type: ignore[import-not-found, unused-ignore]
from ray import serve  # type: ignore[import-not-found, unused-ignore]
from ray.serve.config import gRPCOptions  # type: ignore[import-not-found, unused-ignore]

from benchmarks.peers.plain import Device
from morphogen.v1 import diagnostics_pb2

OBJECT_STORE_BYTES = 300_000_000
MAX_ONGOING_STREAMS = 64


class Replica:
    """The device behind Ray Serve's ingress."""

    def __init__(self) -> None:
        self._device = Device()

    async def StreamProbe(  # noqa: N802 (gRPC's name)
        self, request: diagnostics_pb2.StreamProbeRequest
    ) -> AsyncIterator[diagnostics_pb2.StreamProbeResponse]:
        """The parts of one stream."""
        async for response in self._device.responses(request):
            yield response


def main() -> None:
    """Serve until SIGTERM."""
    grpc_port, http_port, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    ray.init(
        address="local",
        num_cpus=4,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=OBJECT_STORE_BYTES,
        _node_ip_address="127.0.0.2",  # Ray takes 127.0.0.1 for "find my address", and would not stay on loopback
        _temp_dir=folder,
    )
    servicer = "morphogen.v1.diagnostics_pb2_grpc.add_DiagnosticsServiceServicer_to_server"
    serve.start(
        http_options={"host": "127.0.0.1", "port": http_port},
        grpc_options=gRPCOptions(port=grpc_port, grpc_servicer_functions=[servicer]),
    )
    deployment = serve.deployment(max_ongoing_requests=MAX_ONGOING_STREAMS)(Replica)
    serve.run(deployment.bind(), name="probe", route_prefix="/probe")  # without a prefix, gRPC does not reach it
    signal.sigwait({signal.SIGTERM})
    ray.shutdown()


if __name__ == "__main__":
    main()
