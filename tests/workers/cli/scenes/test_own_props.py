from pathlib import Path

import pytest

from engine.errors import InvalidRequestError
from workers.cli.scenes.own_props import MANIFEST, read_props


def folder(path: Path, manifest: str) -> Path:
    (path / MANIFEST).write_text(manifest)
    (path / "statue.glb").write_bytes(b"glTF")
    return path


def test_manifest_says_where_props_belong(tmp_path: Path) -> None:
    first = "statue: {densities: {forest: 2, alpine: 0.5}, scale_max: 1.5}\n"
    statue, other = read_props(folder(tmp_path, first + "other: {file: statue.glb, densities: {forest: 1}}\n"))
    assert (statue.name, dict(statue.densities), statue.scale_max) == ("statue", {"alpine": 0.5, "forest": 2.0}, 1.5)
    assert (other.name, other.glb, other.radius_m) == ("other", b"glTF", 1.0)
    assert read_props(None) == ()


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("", "for one prop or more"),
        ("[1, 2]", "for one prop or more"),
        ("a: [", "a YAML file that can be read"),
        ("statue: {}", "an object with densities"),
        ("statue: {densities: {forest: many}}", r"densities.forest: 'many' is not allowed; allowed: a number"),
        ("statue: {densities: {forest: 1}, radius: 2}", "'radius' is not allowed; allowed: file, densities, radius_m"),
        ("statue: {densities: {forest: 1}, radius_m: .nan}", "radius_m: nan is not allowed; allowed: 0.05 to 50"),
        ("statue: {densities: {forest: -1}}", "densities.forest: -1.0 is not allowed; allowed: 0 to 10000"),
        ("ghost: {densities: {forest: 1}}", "ghost.glb' is not allowed; allowed: a readable file"),
        ("'../x': {file: statue.glb, densities: {forest: 1}}", "1 to 64 letters, digits, _ and -"),
    ],
)
def test_manifest_that_cannot_be_used_is_refused(tmp_path: Path, manifest: str, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        read_props(folder(tmp_path, manifest))
