"""Clusters of copies, kept as links between media come and go: pure, of what a media item is linked to."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Neighbours = Callable[[str], Iterable[str]]

__all__ = ["GROWTH_DAYS", "MOST_GROWTH_DAYS", "days_until", "parted"]

#: Days that growth is told of, where nobody says of how many: who looks once a week misses nothing.
GROWTH_DAYS = 7
#: Days that growth can be told of: a leap year.
MOST_GROWTH_DAYS = 366


def parted(one: str, other: str, neighbours: Neighbours) -> frozenset[str] | None:
    """Return what has come apart with either of two media items when a link between them went; None: nothing has.

    It goes out from both in turns, so it costs little where one of them takes few others along, however large the rest
    of the cluster is, and where the two are linked through others that are near.

    Args:
        one: A media item.
        other: Another one.
        neighbours: Returns what a media item is linked to; it is asked once for each, and read only as far as needed.
    """
    reached: tuple[set[str], set[str]] = ({one}, {other})
    walks = (_reached(one, neighbours, reached[0]), _reached(other, neighbours, reached[1]))
    turn = 0
    while True:
        found = next(walks[turn], None)
        if found is None:
            return frozenset(reached[turn])
        turn = 1 - turn
        if found in reached[turn]:
            return None


def days_until(now: str, days: int) -> list[str]:
    """Return so many days (UTC), such as `2026-11-23`, the last of which is today.

    Args:
        now: The present time.
        days: How many.
    """
    today = datetime.fromisoformat(now).astimezone(UTC).date()
    return [str(today - timedelta(days=back)) for back in reversed(range(days))]


def _reached(start: str, neighbours: Neighbours, reached: set[str]) -> Iterator[str]:
    """Yield what can be come to from a media item, the nearest first, as it is added to what was reached."""
    waiting = deque([start])
    while waiting:
        for found in neighbours(waiting.popleft()):
            if found not in reached:
                reached.add(found)
                waiting.append(found)
                yield found
