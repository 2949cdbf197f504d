"""Prints the ModelInferRequest of a synthetic stream as hexadecimal digits. Runs in Triton's environment.

Its tensor holds three numbers, all zero: the client writes part size, part count and step time over them.

    python -m benchmarks.peers.triton.message MODEL
"""

import sys

from tritonclient.grpc import service_pb2  # type: ignore[import-not-found, unused-ignore]

NUMBER_COUNT = 3


def main() -> None:
    """One request with one tensor."""
    model = sys.argv[1]
    request = service_pb2.ModelInferRequest(model_name=model)
    load = request.inputs.add(name="LOAD", datatype="FP64")
    load.shape.extend([1, NUMBER_COUNT] if model == "iterative" else [NUMBER_COUNT])  # with batches, requests are rows
    request.raw_input_contents.append(bytes(8 * NUMBER_COUNT))
    print(request.SerializeToString().hex())


if __name__ == "__main__":
    main()
