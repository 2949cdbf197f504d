"""`morphogen serve`: what its options become. That it serves is tested with `workers/serve.py`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import InvalidRequestError
from engine.settings.file import load_settings
from engine.settings.sections import WorkersSettings
from workers.cli.serve import overrides_from

Run = Callable[..., tuple[int, str, str]]


def settings_of(
    workers: str | None = None,
    ray_address: str | None = None,
    worker_count: int | None = None,
    gpus_per_worker: float | None = None,
    *,
    config: Path | None = None,
    environment: dict[str, str] | None = None,
) -> WorkersSettings:
    overrides = overrides_from(workers, ray_address, worker_count, gpus_per_worker)
    return load_settings(config, {**(environment or {}), **overrides}).workers


def test_without_options_nothing_is_overridden() -> None:
    assert overrides_from(None, None, None, None) == {}


def test_every_option_becomes_its_setting() -> None:
    settings = settings_of("ray", "10.0.0.5:6379", 3, 0.25)
    assert (settings.kind, settings.ray_address) == ("ray", "10.0.0.5:6379")
    assert (settings.count, settings.gpus_per_worker) == (3, 0.25)


@pytest.mark.parametrize("address", ["auto", "ray://head:10001", "[::1]:6379", "10.0.0.5:6379", "null", "123:45"])
def test_addresses_are_taken_word_for_word(address: str) -> None:
    assert settings_of(ray_address=address).ray_address == address


def test_options_come_before_environment_and_file(tmp_path: Path) -> None:
    config = tmp_path / "serve.yaml"
    config.write_text("workers:\n  kind: ray\n  count: 2\n  gpus_per_worker: 1.0\n")
    environment = {"MORPHOGEN__WORKERS__COUNT": "4"}
    settings = settings_of(worker_count=5, config=config, environment=environment)
    assert (settings.count, settings.gpus_per_worker) == (5, 1.0)
    assert settings_of("local", config=config).kind == "local"


@pytest.mark.parametrize("options", [("auto", None, None), (None, 2, None), (None, None, 0.5)])
def test_options_about_worker_processes_ask_for_them(options: tuple[str | None, int | None, float | None]) -> None:
    assert settings_of(None, *options).kind == "ray"
    with pytest.raises(InvalidRequestError, match=r"only with --workers ray"):
        settings_of("local", *options)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--workers", "slurm"], "Invalid value for '--workers'"),
        (["--worker-count", "0"], "Invalid value for '--worker-count'"),
        (["--worker-count", "two"], "Invalid value for '--worker-count'"),
        (["--worker-count", "2000"], "workers.count: 2000 is outside [1, 1024]"),
        (["--gpus-per-worker", "-1"], "Invalid value for '--gpus-per-worker'"),
        (["--workers", "ray", "--gpus-per-worker", "65"], "workers.gpus_per_worker: 65.0 is outside [0.0, 64.0]"),
        (["--workers", "local", "--worker-count", "2"], "--worker-count: 2 is not allowed; allowed: only with"),
        (["--workers", "local", "--ray-address", "auto"], "--ray-address: 'auto' is not allowed"),
        (["nowhere.yaml", "--workers", "ray"], "nowhere.yaml: cannot be read"),
    ],
)
def test_a_mistake_gets_one_clear_line(morphogen: Run, options: list[str], line: str) -> None:
    code, out, err = morphogen("serve", *options)
    assert (code, out, len(err.splitlines()), line in err) == (2, "", 1, True)
