import math
from typing import Any

import pytest

from engine.errors import InvalidRequestError
from engine.requests.character.identity import CharacterRequest, IdentityRequest, Who


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"seed": 2**32}, "identity.seed"),
        ({"sliders": {"height": 1.5}}, "identity.sliders.height"),
        ({"sliders": {"height": math.nan}}, "identity.sliders.height"),
        ({"colors": {"hair": "red"}}, "identity.colors.hair"),
        ({"parts": {str(number): "none" for number in range(33)}}, "identity.parts"),
    ],
)
def test_identities_out_of_range_are_refused_by_name(wanted: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        IdentityRequest(**wanted)
    assert caught.value.field == field


def test_order_of_names_and_case_of_colors_do_not_matter() -> None:
    first = CharacterRequest(Who(IdentityRequest(sliders={"b": 0.0, "a": 1}, colors={"hair": "#FFAA00"})))
    second = CharacterRequest(Who(IdentityRequest(sliders={"a": 1.0, "b": -0.0}, colors={"hair": "#ffaa00"})))
    assert first.canonical() == second.canonical()


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(InvalidRequestError, match=r"blend\.share"):
        Who(IdentityRequest(), IdentityRequest(1), share)


def test_files_out_of_range_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="clips"):
        CharacterRequest(clips=("walk", "walk"))
    with pytest.raises(InvalidRequestError, match="preview_px"):
        CharacterRequest(preview_px=2000)
