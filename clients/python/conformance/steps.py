"""What a case wants to be done while its stream runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from tally import Tally

Step = Mapping[str, Any]


class Steps:
    """The steps in their order."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        steps = case.get("steps", ())
        self._waiting = [step for step in steps if "afterMs" not in step]
        self.cancel_after_s = next((step["afterMs"] / 1e3 for step in steps if "afterMs" in step), None)
        """When to cancel from outside; None: never."""

    def due(self, tally: Tally) -> Iterator[Step]:
        """The steps whose trigger has come."""
        while self._waiting and self._is_due(self._waiting[0], tally):
            yield self._waiting.pop(0)

    @staticmethod
    def _is_due(step: Step, tally: Tally) -> bool:
        if "afterSettled" in step:
            return tally.settled >= int(step["afterSettled"])
        return tally.parts >= int(step["afterParts"])
