"""Reading YAML and the environment."""

from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from engine.errors import SettingsError
from engine.settings.file import load_settings
from engine.settings.sections import Settings

EXAMPLE = Path(__file__).parents[3] / "configs" / "serve.yaml"


def load(tmp_path: Path, text: str, **environment: str) -> Settings:
    path = tmp_path / "serve.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, environment)


def test_without_file_and_environment_all_defaults_hold() -> None:
    assert load_settings(None, {"PATH": "/bin"}) == Settings()


def test_documented_example_says_the_defaults() -> None:
    assert load_settings(EXAMPLE, {}) == Settings()


def test_documented_example_lists_every_setting() -> None:
    listed = asdict(Settings())
    listed["web"]["origins"] = []  # YAML has no tuples
    assert yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")) == listed


def test_environment_overrides_the_file(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "server: {port: 1, reflection: true}\nlog: {format: json}",
        MORPHOGEN__SERVER__PORT="0",
        MORPHOGEN__SERVER__TLS__CERTIFICATE_FILE="c.pem",
        MORPHOGEN__SERVER__TLS__PRIVATE_KEY_FILE="k.pem",
        MORPHOGEN__WORKER__THREAD_COUNT="2",
    )
    assert (settings.server.port, settings.server.reflection, settings.log.format) == (0, True, "json")
    assert settings.server.tls.certificate_file == Path("c.pem")
    assert settings.worker.thread_count == 2


def test_paths_in_the_file_count_from_its_folder(tmp_path: Path) -> None:
    settings = load(tmp_path, "server: {ready_file: run/ready}\nworker: {texture_weights: /w/x.safetensors}")
    assert settings.server.ready_file == tmp_path / "run" / "ready"
    assert settings.worker.texture_weights == Path("/w/x.safetensors")
    assert load(tmp_path, "store: {disk_folder: assets}").store.disk_folder == tmp_path / "assets"
    assert load(tmp_path, "sessions: {resume_keys_file: keys}").sessions.resume_keys_file == tmp_path / "keys"


def test_whole_number_is_taken_for_a_fraction(tmp_path: Path) -> None:
    assert load(tmp_path, "server: {drain_timeout_s: 3}").server.drain_timeout_s == 3.0


@pytest.mark.parametrize("text", ["", "server:", "server: {tls: }"])
def test_empty_sections_mean_defaults(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text) == Settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sever: {port: 1}", "^sever: unknown key; known: log, metrics, server"),
        ("server: {prot: 1}", r"^server\.prot: unknown key; known: .*port"),
        ("server: {tls: {cert: x}}", r"^server\.tls\.cert: unknown key"),
        ("server: {port: 'x'}", r"^server\.port: expected int, got 'x'"),
        ("server: {port: true}", r"^server\.port: expected int, got True"),
        ("server: {port: 1.5}", r"^server\.port: expected int, got 1\.5"),
        ("server: {port: }", r"^server\.port: expected int, got None"),
        ("server: {insecure: 1}", r"^server\.insecure: expected bool, got 1"),
        ("server: {ready_file: 3}", r"^server\.ready_file: expected Path, got 3"),
        ("server: {port: 99999}", r"^server\.port: 99999 is outside"),
        ("server: 5", "^server: expected a mapping"),
        ("log: {format: xml}", r"^log\.format: 'xml' is not allowed; allowed: console, json"),
        ("workers: {kind: slurm}", r"^workers\.kind: 'slurm' is not allowed; allowed: local, ray"),
        ("workers: {count: 3, count_max: 2}", r"^workers\.count_max: 2 is below workers\.count, 3"),
        ("worker: {precision: fp16}", r"^worker\.precision: 'fp16' is not allowed; allowed: auto, fp32, bf16"),
        ("- a\n- b", "must hold a mapping"),
        ("server: {", "is not YAML"),
        ("server: {host: 2026-13-45}", "is not YAML"),
        pytest.param("server: {port: " + "9" * 5000 + "}", "is not YAML", id="endless number"),
        pytest.param("[" * 5000, "is not YAML", id="endless nesting"),
        ("1: 2", "^1: unknown key"),
    ],
)
def test_mistake_is_named_with_its_dotted_path(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("MORPHOGEN__SERVER__PROT", "1", r"^server\.prot: unknown key"),
        ("MORPHOGEN__SERVER__PORT", "[", r"^server\.port: '\[' in MORPHOGEN__SERVER__PORT"),
        ("MORPHOGEN__SERVER__HOST", "2026-13-45", r"^server\.host: '2026-13-45' in MORPHOGEN__SERVER__HOST"),
        ("MORPHOGEN__SERVER__PORT__DEEP", "1", r"^server\.port: is no section"),
        ("MORPHOGEN__SERVER", "1", "^server: expected a mapping"),
    ],
)
def test_mistake_in_the_environment_is_named(tmp_path: Path, variable: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load(tmp_path, "server: {port: 1}", **{variable: value})


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml: cannot be read"):
        load_settings(tmp_path / "none.yaml", {})
