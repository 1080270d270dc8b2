"""The flood guard's word: a reference matches far more media than is usual for it, and is set aside."""

from __future__ import annotations

import msgspec

__all__ = ["Quarantine"]


class Quarantine(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """That a reference was set aside, or that a person lifted it: the value on the compacted `quarantines` topic."""

    #: Where the reference is.
    library: str
    #: The reference.
    media_id: str
    #: Whether its matches are `review` at most from now on.
    active: bool
    #: Why, for a person; empty where it was lifted.
    reason: str
    #: When this came to be, UTC.
    event_time: str
