"""The start-up probe picks a number format, and what it picks is named."""

from collections.abc import Iterator

import pytest
import torch

from engine.errors import SettingsError
from engine.nets.precision import (
    LARGEST_DEVIATION,
    REQUIRED_SPEEDUP,
    KernelClass,
    Probe,
    choose_kernel_class,
    one_thread,
    probe_precision,
)


@pytest.fixture(autouse=True)
def restored_threads() -> Iterator[None]:
    """Puts back the process's thread count."""
    count = torch.get_num_threads()
    yield
    torch.set_num_threads(count)


def test_probe_measures_both_formats() -> None:
    probe = probe_precision()
    assert 0 < probe.fp32_ms < 1000
    assert 0 < probe.bf16_ms < 1000
    assert 0 < probe.deviation < 0.2


@pytest.mark.parametrize(
    ("fp32_ms", "bf16_ms", "deviation", "expected"),
    [
        (2.0, 1.0, 0.01, True),
        (REQUIRED_SPEEDUP, 1.0, LARGEST_DEVIATION, True),
        (REQUIRED_SPEEDUP - 0.01, 1.0, 0.01, False),
        (1.0, 10.0, 0.01, False),
        (9.0, 1.0, LARGEST_DEVIATION + 0.001, False),
        (9.0, 1.0, float("nan"), False),
    ],
)
def test_bf16_is_preferred_only_when_right_and_clearly_faster(
    fp32_ms: float, bf16_ms: float, deviation: float, expected: bool
) -> None:
    assert Probe(fp32_ms, bf16_ms, deviation).prefers_bf16 is expected


def test_automatic_choice_is_one_of_the_two() -> None:
    assert choose_kernel_class("auto", 1).dtype in (torch.float32, torch.bfloat16)


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_forced_precision_is_taken_and_named(precision: str, dtype: torch.dtype) -> None:
    kernel = choose_kernel_class(precision, 1)
    assert kernel.dtype == dtype
    assert kernel.name.startswith("cpu-")
    assert f"-{precision}-1t-torch{torch.__version__}" in kernel.name


def test_thread_count_is_fixed_for_the_process() -> None:
    assert choose_kernel_class("fp32", 2).thread_count == torch.get_num_threads() == 2
    assert choose_kernel_class("fp32").thread_count == 2


def test_kernel_classes_that_compute_differently_have_different_names() -> None:
    kernels = [KernelClass("cpu", dtype, count) for dtype in (torch.float32, torch.bfloat16) for count in (1, 2)]
    assert len({kernel.name for kernel in kernels}) == 4


@pytest.mark.parametrize(
    ("precision", "thread_count", "message"),
    [
        ("fp16", 1, "precision: 'fp16' is not one of auto, fp32, bf16"),
        ("", 1, "precision: ''"),
        ("fp32", 0, r"thread_count: 0 is outside \[1, 256\]"),
        ("fp32", -3, "thread_count: -3 is outside"),
        ("fp32", 257, "thread_count: 257 is outside"),
    ],
)
def test_value_out_of_range_is_named_and_changes_nothing(precision: str, thread_count: int, message: str) -> None:
    before = torch.get_num_threads()
    with pytest.raises(SettingsError, match=f"^{message}"):
        choose_kernel_class(precision, thread_count)
    assert torch.get_num_threads() == before


def test_one_thread_gives_the_others_back_whatever_happens() -> None:
    torch.set_num_threads(2)

    def fail() -> None:
        with one_thread():
            assert torch.get_num_threads() == 1
            raise ValueError("within")

    with pytest.raises(ValueError, match="within"):
        fail()
    assert torch.get_num_threads() == 2
