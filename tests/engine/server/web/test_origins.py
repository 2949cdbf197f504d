"""Which pages may call."""

from pathlib import Path
from typing import Any

import pytest

from engine.errors import SettingsError
from engine.server.web.origins import Origins
from engine.settings.sections import ServerSettings, TokenSettings, WebSettings

STUDIO, OTHER = "https://studio.example", "https://other.example"
LIST = "/morphogen.v1.CatalogService/ListGenerators"
ASKING = {"access-control-request-method": "POST", "access-control-request-headers": "content-type, x-grpc-web"}


async def test_allowed_page_is_told_before_and_with_the_response(serve_web: Any) -> None:
    site = await serve_web(web=WebSettings(port=0, origins=(STUDIO,)))
    asked = await site.client.options(LIST, headers={"origin": STUDIO, **ASKING})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == STUDIO
    assert "POST" in asked.headers["access-control-allow-methods"]
    allowed = asked.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "content-type", "x-grpc-web", "grpc-timeout", "connect-protocol-version"} <= set(allowed)
    answered = await site.client.post(LIST, json={}, headers={"origin": STUDIO})
    assert answered.status_code == 200
    assert answered.headers["access-control-allow-origin"] == STUDIO
    assert "grpc-status-details-bin" in answered.headers["access-control-expose-headers"]
    assert "origin" in answered.headers.get_list("vary")


async def test_errors_can_be_read_by_an_allowed_page_too(serve_web: Any) -> None:
    site = await serve_web(web=WebSettings(port=0, origins=(STUDIO,)))
    for request in (("POST", "/morphogen.v1.X/Y"), ("PUT", LIST), ("GET", "/nothing")):
        response = await site.client.request(*request, headers={"origin": STUDIO})
        assert response.status_code >= 400
        assert response.headers["access-control-allow-origin"] == STUDIO


@pytest.mark.parametrize(
    "origin", [OTHER, "null", "http://studio.example", STUDIO + ".evil.example", STUDIO.upper(), "http://[bad"]
)
async def test_other_pages_are_refused_before_anything_is_done(serve_web: Any, origin: str) -> None:
    site = await serve_web(web=WebSettings(port=0, origins=(STUDIO,)))
    asked = await site.client.options(LIST, headers={"origin": origin, **ASKING})
    assert asked.status_code == 403
    answered = await site.client.post(LIST, json={}, headers={"origin": origin})
    assert answered.status_code == 403
    assert answered.json()["code"] == "permission_denied"
    for response in (asked, answered):
        assert "access-control-allow-origin" not in response.headers
    assert "CatalogService" not in (await site.client.get("/metrics")).text


async def test_pages_of_the_port_itself_and_programs_need_no_leave(serve_web: Any) -> None:
    site = await serve_web()
    assert (await site.client.post(LIST, json={}, headers={"origin": site.url})).status_code == 200
    assert (await site.client.post(LIST, json={})).status_code == 200


async def test_every_page_may_call_if_the_settings_say_so(serve_web: Any) -> None:
    site = await serve_web(web=WebSettings(port=0, origins=("*",)))
    response = await site.client.post(LIST, json={}, headers={"origin": OTHER, "host": "anything.example"})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, "*")


async def test_name_that_points_here_is_not_taken_for_the_servers_own(serve_web: Any, tmp_path: Path) -> None:
    site = await serve_web(web=WebSettings(port=0, origins=(STUDIO,)))
    for host in ("rebound.example", "rebound.example:80", "localhost.rebound.example", "[bad"):
        response = await site.client.post(LIST, json={}, headers={"origin": f"http://{host}", "host": host})
        assert response.status_code == 421
        assert "web.origins" in response.text
    for host in (
        "localhost",
        "localhost:81",
        "app.localhost",
        "127.0.0.1:1",
        "[::1]:80",
        "192.0.2.7",
        "studio.example",
    ):
        assert (await site.client.post(LIST, json={}, headers={"host": host})).status_code == 200
    (tmp_path / "tokens").write_text("correct-horse-battery\n", encoding="ascii")
    guarded = await serve_web(server=ServerSettings(port=0, tokens=TokenSettings(file=tmp_path / "tokens")))
    response = await guarded.client.post(LIST, json={}, headers={"host": "rebound.example"})
    assert response.status_code == 401  # the token decides


def test_public_page_may_reach_a_private_machine_once_it_is_allowed() -> None:
    origins = Origins((STUDIO,), any_host=False)
    asking = {"origin": STUDIO, "access-control-request-private-network": "true"}
    assert (b"access-control-allow-private-network", b"true") in origins.preflight_headers(asking)
    assert (b"access-control-allow-private-network", b"true") not in origins.preflight_headers({"origin": STUDIO})


@pytest.mark.parametrize(
    "origin", ["studio.example", "https://studio.example/", "https://*.example", "null", "https://"]
)
def test_origin_that_is_none_is_refused(origin: str) -> None:
    with pytest.raises(SettingsError, match=r"web\.origins: .* is no origin"):
        WebSettings(origins=(origin,))
