"""Ranges and the rule about reachable hosts."""

from pathlib import Path
from typing import Any

import pytest

from engine.errors import SettingsError
from engine.settings.sections import (
    MetricsSettings,
    ServerSettings,
    SessionSettings,
    Settings,
    StoreSettings,
    TlsSettings,
    TokenSettings,
    TracingSettings,
    TransportSettings,
    WebSettings,
    WorkerSettings,
    WorkersSettings,
)

CERTIFICATE = TlsSettings(certificate_file=Path("c.pem"), private_key_file=Path("k.pem"))
MUTUAL = TlsSettings(Path("c.pem"), Path("k.pem"), Path("ca.pem"))
TOKENS = TokenSettings(environment="TOKEN")


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        (ServerSettings, {"port": 65536}, r"server\.port: 65536 is outside \[0, 65535\]"),
        (ServerSettings, {"port": -1}, r"server\.port: -1 is outside"),
        (ServerSettings, {"drain_timeout_s": -0.1}, r"server\.drain_timeout_s: -0\.1"),
        (ServerSettings, {"stream_limit_s": float("nan")}, r"server\.stream_limit_s: nan"),
        (SessionSettings, {"max_running": 0}, r"sessions\.max_running: 0"),
        (SessionSettings, {"idle_timeout_s": 0.5}, r"sessions\.idle_timeout_s: 0\.5"),
        (SessionSettings, {"migration_timeout_s": 0.0}, r"sessions\.migration_timeout_s: 0\.0"),
        (SessionSettings, {"resume_lifetime_s": 0.0}, r"sessions\.resume_lifetime_s: 0\.0"),
        (SessionSettings, {"hint_limit": -1}, r"sessions\.hint_limit: -1"),
        (StoreSettings, {"memory_bytes": -1}, r"store\.memory_bytes: -1"),
        (StoreSettings, {"disk_bytes": 1024}, r"store\.disk_bytes: 1024"),
        (WorkerSettings, {"batch_size": 257}, r"worker\.batch_size: 257"),
        (WorkerSettings, {"encoder_count": 0}, r"worker\.encoder_count: 0"),
        (WorkerSettings, {"step_timeout_s": 0.0}, r"worker\.step_timeout_s: 0\.0"),
        (WorkersSettings, {"kind": "kubernetes"}, r"workers\.kind: 'kubernetes' is not allowed; allowed: local, ray"),
        (WorkersSettings, {"count": 0}, r"workers\.count: 0"),
        (WorkersSettings, {"count": 3, "count_max": 2}, r"workers\.count_max: 2 is below workers\.count, 3"),
        (TracingSettings, {"sample_ratio": 1.1}, r"tracing\.sample_ratio: 1\.1"),
        (WorkerSettings, {"thread_count": 0}, r"worker\.thread_count: 0"),
        (MetricsSettings, {"port": 70000}, r"metrics\.port: 70000"),
        (WebSettings, {"port": 70000}, r"web\.port: 70000"),
        (WebSettings, {"max_connections": 0}, r"web\.max_connections: 0"),
        (TransportSettings, {"max_receive_bytes": 10}, r"server\.transport\.max_receive_bytes: 10"),
        (TlsSettings, {"certificate_file": Path("c.pem")}, r"server\.tls: certificate_file and private_key_file"),
        (TlsSettings, {"client_ca_file": Path("ca.pem")}, r"server\.tls\.client_ca_file: needs"),
    ],
)
def test_value_outside_its_range_is_refused(section: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        section(**values)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_security(host: str) -> None:
    assert ServerSettings(host=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org"])  # noqa: S104 (refused here)
@pytest.mark.parametrize(
    "security", [{}, {"tls": CERTIFICATE}, {"tokens": TOKENS}], ids=["nothing", "tls alone", "tokens alone"]
)
def test_reachable_host_without_encryption_and_authentication_is_refused(host: str, security: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"reachable from other machines.*insecure: true"):
        ServerSettings(host=host, **security)


@pytest.mark.parametrize(
    "security",
    [
        {"tls": MUTUAL},
        {"tls": CERTIFICATE, "tokens": TOKENS},
        {"tls": CERTIFICATE, "tokens": TokenSettings(operators_file=Path("operators"))},
        {"insecure": True},
    ],
)
def test_reachable_host_is_allowed_with_security_or_on_request(security: dict[str, Any]) -> None:
    assert ServerSettings(host="0.0.0.0", **security).port == 50051  # noqa: S104 (what is being allowed)


@pytest.mark.parametrize("security", [{}, {"tls": CERTIFICATE}, {"tokens": TOKENS}, {"insecure": True}])
def test_web_port_that_others_reach_wants_encryption_and_authentication_too(security: dict[str, Any]) -> None:
    server = ServerSettings(**security)
    with pytest.raises(SettingsError, match=r"^web\.host: 0\.0\.0\.0 is reachable.*insecure: true"):
        Settings(server=server, web=WebSettings(host="0.0.0.0", port=8080))  # noqa: S104 (refused here)
    Settings(server=server, web=WebSettings(host="0.0.0.0"))  # noqa: S104 (not opened)
    Settings(server=server, web=WebSettings(host="0.0.0.0", port=8080, insecure=True))  # noqa: S104 (on request)


def test_web_port_that_others_reach_takes_the_servers_security() -> None:
    server = ServerSettings(tls=CERTIFICATE, tokens=TOKENS)
    assert Settings(server=server, web=WebSettings(host="::", port=8080)).web.port == 8080
