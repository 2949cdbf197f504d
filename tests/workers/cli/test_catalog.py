"""`morphogen catalog` towards a server."""

import io
import json
from collections.abc import Callable

from rich.console import Console

from engine.assets import GeneratorInfo, ParameterInfo
from workers.cli.catalog import show

Run = Callable[..., tuple[int, str, str]]


def test_catalog_lists_classes_sliders_and_patterns_with_ranges(address: str, morphogen: Run) -> None:
    code, out, err = morphogen("catalog", "--server", address)
    assert (code, err) == (0, "")
    for text in ("flat", "stone, brick, wood", "roughness", "0 to 1", "hexagons", "(rows)"):
        assert text in out
    assert "A stub." not in out


def test_one_generator_comes_with_its_model_card(address: str, morphogen: Run) -> None:
    code, out, _ = morphogen("catalog", "flat", "--server", address)
    assert (code, "A stub." in out) == (0, True)


def test_one_pattern_is_explained(address: str, morphogen: Run) -> None:
    code, out, _ = morphogen("catalog", "--pattern", "hexagons", "--server", address)
    assert code == 0
    for text in ("six-sided tiles", "rows", "1 to 16 cells per tile", "default 4", "row count"):
        assert text in out


def test_one_pattern_is_not_json(address: str, morphogen: Run) -> None:
    code, out, err = morphogen("catalog", "--pattern", "hexagons", "--json", "--server", address)
    assert (code, out, err) == (2, "", "morphogen: --json: has all patterns; only without --pattern\n")


def test_unknown_pattern_lists_the_known_ones(address: str, morphogen: Run) -> None:
    code, _, err = morphogen("catalog", "--pattern", "hexagon", "--server", address)
    assert code == 2
    assert err == "morphogen: --pattern: 'hexagon' is not allowed; allowed: hexagons; did you mean 'hexagons'?\n"


def test_json_is_one_document(address: str, morphogen: Run) -> None:
    code, out, _ = morphogen("catalog", "--json", "--server", address)
    (generator,) = json.loads(out)["generators"]
    assert (code, generator["name"], generator["classes"]) == (0, "flat", ["stone", "brick", "wood"])
    assert generator["patterns"][0]["parameters"][0]["maximum"] == 16


def test_unknown_generator_lists_the_known_ones(address: str, morphogen: Run) -> None:
    code, out, err = morphogen("catalog", "flap", "--server", address)
    assert (code, out) == (2, "")
    assert err == "morphogen: GENERATOR: 'flap' is not allowed; allowed: flat, probe; did you mean 'flat'?\n"


def test_levels_scenes_and_chunks_are_told_in_their_own_words() -> None:
    def told(asset_kind: str, sizes: tuple[int, ...]) -> str:
        attributes = (ParameterInfo("rooms", 1, 24, None, "", "Rooms"),)
        info = GeneratorInfo(asset_kind, "some", "1", "S", "ab" * 32, "none", ("caves",), sizes, attributes=attributes)
        console = Console(record=True, width=120, file=io.StringIO())
        show(console, info)
        return console.export_text()

    level = told("level", tuple(range(16, 65)))
    assert "styles" in level
    assert "16 to 64 cells" in level
    assert "options of `morphogen level`" in level
    assert "biomes" in told("scene", (256, 512))
    assert "256 px of the ground, 512 px of the ground" in told("scene", (256, 512))
    assert "33 vertices, 65 vertices" in told("chunk", (33, 65))
