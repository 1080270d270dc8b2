"""Whether a decision that is being made may still be acted on, or its worker has stood still meanwhile.

A worker that is stopped (SIGSTOP, a frozen virtual machine, a machine that swaps) goes on as if nothing had been. By
then its partitions may be another worker's: a complete event that it was about to send would be the second one, and a
record that it kept would lie above a newer one. It learns of that with its next heartbeat only. The clock tells it at
once: it goes on while the process does not.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["REJOIN_S", "Freshness", "StoodStillError", "always"]

#: Seconds that a decision is good for: half of the session after which partitions go to others.
GOOD_FOR_S = 15.0
#: Seconds until a worker that has stood still knows what it still holds: more than one heartbeat, and its answer.
REJOIN_S = 6.0


class StoodStillError(Exception):
    """Too much time has passed since the decision was begun: it has to be made anew, by whoever holds its partition."""


class Freshness:
    """Counts from its making on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()

    def check(self) -> None:
        """Return if what was decided may be acted on.

        Raises:
            StoodStillError: It may not.
        """
        age = self._clock() - self._begun
        if age > GOOD_FOR_S:
            raise StoodStillError(f"{age:.0f} s have passed since this was decided")


def always() -> None:
    """Stand for the check where nothing can stand still."""
