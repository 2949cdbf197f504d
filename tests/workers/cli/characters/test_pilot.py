import pytest

from engine.requests.character.control import Control
from workers.cli.characters.pilot import SPEED_MAX_MPS, SPEED_STEP_MPS, TURN_DEG, Pilot

EVERYTHING = frozenset({"jump", "wave", "crawl"})


def test_arrows_change_speed_and_heading() -> None:
    pilot = Pilot(EVERYTHING)
    assert pilot.press("up") == Control(speed_mps=SPEED_STEP_MPS, action="")
    assert pilot.press("up") == Control(speed_mps=2 * SPEED_STEP_MPS, action="")
    assert pilot.press("left") == Control(heading_deg=TURN_DEG)
    assert pilot.press("right") == Control(heading_deg=0.0)


def test_speed_has_ends() -> None:
    pilot = Pilot(EVERYTHING)
    assert pilot.press("down") == Control(speed_mps=0.0, action="")
    controls = [pilot.press("up") for _ in range(20)]
    assert controls[-1] == Control(speed_mps=SPEED_MAX_MPS, action="")


def test_crawling_is_switched_on_and_off() -> None:
    pilot = Pilot(EVERYTHING)
    assert pilot.press("c") == Control(gait="crawl", action="")
    assert pilot.press("c") == Control(gait="", action="")


@pytest.mark.parametrize(("key", "action"), [(" ", "jump"), ("w", "wave")])
def test_actions_have_keys(key: str, action: str) -> None:
    assert Pilot(EVERYTHING).press(key) == Control(action=action)
    assert Pilot(frozenset()).press(key) is None


def test_other_keys_mean_nothing() -> None:
    assert Pilot(EVERYTHING).press("z") is None
