"""Start-up probe: which number format the convolutions run in, decided by measuring one of them.

On CPUs with bf16 units (AMX, avx512_bf16) bf16 is two to six times faster; elsewhere it can be ten times slower, and on
some builds plainly wrong. The probe times one convolution in both formats and compares the numbers.
"""

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch.nn import functional

from engine.errors import SettingsError

PRECISIONS = ("auto", "fp32", "bf16")
REQUIRED_SPEEDUP = 1.3
"""bf16 has to win by this factor: a wide margin, so that noise does not flip the choice between two starts."""

LARGEST_DEVIATION = 0.03
"""Largest accepted bf16 error relative to the spread of the fp32 result."""

REPETITIONS = 7


@dataclass(frozen=True, slots=True)
class KernelClass:
    """What besides version and weights decides the bits of a result."""

    device: str
    dtype: torch.dtype
    thread_count: int

    @property
    def name(self) -> str:
        """Written into provenance and content addresses."""
        number_format = "bf16" if self.dtype == torch.bfloat16 else "fp32"
        return f"{self.device}-{platform.machine()}-{number_format}-{self.thread_count}t-torch{torch.__version__}"


@dataclass(frozen=True, slots=True)
class Probe:
    """Measured best times of one convolution in milliseconds, and bf16's relative error."""

    fp32_ms: float
    bf16_ms: float
    deviation: float

    @property
    def prefers_bf16(self) -> bool:
        """Whether bf16 is right and clearly faster."""
        return self.deviation <= LARGEST_DEVIATION and self.fp32_ms >= REQUIRED_SPEEDUP * self.bf16_ms


def probe_precision() -> Probe:
    """Time a 3x3 convolution of 64 channels at 64 x 64 in both formats, interleaved; a few milliseconds in all."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(1, 64, 64, 64, generator=generator).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(64, 64, 3, 3, generator=generator).contiguous(memory_format=torch.channels_last)
    half_x, half_weight = x.bfloat16(), weight.bfloat16()
    best = {torch.float32: float("inf"), torch.bfloat16: float("inf")}
    with torch.inference_mode():
        exact = functional.conv2d(x, weight)
        rounded = functional.conv2d(half_x, half_weight).float()
        for _ in range(REPETITIONS):
            for image, kernel in ((x, weight), (half_x, half_weight)):
                started = time.perf_counter()
                functional.conv2d(image, kernel)
                best[image.dtype] = min(best[image.dtype], time.perf_counter() - started)
    deviation = float((exact - rounded).abs().max() / exact.std())
    return Probe(best[torch.float32] * 1e3, best[torch.bfloat16] * 1e3, deviation)


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it torch uses this thread alone: for arithmetic so small that others would only wait for each other.

    What runs in it has the same bits whatever the thread count of the process.
    """
    thread_count = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(thread_count)


def choose_kernel_class(precision: str = "auto", thread_count: int | None = None) -> KernelClass:
    """Fix the thread count of this process and pick the number format ("auto" probes).

    Raises SettingsError for an unknown precision or a thread count outside 1 to 256.
    """
    if precision not in PRECISIONS:
        raise SettingsError(f"precision: {precision!r} is not one of {', '.join(PRECISIONS)}")
    threads = torch.get_num_threads() if thread_count is None else thread_count
    if not 1 <= threads <= 256:
        raise SettingsError(f"thread_count: {threads} is outside [1, 256]")
    torch.set_num_threads(threads)
    bf16 = precision == "bf16" or (precision == "auto" and probe_precision().prefers_bf16)
    return KernelClass("cpu", torch.bfloat16 if bf16 else torch.float32, threads)
