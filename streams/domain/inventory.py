"""What is said between the service and its worker processes about what is stored."""

from __future__ import annotations

from enum import StrEnum

import msgspec

__all__ = ["Inspection", "Inventory", "Page", "Place", "Repairs", "Survey"]


class Place(StrEnum):
    """Where something is stored."""

    INDEX = "index"
    STORE = "store"


class Page(msgspec.Struct, kw_only=True, frozen=True):
    """Where to go on listing."""

    place: Place = Place.INDEX
    #: The index's cursor, or the last MediaId of the store; empty to start.
    after: str = ""


class Inspection(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What to look at, or to mend. What is mended is named one by one, so that nothing else can be touched."""

    #: Seconds after which the task returns with what it has done so far.
    budget_s: float = 20.0
    #: For `inventory`: where to go on.
    page: Page = Page()
    #: For `repair`: MediaIds and versions whose windows are to be put back from their fingerprint.
    restore: tuple[tuple[str, int], ...] = ()
    #: For `repair`: MediaIds and versions of which everything is to be removed.
    remove: tuple[tuple[str, int], ...] = ()
    #: For `repair`: whether the library's place goes once it is empty.
    drop_empty: bool = False
    #: For `repair`: jobs whose parts are to be removed, unless some are newer than this, seconds since the epoch.
    parts: tuple[tuple[str, float], ...] = ()
    #: For `survey` and `repair`: what is written to since then, seconds since the epoch, was not cut off.
    writes_before: float = 0.0


class Survey(msgspec.Struct, kw_only=True, frozen=True):
    """What store and index have places for."""

    #: Names of libraries.
    libraries: tuple[str, ...]
    #: Jobs that have parts, with when the newest was written, seconds since the epoch.
    parts: tuple[tuple[str, float], ...]
    #: Files of writes that were cut off.
    writes: tuple[str, ...]
    #: Name and version of the algorithm that makes fingerprints.
    algorithm: str


class Inventory(msgspec.Struct, kw_only=True, frozen=True):
    """A page of what store and index hold of a library."""

    #: MediaIds and versions with how many windows of them are on this page.
    windows: tuple[tuple[str, int, int], ...] = ()
    #: MediaIds and versions whose fingerprint is in the store.
    fingerprints: tuple[tuple[str, int], ...] = ()
    #: The page that follows; None after the last one.
    next: Page | None = None


class Repairs(msgspec.Struct, kw_only=True, frozen=True):
    """What was mended. What was asked for and is not named has not been reached in the time."""

    #: MediaIds and versions whose windows are all in the index now.
    restored: tuple[tuple[str, int], ...] = ()
    #: MediaIds and versions whose fingerprint cannot be used, with why.
    unusable: tuple[tuple[str, int, str], ...] = ()
    #: MediaIds and versions of which nothing is stored any more.
    removed: tuple[tuple[str, int], ...] = ()
    #: Jobs of which nothing is stored any more.
    parts: tuple[str, ...] = ()
