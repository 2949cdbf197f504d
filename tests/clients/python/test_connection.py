"""How one gets in: tokens, certificates."""

import pytest

from morphogen_client import Client, InvalidRequestError, Tls


@pytest.mark.parametrize(
    "server",
    ["example.org:50051", "127.0.0.1.example.org:1", "127.example.org", "localhost.example.org:1", "10.0.0.1:1", "0:1"],
)
def test_token_never_travels_in_the_clear_beyond_this_machine(server: str) -> None:
    with pytest.raises(InvalidRequestError, match="a token without TLS"):
        Client(server, token="secret")  # noqa: S106


@pytest.mark.parametrize(
    "server", ["127.0.0.1:1", "127.1.2.3", "localhost:1", "[::1]:1", "ipv4:127.0.0.1:1", "unix:/x"]
)
def test_token_travels_in_the_clear_on_this_machine(server: str) -> None:
    Client(server, token="secret").close()  # noqa: S106


def test_half_a_pair_of_client_files_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="client_key and client_certificate together, or neither"):
        Tls(client_key=b"key")


def test_server_without_a_name_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="server: '' is not allowed; allowed: HOST:PORT"):
        Client("")
