"""What a run of the motion panel found: figures per set, and the outcome in one word."""

from dataclasses import asdict, dataclass
from typing import Any

from engine.training.motion.panel.measures import Soundness
from engine.training.motion.panel.players import Obedience

STEPPED_SESSIONS = 64


@dataclass(frozen=True, slots=True)
class PanelSize:
    """How much is measured.

    seed     of every random choice
    count    sequences per set
    seconds  per sequence
    minutes  of the long rollout of every action
    """

    seed: int = 0
    count: int = 32
    seconds: float = 20.0
    minutes: float = 10.0


@dataclass(frozen=True, slots=True)
class SetFigures:
    """Figures of one set of sequences, compared with the reference half of captured motion."""

    sound: Soundness
    frechet: float
    kernel: float
    kernel_error: float
    spread: float
    nearest: float


@dataclass(frozen=True, slots=True)
class LongRollout:
    """One action for minutes: surprise in nats against the level of captured poses, share of frames beyond it."""

    action: str
    style: str
    level: float
    first_minute: float
    last_minute: float
    unlikely_share: float


@dataclass(frozen=True, slots=True)
class Panel:
    """All figures, and the outcome in one word: pass, fail or inconclusive."""

    sets: dict[str, SetFigures]
    obedience: dict[str, Obedience]
    rollouts: tuple[LongRollout, ...]
    divergence: float
    one_ms: float
    many_ms: float
    missed: tuple[str, ...]
    blind_to: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """Inconclusive where a control looks like captured motion; fail where something was missed."""
        return "inconclusive" if self.blind_to else "fail" if self.missed else "pass"

    def document(self) -> dict[str, Any]:
        """The panel as JSON values."""
        return asdict(self) | {"outcome": self.outcome}

    def lines(self) -> list[str]:
        """The panel as text."""
        text = ["set              skate cm/s  sliding  jerk  sunk cm  beyond  frechet  kernel (s.e.)  spread  nearest"]
        for name, row in self.sets.items():
            sound = row.sound
            text.append(
                f"{name:16} {sound.skate_cm_s:10.2f}  {sound.sliding:7.3f}  {sound.jerk:4.0f}  {sound.sunk_cm:7.3f}  "
                f"{sound.beyond:6.3f}  {row.frechet:7.2f}  {row.kernel:6.3f} ({row.kernel_error:.3f})  "
                f"{row.spread:6.2f}  {row.nearest:7.2f}"
            )
        text.append("system           velocity error m/s  heading error rad  latency s")
        for name, told in self.obedience.items():
            text.append(f"{name:16} {told.velocity_mps:18.3f}  {told.heading_rad:17.3f}  {told.latency_s:9.2f}")
        text.append("long rollout      level  first minute  last minute  beyond the level")
        text += [
            f"{row.action:8} {row.style:8} {row.level:6.1f}  {row.first_minute:12.1f}  {row.last_minute:11.1f}  "
            f"{row.unlikely_share:.3f}"
            for row in self.rollouts
        ]
        text.append(f"divergence {self.divergence:.3f} nats per dimension")
        text.append(f"step of 1 session {self.one_ms:.2f} ms, of {STEPPED_SESSIONS} {self.many_ms:.2f} ms")
        text += [f"missed: {name}" for name in self.missed] + [f"blind to: {name}" for name in self.blind_to]
        return [*text, f"outcome: {self.outcome}"]
