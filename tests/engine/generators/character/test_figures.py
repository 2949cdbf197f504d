import numpy as np
import pytest

from engine.characters.identity import SLIDERS, make_identity
from engine.errors import InvalidRequestError
from engine.generators.character.figures import ParametricFigures
from engine.generators.character.pose import pose_numbers, pose_parts
from engine.motion.pose import Poses, joint_positions, rest_poses
from engine.requests.character.identity import IdentityRequest, Who

FIGURES = ParametricFigures()


def who(**wanted: object) -> Who:
    return Who(IdentityRequest(**wanted))  # type: ignore[arg-type]


def test_seed_alone_gives_the_character_of_the_seed() -> None:
    assert FIGURES.figure(who(seed=12)).identity == make_identity(12)


def test_what_is_set_is_set_and_the_rest_is_the_seeds() -> None:
    wanted = who(
        seed=4, kind="goblin", sliders={"height": 0.9}, parts={"headwear": "crown"}, colors={"hair": "#ff8000"}
    )
    identity, drawn = FIGURES.figure(wanted).identity, make_identity(4, "goblin")
    assert (identity.kind, identity.slider("height"), identity.part("headwear")) == ("goblin", 0.9, "crown")
    assert identity.palette.colors[1] == pytest.approx((1.0, 128 / 255, 0.0))
    assert [identity.slider(name) for name in SLIDERS[1:]] == [drawn.slider(name) for name in SLIDERS[1:]]


@pytest.mark.parametrize(
    ("wanted", "field", "allowed"),
    [
        ({"kind": "elf"}, "identity.kind", "goblin"),
        ({"sliders": {"width": 0.5}}, "identity.sliders.width", "height"),
        ({"parts": {"hat": "crown"}}, "identity.parts.hat", "headwear"),
        ({"parts": {"headwear": "sombrero"}}, "identity.parts.headwear", "crown"),
        ({"colors": {"eyes": "#000000"}}, "identity.colors.eyes", "hair"),
    ],
)
def test_unknown_names_are_refused_with_those_that_exist(wanted: dict[str, object], field: str, allowed: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        FIGURES.figure(who(**wanted))
    assert caught.value.field == field
    assert allowed in caught.value.allowed


def test_other_half_of_a_blend_is_named_as_such() -> None:
    blend = Who(IdentityRequest(1), IdentityRequest(2, kind="elf"), 0.5)
    with pytest.raises(InvalidRequestError, match=r"blend\.identity\.kind"):
        FIGURES.figure(blend)


def test_blend_lies_between() -> None:
    first, second = make_identity(1), make_identity(2)
    middle = FIGURES.figure(Who(IdentityRequest(1), IdentityRequest(2), 0.5)).identity
    for name in SLIDERS:
        assert middle.slider(name) == pytest.approx((first.slider(name) + second.slider(name)) / 2)
    assert FIGURES.figure(Who(IdentityRequest(1), IdentityRequest(2), 0.0)).identity.parts == first.parts


def test_own_pose_stands_on_the_ground_with_the_described_proportions() -> None:
    figure = FIGURES.figure(who(seed=5, sliders={"height": 1.0, "leg_length": 1.0}))
    description = FIGURES.description(figure)
    rest = rest_poses(1)
    numbers = pose_numbers(rest.root_m, rest.rotation, rest.contact)
    own = Poses(*pose_parts(FIGURES.own_pose(figure, numbers[0])[None]))
    offsets = np.array(description["rest_offset_m"], np.float32)
    position = joint_positions(own, offsets)[0]
    assert position[:, 1].min() == pytest.approx(float(description["root_lift_m"]), abs=0.02)  # type: ignore[arg-type]
    assert len(description["joints"]) == len(description["parents"]) == 19  # type: ignore[arg-type]


def test_described_identity_asks_for_the_same_character() -> None:
    figure = FIGURES.figure(who(seed=9))
    identity = FIGURES.description(figure)["identity"]
    again = FIGURES.figure(who(**identity))  # type: ignore[arg-type]
    assert again.identity.parts == figure.identity.parts
    assert np.allclose(again.identity.palette.array(), figure.identity.palette.array(), atol=1 / 500)
