"""Searching backwards: one reference, held against everything that was stored before it, from stored fingerprints."""

from __future__ import annotations

import msgspec

from schemas.errors import ErrorCode
from schemas.jobs import JobStatus

__all__ = ["BackwardSearch"]


class BackwardSearch(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """The newest state of a search: the value on the compacted `backward-searches` topic, keyed by its id."""

    #: 32 hex digits; of one that an addition to a library made, derived from what was added.
    search_id: str
    #: The reference.
    media_id: str
    #: Where the reference is.
    library: str
    #: Of the reference's content.
    version: int
    #: Where the search stands.
    status: JobStatus
    #: Who asked; empty: the library's property did.
    caller: str = ""
    #: Items that were there when it began.
    items_total: int = 0
    #: Of these, how many the reference was held against.
    items_done: int = 0
    #: How many of them copy it.
    hits: int = 0
    #: Where the next batch begins: library and MediaId of the item before it; null: at the first item.
    cursor: tuple[str, str] | None = None
    #: `0`, or an error code of the contract.
    code: str = ErrorCode.OK
    #: What the code means here, for a person.
    message: str = ""
    #: When it was asked for, UTC.
    creation_time: str
    #: When this state came to be, UTC.
    update_time: str
    #: When it ended, UTC.
    complete_time: str | None = None
