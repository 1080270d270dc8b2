"""Spans that recur in what is stored and that nobody has named: what people decide on them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from schemas.events import MediaId
from schemas.limits import LONGEST_CALLER

__all__ = ["MOST_PLACES", "RecurringDecision", "RecurringPlace", "RecurringState"]

#: Occurrences that a decision carries at the most: enough to find the span again by, whatever is deleted meanwhile.
MOST_PLACES = 200


class RecurringState(StrEnum):
    """What has become of a span that recurs."""

    #: Nobody has decided, or what was decided was taken back.
    PROPOSED = "proposed"
    #: It is nothing that anybody wants to know of.
    DISMISSED = "dismissed"
    #: A library holds it as an item of its own.
    PROMOTED = "promoted"


class RecurringPlace(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """One occurrence of a span that recurs, seconds."""

    #: The media item.
    media_id: MediaId
    #: In the media item.
    start: float
    #: In the media item.
    end: float


class RecurringDecision(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """The newest decision on a span that recurs: the value on the compacted `recurring` topic, keyed by its id.

    It carries where the span is: so it holds for the same content, and keeps its id, wherever that is found again.
    """

    #: 32 hex digits.
    recurring_id: str
    #: What the id was derived from: what came first of the span.
    founded: str
    #: What was decided.
    state: RecurringState
    #: Where the span was then.
    places: tuple[RecurringPlace, ...]
    #: The library that holds it, where it was promoted.
    library: str = ""
    #: What the library holds it as.
    item: str = ""
    #: The job that stores it there.
    job_id: str = ""
    #: Who decided.
    who: Annotated[str, msgspec.Meta(max_length=LONGEST_CALLER)]
    #: When, UTC.
    when: str
