"""Spans that many references share: titles, a sting, leader, a common music bed; and what people say of them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from schemas.cases import LONGEST_NOTE
from schemas.events import MediaId
from schemas.limits import LONGEST_CALLER, LONGEST_NAME

__all__ = ["SHORTEST_SPAN_S", "BoilerplateRuling", "SharedSpan"]

#: Seconds that a span has at the least of which people say something: bounds are right within half a second.
SHORTEST_SPAN_S = 1.0


class SharedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A span of the input that many references of one library hold. It is told, and links nothing by itself."""

    #: Where it begins in the input, seconds.
    start: float
    #: Where it ends in the input, seconds.
    end: float
    #: How many references hold at least half of it.
    references: int


class BoilerplateRuling(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """What a person says of a reference, or of a span of it, whatever the number of references that share it.

    It is a value on the `boilerplate-rulings` topic, which is kept for good. The last one of one RulingId holds.
    """

    #: Of this entry of the log, 32 hex digits: one that comes twice has the same.
    entry_id: str
    #: What it is about: the same for the same reference and span.
    ruling_id: str
    #: Where the reference is.
    library: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    #: The reference.
    media_id: MediaId
    #: Where the span begins in the reference, seconds; null: all of the reference is meant.
    start: float | None = None
    #: Where the span ends in the reference, seconds; null: all of the reference is meant.
    end: float | None = None
    #: Whether it is boilerplate, and links nothing; else what it shares with others links all the same.
    boilerplate: bool
    #: Whether it is taken back: the number of references decides again.
    withdrawn: bool = False
    #: What was written beside it.
    note: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)] = ""
    #: Who says so.
    who: Annotated[str, msgspec.Meta(max_length=LONGEST_CALLER)]
    #: When, UTC.
    when: str

    @property
    def span(self) -> tuple[float, float] | None:
        """The span of the reference; None: all of it."""
        return None if self.start is None or self.end is None else (self.start, self.end)
