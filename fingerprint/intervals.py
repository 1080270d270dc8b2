"""The union of spans of time: what several of them cover counts once.

Shares of a copy, its length, and benchmarks go by it. All add up from here, so that none counts an overlap twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Span", "covered_s", "union"]

#: Where a span starts and where it ends, seconds. One that ends before it starts covers nothing.
Span = tuple[float, float]


def covered_s(spans: Iterable[Span]) -> float:
    """Return how long spans are together, seconds; what several of them cover counts once."""
    covered = 0.0
    for start, end in _disjoint(spans):
        covered += end - start  # in this order: stored answers were made so, and are to stay as they are to the bit
    return covered


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the fewest spans that cover the same time, in order; those that touch are one."""
    joined: list[Span] = []
    for start, end in _disjoint(spans):
        if joined and start == joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _disjoint(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield of each span, in order, what those before it do not cover."""
    reached = float("-inf")
    for start, end in sorted(spans):
        begin = max(start, reached)
        if end > begin:
            yield begin, end
            reached = end
