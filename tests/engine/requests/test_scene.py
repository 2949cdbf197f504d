"""What scenes and a user's own props refuse, and their canonical text."""

import json
from typing import Any

import pytest

from engine.errors import InvalidRequestError
from engine.requests.landscape import Landscape
from engine.requests.scene import OWN_PROP_MAX_BYTES, OwnProp, SceneRequest

NAN, INFINITY = float("nan"), float("inf")
PROP = OwnProp("statue", b"glb", {"forest": 5.0})


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("extent_m", {"extent_m": 0.0}),
        ("extent_m", {"extent_m": -512.0}),
        ("extent_m", {"extent_m": NAN}),
        ("extent_m", {"extent_m": INFINITY}),
        ("extent_m", {"extent_m": 5000.0}),
        ("extent_m", {"extent_m": 600.0, "landscape": Landscape(cell_m=0.5)}),  # more than 1,024 cells
        ("extent_m", {"extent_m": 512.0, "landscape": Landscape(cell_m=32.0)}),  # fewer than 32
        ("x_m", {"x_m": 2.0**33, "z_m": 0.0}),
        ("x_m", {"x_m": NAN, "z_m": 0.0}),
        ("z_m", {"x_m": 0.0, "z_m": -INFINITY}),
        ("x_m, z_m", {"x_m": 1.0}),
        ("x_m, z_m", {"z_m": 1.0}),
        ("hour", {"hour": -1.0}),
        ("hour", {"hour": 24.5}),
        ("hour", {"hour": NAN}),
        ("prop_density", {"prop_density": -0.1}),
        ("prop_density", {"prop_density": NAN}),
        ("prop_limit", {"prop_limit": -1}),
        ("prop_limit", {"prop_limit": 10**9}),
        ("texture_px", {"texture_px": 1000}),
        ("texture_px", {"texture_px": 0}),
        ("own_props", {"own_props": (PROP, PROP)}),
        ("own_props", {"own_props": tuple(OwnProp(f"p{i}", b"g", {"forest": 1.0}) for i in range(33))}),
        (
            "own_props",
            {"own_props": tuple(OwnProp(f"p{i}", bytes(OWN_PROP_MAX_BYTES), {"forest": 1.0}) for i in range(4))},
        ),
    ],
)
def test_values_outside_their_range_are_refused_by_name(field: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        SceneRequest(**arguments)
    assert refusal.value.field == field
    assert refusal.value.allowed


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("own_props.name", {"name": ""}),
        ("own_props.name", {"name": "../hut"}),
        ("own_props.name", {"name": "hütte"}),
        ("own_props.name", {"name": "x" * 65}),
        ("own_props.statue.glb", {"glb": b""}),
        ("own_props.statue.glb", {"glb": bytes(OWN_PROP_MAX_BYTES + 1)}),
        ("own_props.statue.densities", {"densities": {}}),
        ("own_props.statue.densities.forest", {"densities": {"forest": NAN}}),
        ("own_props.statue.densities.forest", {"densities": {"forest": -1.0}}),
        ("own_props.statue.densities.forest", {"densities": {"forest": 1e9}}),
        ("own_props.statue.radius_m", {"radius_m": 0.0}),
        ("own_props.statue.radius_m", {"radius_m": NAN}),
        ("own_props.statue.slope_max", {"slope_max": 9.0}),
        ("own_props.statue.scale_min", {"scale_min": 0.0}),
        ("own_props.statue.scale_max", {"scale_min": 2.0, "scale_max": 1.0}),
        ("own_props.statue.leans", {"leans": 2.0}),
    ],
)
def test_own_props_that_cannot_be_placed_are_refused(field: str, changed: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"name": "statue", "glb": b"glb", "densities": {"forest": 5.0}} | changed
    with pytest.raises(InvalidRequestError) as refusal:
        OwnProp(**arguments)
    assert refusal.value.field == field


def test_equal_requests_have_one_text_and_different_ones_do_not() -> None:
    assert SceneRequest(hour=15).canonical() == SceneRequest(hour=15.0).canonical()
    changed: tuple[dict[str, Any], ...] = (
        {"landscape": Landscape(1)},
        {"extent_m": 256.0},
        {"x_m": 0.0, "z_m": 0.0},
        {"hour": 9.0},
        {"prop_density": 2.0},
        {"prop_limit": 10},
        {"texture_px": 256},
        {"builtin_props": False},
        {"own_props": (PROP,)},
        {"own_props": (OwnProp("statue", b"other", {"forest": 5.0}),)},
    )
    texts = {SceneRequest(**arguments).canonical() for arguments in ({}, *changed)}
    assert len(texts) == len(changed) + 1
    assert json.loads(SceneRequest(own_props=(PROP,)).canonical())["own_props"][0]["name"] == "statue"


def test_the_largest_and_the_smallest_scene_are_allowed() -> None:
    assert SceneRequest(extent_m=32.0, landscape=Landscape(cell_m=1.0)).extent_m == 32.0
    assert SceneRequest(extent_m=4096.0, landscape=Landscape(cell_m=4.0)).extent_m == 4096.0
