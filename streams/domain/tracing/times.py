"""What is said of why a source is older than its copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.traces import TraceBecause, TraceReason

if TYPE_CHECKING:
    from streams.domain.precedence import Ages

__all__ = ["UNKNOWN_ORDER", "time_reasons"]

#: How sure an edge is, of what it else would be, where no time tells which of the two is the copy: it may be either.
UNKNOWN_ORDER = 0.5


def time_reasons(source: Ages, copy: Ages) -> tuple[TraceReason, ...]:
    """Return what tells that a source is older than its copy."""
    if not source.time or not copy.time:
        return (TraceReason(because=TraceBecause.TIME_UNKNOWN),)
    if source.time == copy.time:
        tells = bool(source.stored) and source.stored != copy.stored
        return (TraceReason(because=TraceBecause.STORED_FIRST if tells else TraceBecause.TIME_UNKNOWN),)
    by_owner = source.published or copy.published
    first = TraceReason(
        because=TraceBecause.PUBLISHED if by_owner else TraceBecause.FIRST_SEEN,
        source_time=source.time,
        copy_time=copy.time,
    )
    if not source.seen or not copy.seen or source.seen <= copy.seen:
        return (first,)
    return first, TraceReason(because=TraceBecause.CAME_LATER, source_time=source.seen, copy_time=copy.seen)
