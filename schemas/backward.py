"""Searching backwards: one reference, held against everything that was stored before it, from stored fingerprints."""

from __future__ import annotations

import msgspec

from schemas.errors import ErrorCode
from schemas.jobs import JobStatus
from schemas.matches import Match

__all__ = ["BackwardBatch", "BackwardHit", "BackwardSearch", "Cursor"]

#: Library and MediaId of the last stored item that was looked at; null: none was yet.
Cursor = tuple[str, str] | None


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
    #: How many of these could not be read, so that nothing is known of them.
    unreadable: int = 0
    #: How many media items copy it.
    hits: int = 0
    #: Where the next batch begins: library and MediaId of the item before it; null: at the first item.
    cursor: Cursor = None
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


class BackwardHit(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """A stored media item that copies the reference."""

    #: The media item.
    media_id: str
    #: The match, as a job of the media item would have found it.
    match: Match


class BackwardBatch(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """What one task of a search has found."""

    #: Where the next batch begins; null: there is nothing left.
    cursor: Cursor = None
    #: Items that it has come by.
    items: int = 0
    #: How many of these could not be read.
    unreadable: int = 0
    #: Media items that copy the reference, each once.
    hits: tuple[BackwardHit, ...] = ()
