"""How far an import is, how fast it goes, how long it will take, and what it will cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.domain.billing_periods import billed_minutes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.cli.importer.items import Item

__all__ = ["Cost", "Tally"]


@dataclass(frozen=True)
class Cost:
    """What media costs: minutes that are billed, and hours of processors."""

    billed_minutes: int
    cpu_hours: float

    @classmethod
    def of(cls, media_seconds: float, cpu_seconds: float) -> Cost:
        """Return the cost of media, and of the work on it."""
        return cls(billed_minutes(round(media_seconds * 1000)), cpu_seconds / 3600)


@dataclass
class Tally:
    """Counts items as they end.

    An item weighs as much as it has bytes where these are known of all, since a film takes longer than a clip; else all
    weigh the same.

    Attributes:
        items: What is to be imported.
        started: When, on any clock that only goes forward, seconds.
        ended: Items that have ended.
        failed: Of which these did not succeed.
        earlier: Of which these had ended before the import began: nothing was done for them now.
    """

    items: Sequence[Item]
    started: float
    ended: int = 0
    failed: int = 0
    earlier: int = 0
    _weighed: bool = field(init=False)
    _weight: float = field(init=False)
    _done_weight: float = field(init=False, default=0.0)
    _now_weight: float = field(init=False, default=0.0)
    _costed_weight: float = field(init=False, default=0.0)
    _media_s: float = field(init=False, default=0.0)
    _cpu_s: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Weigh all items."""
        self._weighed = all(item.size > 0 for item in self.items)
        self._weight = sum(map(self._weigh, self.items))

    def add(self, item: Item, *, succeeded: bool, earlier: bool, media_s: float, cpu_s: float) -> None:
        """Count an item that has ended.

        Args:
            item: The item.
            succeeded: Whether it is in the library now.
            earlier: Whether it had ended before the import began.
            media_s: Its length, seconds.
            cpu_s: Seconds of processors that it took.
        """
        weight = self._weigh(item)
        self.ended += 1
        self._done_weight += weight
        self.failed += not succeeded
        self.earlier += earlier
        if not earlier:
            self._now_weight += weight
        if succeeded:
            self._costed_weight += weight
            self._media_s += media_s
            self._cpu_s += cpu_s

    def rate(self, now: float) -> float:
        """Return how many items end in a second."""
        passed = now - self.started
        return (self.ended - self.earlier) / passed if passed > 0 else 0.0

    def seconds_left(self, now: float) -> float | None:
        """Return how long the rest will take at the rate so far; None while nothing can be said."""
        if self.ended == len(self.items):
            return 0.0
        passed = now - self.started
        if passed <= 0 or self._now_weight <= 0:
            return None
        return (self._weight - self._done_weight) * passed / self._now_weight

    @property
    def cost(self) -> Cost:
        """What has been imported."""
        return Cost.of(self._media_s, self._cpu_s)

    @property
    def forecast(self) -> Cost | None:
        """What all of it will have cost if the rest is like what has ended; None while nothing can be said."""
        if self.ended == len(self.items):
            return self.cost
        if not self._costed_weight:
            return None
        rest = (self._weight - self._done_weight) / self._costed_weight
        return Cost.of(self._media_s * (1 + rest), self._cpu_s * (1 + rest))

    def _weigh(self, item: Item) -> float:
        return float(item.size) if self._weighed else 1.0
