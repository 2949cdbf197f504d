"""Starts the Triton server that the nvidia-pytriton wheel brings along, with one model, on the CPU.

The process becomes the server: nothing of this script stays. Runs in Triton's environment.

    python benchmarks/peers/triton/serve.py MODEL GRPC_PORT FOLDER
"""

import os
import shutil
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

SETTINGS = {
    "decoupled": "max_batch_size: 0",
    "iterative": "max_batch_size: 16\nsequence_batching { iterative_sequence: true }",
}
"""What distinguishes the models."""

CONFIGURATION = """\
name: "{model}"
backend: "python"
{settings}
model_transaction_policy {{ decoupled: true }}
input [ {{ name: "LOAD" data_type: TYPE_FP64 dims: [ 3 ] }} ]
output [ {{ name: "PART" data_type: TYPE_UINT8 dims: [ -1 ] }} ]
instance_group [ {{ kind: KIND_CPU count: 1 }} ]
"""

MODEL = """\
import sys
sys.path[:0] = {paths}
from benchmarks.peers.triton.{model} import TritonPythonModel
"""
"""The stub that runs it embeds a bare Python, which heeds neither an environment nor PYTHONPATH."""


def write_model(model: str, folder: Path) -> Path:
    """Lay the model repository out as Triton reads it; returns its folder."""
    version = folder / "models" / model / "1"
    version.mkdir(parents=True)
    paths = [sysconfig.get_path("purelib"), *os.environ["PYTHONPATH"].split(os.pathsep)]
    (version / "model.py").write_text(MODEL.format(model=model, paths=paths))
    configuration = CONFIGURATION.format(model=model, settings=SETTINGS[model])
    (version.parent / "config.pbtxt").write_text(configuration)
    return folder / "models"


def write_backend(server: Path, folder: Path) -> Path:
    """Put the stub of this Python beside the python backend, which starts it; returns the backends' folder."""
    backends = folder / "backends"
    shutil.copytree(server / "backends", backends)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = server / "python_backend_stubs" / python / "triton_python_backend_stub"
    shutil.copy(stub, backends / "python")
    return backends


def main() -> None:
    """Become the server."""
    model, port, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    specification = find_spec("pytriton")
    assert specification is not None
    assert specification.origin is not None
    server = Path(specification.origin).parent / "tritonserver"
    # The stub does not find Python's shared library by itself nor, once copied, those of its wheel.
    libraries = [str(sysconfig.get_config_var("LIBDIR")), f"{sysconfig.get_path('purelib')}/nvidia_pytriton.libs"]
    command = [
        str(server / "bin" / "tritonserver"),
        f"--model-repository={write_model(model, folder)}",
        f"--backend-directory={write_backend(server, folder)}",
        f"--backend-config=python,shm-region-prefix-name={folder.name}",
        "--grpc-address=127.0.0.1",
        f"--grpc-port={port}",
        "--allow-http=false",
        "--allow-metrics=false",
    ]
    os.execve(command[0], command, {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(libraries)})  # noqa: S606 - no shell is what is wanted


if __name__ == "__main__":
    main()
