"""One session inside a worker: its generator's state, its parts on their way, and what has been delivered."""

from collections.abc import Iterator
from typing import Any

from engine.assets import Draft, Part
from engine.errors import InvalidRequestError
from engine.generators.protocol import Generator, Steerable, StepKinds
from engine.runtime.encoding import EncodingQueue, Position, Readied
from engine.runtime.messages import AssetSummary, Delivery, Open, ResumePoint, SealedPart, Tally


class RunningSession:
    """Used by the loop's thread only.

    Raises what the generator's `begin` or `resume` raises.

    opened_at_s    on the loop's clock
    dropped_count  parts of a LIVE session that newer ones replaced, made or not; whoever counts them sets it back to 0
    """

    def __init__(
        self, command: Open, generator: Generator[Any, Any], encodings: EncodingQueue, opened_at_s: float
    ) -> None:
        point = command.resume_point
        self.generator = generator
        self._request = command.request
        self.trace = command.terms.trace
        self._next_sequence = 0 if point is None else point.next_sequence
        self._tally = Tally() if point is None else point.tally
        if point is None or not point.checkpoint:
            self.state = generator.begin(command.request)
            self._position = Position(generator.checkpoint(self.state), 0, 0)
        else:
            self.state = generator.resume(command.request, point.checkpoint)
            self._position = Position(point.checkpoint, point.checkpoint_sequence, point.control_count)
        self.dropped_count = 0
        self._encodings = encodings
        self._live = command.terms.delivery is Delivery.LIVE
        self._room = command.credit
        self._held: Readied | None = None
        self._opened_at_s = opened_at_s
        self.queue_s: float | None = None
        self._step_s = 0.0
        self._skipped_count = 0

    @property
    def finished(self) -> bool:
        """Whether every part has been made and delivered."""
        return self.state.finished and not self._encodings and self._held is None

    def steps_ahead(self) -> StepKinds:
        """The steps that are left, at least one, under names that differ between generators."""
        info = self.generator.info
        steps = self.generator.steps_ahead(self.state)
        if not steps:
            raise ValueError(f"{info.name} {info.version} announces no steps for a session that it has just begun")
        return tuple((f"{info.name} {info.version}: {kind}", count) for kind, count in steps)

    def steer(self, number: int, control: bytes) -> None:
        """Take control `number`; one that has been taken before is ignored. Raises InvalidRequestError."""
        if number <= self._position.control_count:
            return
        if not isinstance(self.generator, Steerable):
            raise InvalidRequestError(
                "control", f"{len(control)} bytes", f"none: {self.generator.info.name} takes none"
            )
        self.generator.steer(self.state, control)
        self._position = Position(self.generator.checkpoint(self.state), self._position.sequence, number)

    def skipped(self, part_count: int) -> None:
        """Its generator has moved it on over so many parts since its last step."""
        self._skipped_count = part_count

    def rewind(self) -> None:
        """Back to where its last step ended: what has moved it since has failed. Raises what `resume` raises."""
        self.state = self.generator.resume(self._request, self._position.checkpoint)

    def stepped(self, made: tuple[Part | Draft, ...], started_at_s: float, step_s: float) -> int:
        """Take what a step of `step_s` seconds made; how many of those parts will be delivered."""
        if self.queue_s is None:
            self.queue_s = started_at_s - self._opened_at_s
        self._step_s += step_s
        before = self._position
        checkpoint = b"" if self.state.finished else self.generator.checkpoint(self.state)
        made_to = before.sequence + self._skipped_count + len(made)
        self._position = Position(checkpoint, made_to, before.control_count)
        if self._live:
            self.dropped_count += self._skipped_count + self._encodings.overtake()
            self._skipped_count = 0
        self._encodings.put(made, before, self._position)
        return sum(item.sequence >= self._next_sequence for item in made)

    def granted(self, part_count: int) -> None:
        """The reader has room for more."""
        if self._live:
            self._room += part_count

    def deliveries(self) -> Iterator[SealedPart]:
        """The parts that are ready to go and have not gone; of a LIVE session no more than the reader has room for.

        Raises whatever an encoder raised.
        """
        if self._held is not None and self._room > 0:
            held, self._held = self._held, None
            yield self._sealed(held)
        for readied in self._encodings.take():
            if readied.part.sequence < self._next_sequence:
                continue  # delivered before the session moved here
            if not self._live or self._room > 0:
                yield self._sealed(readied)
                continue
            self.dropped_count += self._held is not None
            self._held = readied

    def summary(self) -> AssetSummary:
        """The account of a finished session."""
        return AssetSummary(self._tally, 1e3 * (self.queue_s or 0.0), 1e3 * self._step_s)

    def close(self) -> None:
        """Let go of what is on its way."""
        self._encodings.drop()

    def _sealed(self, readied: Readied) -> SealedPart:
        part = readied.part
        if self._live:
            self._room -= 1
        sha256 = part.digest()
        self._tally = self._tally.plus(sha256, len(part.payload))
        # Behind the very last part there is no state to go on from: it is the last step that would be made again.
        from_here = readied.after if readied.last and readied.after.checkpoint else readied.before
        point = ResumePoint(
            part.sequence + 1, self._tally, from_here.checkpoint, from_here.sequence, from_here.control_count
        )
        return SealedPart(part, sha256, point, readied.after.control_count)
