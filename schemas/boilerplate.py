"""Spans that many references share: opening titles, a sting, leader, a common music bed."""

from __future__ import annotations

import msgspec

__all__ = ["SharedSpan"]


class SharedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A span of the input that many references of one library hold. It is told, and links nothing by itself."""

    #: Where it begins in the input, seconds.
    start: float
    #: Where it ends in the input, seconds.
    end: float
    #: How many references hold at least half of it.
    references: int
