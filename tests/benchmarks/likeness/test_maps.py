import numpy as np

from benchmarks.likeness.maps import ceiling, findings


def numbers(count: int, shift: float, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.clip(np.random.default_rng(seed).normal(shift, 0.2, (count, 6)), -1, 1)


def test_generated_maps_like_real_ones_come_near_the_ceiling_and_misaligned_ones_do_not() -> None:
    reals = numbers(60, 0.4, 0)
    found = findings(reals, numbers(120, 0.4, 1), numbers(120, 0.0, 2))
    assert found["reals"] == 60
    own, apart = found["generated"], found["misaligned"]
    assert isinstance(own, dict)
    assert isinstance(apart, dict)
    assert own["value"] < 2 * ceiling(reals, 0)
    assert apart["value"] > 4 * ceiling(reals, 0)
