"""What differs between what a library says that it holds and what is stored: a pure comparison.

Four places know of a media item: the library's list of items, the fingerprint store, the window index, and the jobs.
A crash between two of them, a store that was restored from a backup or a Milvus that was lost leaves them apart: an
item that nothing is matched with any more, or a fingerprint that is matched and that nobody can see or delete.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = [
    "ENDED_PARTS_AGE_S",
    "STRAY_AGE_MS",
    "UNKNOWN_PARTS_AGE_S",
    "WRITE_AGE_S",
    "Difference",
    "DifferenceKind",
    "Held",
    "LookedAt",
    "Outcome",
    "Stock",
    "VersionKey",
    "compare",
    "is_excessive",
    "left_parts",
]

#: A version, which is the moment at which its job was asked for, counts as left behind from this age on: a task that
#: ran on after its job's end has been cleaned up by then.
STRAY_AGE_MS = 3_600_000
#: Seconds for which the parts of a job that has ended stay: as above.
ENDED_PARTS_AGE_S = 3600.0
#: Seconds for which parts of a job that nobody knows stay. Media that is sent along is stored before its job exists,
#: and the job's request may wait on its topic while all workers are down.
UNKNOWN_PARTS_AGE_S = 86_400.0
#: Seconds after which a file that was being written is no longer written.
WRITE_AGE_S = 86_400.0
#: So many of one kind are mended whatever their share is.
FEW = 20
#: From this share of a library on, many differences of one kind say that a place is not what it should be, such as a
#: store that is not mounted or a topic prefix that has changed, and not that so much was left behind.
LARGEST_SHARE = 0.5

#: A media item in one of its versions.
VersionKey = tuple[str, int]


class DifferenceKind(StrEnum):
    """What does not fit together."""

    #: The item is held, its fingerprint is stored, and windows of it are missing: it is not found, or in part only.
    WINDOWS_MISSING = "windows_missing"
    #: The item is held, and its fingerprint is not stored.
    FINGERPRINT_MISSING = "fingerprint_missing"
    #: The item is held, and another version of the algorithm made its fingerprint: it is not found.
    FINGERPRINT_OUTDATED = "fingerprint_outdated"
    #: Windows or a fingerprint of a version that no item holds: it is found, and nobody can see or delete it.
    NOT_HELD = "not_held"
    #: There is a place for a library that does not exist.
    LIBRARY_UNKNOWN = "library_unknown"
    #: Parts of a job that has ended, or that nobody knows.
    PARTS_LEFT = "parts_left"
    #: Files in the store whose writer was killed.
    WRITES_LEFT = "writes_left"
    #: A job that has not ended, and makes no progress.
    JOB_STALLED = "job_stalled"


class Outcome(StrEnum):
    """What was done about a difference."""

    #: Nothing: it was only looked for.
    FOUND = "found"
    #: It is no more.
    MENDED = "mended"
    #: A job makes it good.
    REQUESTED = "requested"
    #: Nothing, and the reason says why.
    LEFT = "left"


class Difference(msgspec.Struct, kw_only=True, frozen=True):
    """Something that does not fit together, and what was done about it."""

    kind: DifferenceKind
    library: str = ""
    media_id: str = ""
    version: int = 0
    job_id: str = ""
    detail: str = ""
    outcome: Outcome = Outcome.FOUND
    reason: str = ""

    @property
    def key(self) -> VersionKey:
        """The media item in the version that this is about."""
        return self.media_id, self.version

    def with_outcome(self, outcome: Outcome, reason: str = "") -> Difference:
        """Return this difference with what was done about it, and why it was left."""
        return msgspec.structs.replace(self, outcome=outcome, reason=reason)


class Held(NamedTuple):
    """What a library holds of a media item.

    Attributes:
        version: Which of its contents.
        windows: How many windows it has in the index; None where the job that stored it is not known any more.
        algorithm: What made its fingerprint; empty where that is not known.
    """

    version: int
    windows: int | None = None
    algorithm: str = ""


@dataclass
class Stock:
    """What is stored of a library.

    Attributes:
        windows: How many windows the index has of each version.
        fingerprints: The versions whose fingerprint is in the store.
    """

    windows: dict[VersionKey, int] = field(default_factory=dict)
    fingerprints: set[VersionKey] = field(default_factory=set)

    @property
    def versions(self) -> set[VersionKey]:
        """All versions of which anything is stored."""
        return self.fingerprints | self.windows.keys()


@dataclass(frozen=True)
class LookedAt:
    """What was known around the moment at which the stock was taken.

    Attributes:
        before: The version that the library held of each media item before.
        held: What it holds after.
        under_way: Versions that an unfinished job works on, read between taking stock and `held`: a job ends after its
            item was published, so that what is neither under way nor held then was given up for good.
    """

    before: Mapping[str, int]
    held: Mapping[str, Held]
    under_way: Collection[VersionKey]


def compare(library: str, looked: LookedAt, stock: Stock, *, algorithm: str, now_ms: int) -> list[Difference]:
    """Return what differs in a library.

    What was held all the while must be stored. What is stored must be held, unless a job is at it or has just ended.

    Args:
        library: Its name.
        looked: What was known before and after stock was taken.
        stock: What is stored.
        algorithm: What makes fingerprints today.
        now_ms: The time, milliseconds since the epoch, as versions are.
    """
    found = []
    for media_id, held in looked.held.items():
        if looked.before.get(media_id) == held.version:
            lacking = _lacking(held, stock, (media_id, held.version), algorithm)
            if lacking is not None:
                kind, detail = lacking
                found.append(
                    Difference(kind=kind, library=library, media_id=media_id, version=held.version, detail=detail)
                )
    for media_id, version in sorted(stock.versions):
        item = looked.held.get(media_id)
        if (item is not None and item.version == version) or (media_id, version) in looked.under_way:
            continue
        if version <= now_ms - STRAY_AGE_MS:
            stray = Difference(
                kind=DifferenceKind.NOT_HELD,
                library=library,
                media_id=media_id,
                version=version,
                detail=_contents(stock, (media_id, version)),
            )
            found.append(stray)
    return found


def left_parts(
    parts: Iterable[tuple[str, float]], *, unfinished: Collection[str], ended: Collection[str], now_s: float
) -> list[Difference]:
    """Return the jobs whose parts are left behind.

    Args:
        parts: Ids of jobs that have parts, with when the newest was written, seconds since the epoch.
        unfinished: Jobs that have not ended, read after the parts were listed.
        ended: Jobs that have.
        now_s: The time, seconds since the epoch.
    """
    found = []
    for job_id, written in parts:
        known = job_id in ended
        age = now_s - written
        if job_id not in unfinished and age >= (ENDED_PARTS_AGE_S if known else UNKNOWN_PARTS_AGE_S):
            detail = "its job has ended" if known else "its job is not known"
            found.append(Difference(kind=DifferenceKind.PARTS_LEFT, job_id=job_id, detail=detail))
    return found


def is_excessive(differences: int, entries: int) -> bool:
    """Whether so many differences among so many entries rather say that a place is not what it should be."""
    return differences > FEW and differences > LARGEST_SHARE * entries


def _lacking(held: Held, stock: Stock, key: VersionKey, algorithm: str) -> tuple[DifferenceKind, str] | None:
    """What an item lacks, if anything, and in words."""
    if key not in stock.fingerprints:
        return DifferenceKind.FINGERPRINT_MISSING, "its fingerprint is not in the store"
    if held.algorithm not in {"", algorithm}:
        return DifferenceKind.FINGERPRINT_OUTDATED, f"its fingerprint was made by {held.algorithm}, not {algorithm}"
    count = stock.windows.get(key, 0)
    wanted = 1 if held.windows is None else held.windows
    if count >= wanted:
        return None
    of = "" if held.windows is None else f" of {held.windows}"
    return DifferenceKind.WINDOWS_MISSING, f"the index has {count}{of} windows"


def _contents(stock: Stock, key: VersionKey) -> str:
    windows = f"{stock.windows.get(key, 0)} windows"
    return f"{windows} and a fingerprint" if key in stock.fingerprints else windows
