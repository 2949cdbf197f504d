"""The static folder."""

from pathlib import Path
from typing import Any

import pytest

from engine.errors import SettingsError
from engine.settings.sections import WebSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret")
    site = tmp_path / "site"
    (site / "empty").mkdir(parents=True)
    (site / "page").mkdir()
    (site / "index.html").write_text("<h1>start</h1>")
    (site / "page" / "index.html").write_text("<h1>page</h1>")
    (site / "page" / "app.js").write_text("export const one = 1;")
    (site / "model.glb").write_bytes(b"glTF" + bytes(200_000))
    (site / "unknown.blob").write_bytes(b"\0")
    (site / ".env").write_text("secret")
    (site / "\u00e4 b.txt").write_text("named")
    (site / "link.txt").symlink_to(tmp_path / "secret.txt")
    (site / "away").symlink_to(tmp_path)
    return site


@pytest.fixture
async def site(serve_web: Any, folder: Path) -> Any:
    return await serve_web(web=WebSettings(port=0, static_folder=folder))


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/page/", "text/html; charset=utf-8"),
        ("/page/app.js", "text/javascript; charset=utf-8"),
        ("/model.glb", "model/gltf-binary"),
        ("/unknown.blob", "application/octet-stream"),
        ("/%C3%A4%20b.txt", "text/plain; charset=utf-8"),
    ],
)
async def test_file_comes_with_its_media_type(site: Any, path: str, media_type: str) -> None:
    response = await site.client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/page/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/page/..%2f..%2fsecret.txt",
     "//secret.txt", "/%2fetc/passwd", "/etc/passwd", "/..%5csecret.txt", "/link.txt", "/away/secret.txt", "/.env",
     "/page/../.env", "/%00", "/index.html%00.png", "/empty", "/empty/", "/nothing", "/page/app.js/x",
     "/" + "x" * 5000],
)  # fmt: skip
async def test_nothing_else_is_served_and_no_folder_listed(site: Any, path: str) -> None:
    async with site.connected() as (reader, writer):
        writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())
        answer = await reader.read()
    assert answer.split()[1] == b"404"
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2]


async def test_unchanged_file_is_not_sent_again(site: Any) -> None:
    first = await site.client.get("/model.glb")
    assert len(first.content) == 200_004
    again = await site.client.get("/model.glb", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = await site.client.get("/model.glb", headers={"range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"glTF")
    head = await site.client.head("/model.glb")
    assert (head.headers["content-length"], head.content) == ("200004", b"")


async def test_folder_without_a_slash_leads_to_its_page(site: Any) -> None:
    response = await site.client.get("/page")
    assert response.status_code == 307
    assert response.headers["location"].endswith("/page/")


async def test_files_need_no_token_and_hide_no_method(site: Any) -> None:
    listed = await site.client.post("/morphogen.v1.CatalogService/ListGenerators", json={})
    assert listed.status_code == 200
    assert (await site.client.get("/healthz")).text == "ok\n"
    assert (await site.client.delete("/index.html")).status_code == 405


async def test_missing_folder_is_named(serve_web: Any, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"web\.static_folder: .*none is no folder"):
        await serve_web(web=WebSettings(port=0, static_folder=tmp_path / "none"))
