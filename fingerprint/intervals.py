"""The union of spans of time: what several of them cover counts once.

Shares of a copy, its length, and benchmarks go by it. All add up from here, so that none counts an overlap twice.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Span", "covered_s", "overlap_s", "union"]

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


def overlap_s(span: Span, spans: Sequence[Span]) -> float:
    """Return how much of a span others cover, seconds.

    Args:
        span: The span.
        spans: The others, in order and apart from each other, as `union` returns them.
    """
    start, end = span
    covered = 0.0
    for other in range(max(0, bisect_right(spans, (start, float("inf"))) - 1), len(spans)):
        if spans[other][0] >= end:
            break
        covered += max(0.0, min(end, spans[other][1]) - max(start, spans[other][0]))
    return covered


def _disjoint(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield of each span, in order, what those before it do not cover."""
    reached = float("-inf")
    for start, end in sorted(spans):
        begin = max(start, reached)
        if end > begin:
            yield begin, end
            reached = end
