"""From keys to what a character is told."""

from dataclasses import dataclass, field

from engine.requests.character.control import Control

SPEED_STEP_MPS, SPEED_MAX_MPS = 0.7, 4.2
TURN_DEG = 15.0
CAMERA_DEG = 15.0
QUIT = "q"
HELP = "arrows: faster, slower, turn   a d: camera   space: jump   w: wave   c: crawl   s: stand   q, Esc: quit"

_ACTIONS = {" ": "jump", "w": "wave"}


@dataclass(slots=True)
class Pilot:
    """What the keys so far add up to.

    known  actions and gaits that the character has
    """

    known: frozenset[str]
    speed_mps: float = 0.0
    heading_deg: float = 0.0
    camera_yaw_deg: float = 35.0
    pressed: dict[str, str] = field(default_factory=dict)

    def press(self, key: str) -> Control | None:
        """What the character is told after this key; None if it means nothing."""
        match key:
            case "up" | "down":
                step = SPEED_STEP_MPS if key == "up" else -SPEED_STEP_MPS
                self.speed_mps = min(max(self.speed_mps + step, 0.0), SPEED_MAX_MPS)
                return Control(speed_mps=self.speed_mps, action="")
            case "left" | "right":
                self.heading_deg += TURN_DEG if key == "left" else -TURN_DEG
                return Control(heading_deg=self.heading_deg)
            case "a" | "d":
                self.camera_yaw_deg += CAMERA_DEG if key == "d" else -CAMERA_DEG
                return Control(camera_yaw_deg=self.camera_yaw_deg)
            case "s":
                self.speed_mps = 0.0
                return Control(speed_mps=0.0, action="", gait="")
            case "c" if "crawl" in self.known:
                self.pressed["gait"] = "" if self.pressed.get("gait") else "crawl"
                return Control(gait=self.pressed["gait"], action="")
            case _ if _ACTIONS.get(key) in self.known:
                return Control(action=_ACTIONS[key])
        return None

    def told(self) -> Control:
        """Where it begins."""
        return Control(camera_yaw_deg=self.camera_yaw_deg)
