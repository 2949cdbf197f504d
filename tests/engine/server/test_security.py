"""Certificates and tokens, checked on loopback."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from engine.errors import SettingsError
from engine.server.security import bearer_tokens, server_credentials
from engine.settings.sections import ServerSettings, Settings, TlsSettings, TokenSettings
from morphogen.v1 import catalog_pb2, catalog_pb2_grpc

TOKEN = "correct-horse-battery"  # noqa: S105 (made up for this test)


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority, and a server's and a client's certificate signed by it."""
    folder = tmp_path_factory.mktemp("keys")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    authority = ("-x509", "-days", "2", "-subj", "/CN=test authority")
    openssl("req", *new_key, *authority, "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem")
    names = folder / "names"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n", encoding="ascii")
    for name in ("server", "client"):
        key, request, certificate = (f"{folder}/{name}.{kind}" for kind in ("key", "csr", "pem"))
        openssl("req", *new_key, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        signing = ("-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-days", "2")
        openssl("x509", "-req", "-in", request, *signing, "-extfile", str(names), "-out", certificate)
    return folder


def connect_with(keys: Path, *, certificate: bool) -> Any:
    authority = (keys / "ca.pem").read_bytes()
    if not certificate:
        return lambda address: grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(authority))
    own = ((keys / "client.key").read_bytes(), (keys / "client.pem").read_bytes())
    return lambda address: grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(authority, *own))


async def listing(channel: grpc.aio.Channel, token: str | None = None) -> Any:
    metadata = () if token is None else (("authorization", f"Bearer {token}"),)
    stub: Any = catalog_pb2_grpc.CatalogServiceStub(channel)
    return await stub.ListGenerators(catalog_pb2.ListGeneratorsRequest(), metadata=metadata, timeout=5)


def tls(keys: Path, *, mutual: bool) -> TlsSettings:
    return TlsSettings(keys / "server.pem", keys / "server.key", keys / "ca.pem" if mutual else None)


async def test_tls_with_token_lets_only_the_right_token_in(serve: Any, keys: Path, tmp_path: Path) -> None:
    token_file = tmp_path / "tokens"
    token_file.write_text(f"# people\n{TOKEN}\nanother-long-token-here\n", encoding="ascii")
    server = ServerSettings(port=0, tls=tls(keys, mutual=False), tokens=TokenSettings(file=token_file))
    serving = await serve(Settings(server=server), connect_with(keys, certificate=False))
    assert len((await listing(serving.channel, TOKEN)).generators) == 2
    assert len((await listing(serving.channel, "another-long-token-here")).generators) == 2
    for wrong in (None, "", TOKEN[:-1], TOKEN + "x"):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await listing(serving.channel, wrong)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    stub: Any = health_pb2_grpc.HealthStub(serving.channel)
    assert (await stub.Check(health_pb2.HealthCheckRequest())).status == health_pb2.HealthCheckResponse.SERVING


async def test_call_with_several_tokens_is_refused_whatever_their_order(serve: Any, tmp_path: Path) -> None:
    token_file = tmp_path / "tokens"
    token_file.write_text(f"{TOKEN}\n", encoding="ascii")
    serving = await serve(Settings(server=ServerSettings(port=0, tokens=TokenSettings(file=token_file))))
    good, forged = ("authorization", f"Bearer {TOKEN}"), ("authorization", "Bearer somebody-else")
    stub: Any = catalog_pb2_grpc.CatalogServiceStub(serving.channel)
    for metadata in ((good, forged), (forged, good), (good, good)):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.ListGenerators(catalog_pb2.ListGeneratorsRequest(), metadata=metadata, timeout=5)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert len((await listing(serving.channel, TOKEN)).generators) == 2


async def test_client_certificate_is_required_if_configured(serve: Any, keys: Path) -> None:
    settings = Settings(server=ServerSettings(port=0, tls=tls(keys, mutual=True)))
    serving = await serve(settings, connect_with(keys, certificate=True))
    assert len((await listing(serving.channel)).generators) == 2
    async with connect_with(keys, certificate=False)(serving.address) as stranger:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await listing(stranger)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    async with grpc.aio.insecure_channel(serving.address) as plain:
        with pytest.raises(grpc.aio.AioRpcError):
            await listing(plain)


def test_unusable_certificates_are_named(keys: Path, tmp_path: Path) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("junk", encoding="ascii")
    with pytest.raises(SettingsError, match=r"server\.tls\.certificate_file: .*none\.pem cannot be read"):
        server_credentials(TlsSettings(tmp_path / "none.pem", keys / "server.key"))
    with pytest.raises(SettingsError, match=r"server\.tls: .*junk\.pem and .* are not a PEM certificate"):
        server_credentials(TlsSettings(junk, keys / "server.key"))
    with pytest.raises(SettingsError, match=r"server\.tls: .* are not a PEM certificate and its"):
        server_credentials(TlsSettings(keys / "server.pem", keys / "client.key"))
    with pytest.raises(SettingsError, match=r"server\.tls\.client_ca_file: .*junk\.pem is not PEM"):
        server_credentials(TlsSettings(keys / "server.pem", keys / "server.key", junk))


def test_encrypted_key_is_refused_and_no_password_is_asked_for(keys: Path, tmp_path: Path) -> None:
    encrypted = tmp_path / "encrypted.key"
    openssl("pkey", "-in", f"{keys}/server.key", "-aes256", "-passout", "pass:secret", "-out", str(encrypted))
    with pytest.raises(SettingsError, match="its unencrypted private key"):
        server_credentials(TlsSettings(keys / "server.pem", encrypted))
    # Only in a terminal of its own does a process find somebody to ask.
    read = "from engine.server.security import *; from pathlib import Path; import sys; "
    read += "server_credentials(TlsSettings(Path(sys.argv[1]), Path(sys.argv[2])))"
    command = [sys.executable, "-c", read, f"{keys}/server.pem", str(encrypted)]
    terminal = [sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])", *command]
    with subprocess.Popen(terminal, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            told, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    assert "SettingsError: server.tls: " in told
    assert "pass phrase" not in told


def test_token_from_the_environment_is_taken() -> None:
    assert bearer_tokens(TokenSettings(environment="MINE"), {"MINE": f" {TOKEN}\n"}) == (TOKEN,)
    assert bearer_tokens(TokenSettings(), {}) == ()


@pytest.mark.parametrize(
    ("text", "message"), [("# nobody\n", "is empty"), ("short\n", "fewer than 16"), ("ümlaut-" * 5, "ASCII")]
)
def test_unusable_token_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "tokens"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        bearer_tokens(TokenSettings(file=path), {})


def test_missing_token_variable_is_named() -> None:
    with pytest.raises(SettingsError, match="the variable MINE is not set"):
        bearer_tokens(TokenSettings(environment="MINE"), {})
