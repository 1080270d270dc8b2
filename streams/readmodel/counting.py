"""How many there are of something, as far as it is worth counting: a page that waits for an exact number is slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COUNTED", "NONE", "Count", "summed", "up_to"]

#: What is counted one by one at the most, where no number is kept.
COUNTED = 1000


class Count(NamedTuple):
    """How many there are; where it is not exact, there are at least so many."""

    number: int
    exact: bool = True

    def __str__(self) -> str:
        """Write it for people, such as `17`, `1,000` or `1,000+`."""
        return f"{self.number:,}{'' if self.exact else '+'}"


NONE = Count(0)


def up_to(limit: int, found: int) -> Count:
    """Return the count of what was counted up to one more than a limit."""
    return Count(min(found, limit), exact=found <= limit)


def summed(counts: Iterable[Count]) -> Count:
    """Return how many there are of several together."""
    all_of_them = list(counts)
    return Count(sum(one.number for one in all_of_them), exact=all(one.exact for one in all_of_them))
