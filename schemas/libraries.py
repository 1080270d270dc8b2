"""Libraries, and what is in them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import msgspec

from schemas.limits import LONGEST_NAME
from schemas.publication import published

__all__ = [
    "COPY_LINE",
    "DEFAULT_LIBRARY",
    "Library",
    "LibraryItem",
    "LibraryStatus",
    "Purpose",
    "Seconds",
    "Share",
    "item_key",
    "item_of_key",
]

#: The library that exists always, and that jobs use which name none.
DEFAULT_LIBRARY = "default"
#: The engine's line between a copy and a chance likeness.
COPY_LINE = 0.5
#: Between library and MediaId in a key; neither holds control characters.
SEPARATOR = "\x1f"

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class Purpose(StrEnum):
    """What a library is kept for."""

    #: Videos to find copies among.
    GENERAL = "general"
    #: Works whose owner wants to know who copies them.
    ORIGINAL = "original"
    #: Material that must not be published.
    BLOCKLIST = "blocklist"
    #: Advertisements, to tell when each ran.
    ADS = "ads"


class LibraryStatus(StrEnum):
    """Whether jobs search a library."""

    #: Jobs search it unless they name others.
    ACTIVE = "active"
    #: No job searches it; what is in it stays, and jobs may store more.
    PAUSED = "paused"
    #: It is being taken apart, and takes nothing any more.
    DELETING = "deleting"


class Library(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """The newest state of a library: the value on the compacted `libraries` topic, keyed by its name."""

    #: What jobs call it by.
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    #: What it is kept for.
    purpose: Purpose = Purpose.GENERAL
    #: Whether jobs search it.
    status: LibraryStatus = LibraryStatus.ACTIVE
    #: What it holds, in its owner's words.
    description: str = ""
    #: The least similarity of a match that is reported.
    match_threshold: Share = COPY_LINE
    #: The fewest seconds of the input that a match must copy to be reported, all intervals together.
    minimum_match_length: Seconds = 0.0
    #: Whether a reference that is added is held against everything that was stored before it; null: as its purpose has
    #: it, which is so for a blocklist.
    searches_backwards: bool | None = None
    #: When it was made, UTC.
    creation_time: str = ""
    #: When this state came to be, UTC.
    update_time: str = ""
    #: Everything that was stored up to this version has been removed.
    emptied_version: int = 0

    @property
    def looks_back(self) -> bool:
        """Whether a new reference is held against everything that was stored before it."""
        return self.purpose is Purpose.BLOCKLIST if self.searches_backwards is None else self.searches_backwards


class LibraryItem(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """A media item that a library holds: the value on the compacted `items` topic, keyed by library and MediaId."""

    #: Where it is.
    library: str
    #: The media item.
    media_id: str
    #: Which of its contents is stored.
    version: int
    #: The job that stored it.
    job_id: str
    #: Of the media, seconds.
    duration: float = 0.0
    #: Of the fingerprint, hex.
    digest: str = ""
    #: Where the media was read from.
    file_url: str = ""
    #: A disabled item is kept and never matched.
    disabled: bool = False
    #: Why its matches are for people alone: it matches far more than is usual for it. Empty: they are not.
    quarantined: str = ""
    #: When a person last lifted that, UTC: what it matched before is no reason any more.
    released_time: str = ""
    #: What its owner wants to know of it.
    metadata: dict[str, Any] = {}
    #: When it was published, as its owner says, UTC; empty: nobody has said.
    publish_time: str = ""
    #: When it was first stored, UTC.
    creation_time: str = ""
    #: When this state came to be, UTC.
    update_time: str = ""

    @property
    def published(self) -> str:
        """When it was published, UTC: what was said by itself counts before what metadata says; empty: not known."""
        return published(self.publish_time, self.metadata)


def item_key(library: str, media_id: str) -> str:
    """Return the key of the messages about a library's item."""
    return f"{library}{SEPARATOR}{media_id}"


def item_of_key(key: str) -> tuple[str, str]:
    """Return the library and the MediaId that a key names."""
    library, _, media_id = key.partition(SEPARATOR)
    return library, media_id
