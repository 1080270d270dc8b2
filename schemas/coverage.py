"""Which share of a media item was looked at, and of what was asked for was searched: an answer says what it rests on.

"Copies nothing", said of a file of which little was seen, or of a library that was not searched, is the worst answer
that a moderation system can give.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec

from schemas.limits import LONGEST_MEDIA_ID, LONGEST_NAME
from schemas.matches import Track

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MOST_UNSEARCHED", "REASONS", "Cause", "Coverage", "Missed", "Unsearched", "percent", "shortfalls"]

#: Libraries and references that were not searched and are named one by one: more of them say no more.
MOST_UNSEARCHED = 20

#: Share of a track from which on nobody need be told that it is not all: a broken picture or two.
NOTABLE = 0.99


class Cause(StrEnum):
    """Why a part of a media item was not looked at. Where several hold for one span, the first one of them is told."""

    #: There was not the memory to decode it.
    OUT_OF_MEMORY = "out_of_memory"
    #: Its pictures are over the limit on pixels.
    TOO_LARGE = "too_large"
    #: The file ends before the media that its index names.
    CUT_SHORT = "cut_short"
    #: It does not decode.
    DAMAGED = "damaged"
    #: There is no decoder for its codec, or the decoder lacks what it uses.
    UNSUPPORTED = "unsupported"
    #: It only appears in mid-file, further on than tracks are looked for, or in a stream that began as something else.
    APPEARS_LATE = "appears_late"


#: Why in words, as the end of a sentence about a track.
REASONS = {
    Cause.OUT_OF_MEMORY: "decoding it needs more memory than a task may use",
    Cause.TOO_LARGE: "its pictures are over the limit on pixels",
    Cause.CUT_SHORT: "the file ends before it",
    Cause.DAMAGED: "it is damaged",
    Cause.UNSUPPORTED: "there is no decoder for it",
    Cause.APPEARS_LATE: "it only appears in mid-file, in a stream that was not there or was something else",
}


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a track that was not looked at."""

    #: `picture` or `sound`.
    track: Track
    #: Why.
    cause: Cause
    #: How much of the track.
    seconds: float


class Coverage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which shares of a media item's tracks were looked at.

    A track's share is of the time that it has something to show: a still that stays, pauses between pictures and sound
    that ends early are nothing that was missed.
    """

    #: Of the picture, 0..1; null without a picture, and where it is not known, as of a fingerprint file.
    picture: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    #: Of the sound, 0..1; null without sound, and where it is not known.
    sound: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    #: What was not looked at, and why.
    missed: tuple[Missed, ...] = ()


class Unsearched(msgspec.Struct, frozen=True, kw_only=True):
    """A library, or a reference of one, that was asked for and is not in the answer."""

    #: The library.
    library: Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)]
    #: The reference; empty where it is the whole library.
    media_id: Annotated[str, msgspec.Meta(max_length=LONGEST_MEDIA_ID)] = ""
    #: Why, for a person.
    reason: str


def shortfalls(coverage: Coverage, unsearched: Sequence[Unsearched]) -> list[str]:
    """Return sentences, for a person, on what an answer does not rest on; none where it rests on all.

    Args:
        coverage: What was looked at of the media.
        unsearched: What was not searched.
    """
    told = [_missed(coverage, track, share) for track, share in _shares(coverage) if share < NOTABLE]
    whole = [one for one in unsearched if not one.media_id]
    told += [f"library {one.library!r} was not searched: {one.reason}" for one in whole]
    references = [one for one in unsearched if one.media_id]
    if references:
        first = references[0]
        named = f"{first.media_id!r} of library {first.library!r}"
        more = f" and {len(references) - 1} references more were" if len(references) > 1 else " was"
        told.append(f"{named}{more} not compared: {first.reason}")
    return told


def percent(share: float) -> str:
    """Write a share as a percentage, such as `37.5 %`; only all is `100 %`."""
    return f"{math.floor(share * 1000 + 1e-6) / 10:g} %"


def _shares(coverage: Coverage) -> list[tuple[Track, float]]:
    found = ((Track.PICTURE, coverage.picture), (Track.SOUND, coverage.sound))
    return [(track, share) for track, share in found if share is not None]


def _missed(coverage: Coverage, track: Track, share: float) -> str:
    parts = [part for part in coverage.missed if part.track is track]
    reason = f": {REASONS[max(parts, key=lambda part: part.seconds).cause]}" if parts else ""
    return f"{percent(1 - share)} of the {track} was not looked at{reason}"
