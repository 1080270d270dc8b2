"""Which share of a media item was looked at, and of what was asked for was searched: an answer says what it rests on.

"Copies nothing", said of a file of which little was seen, or of a library that was not searched, is the worst answer
that a moderation system can give.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from schemas.limits import LONGEST_MEDIA_ID, LONGEST_NAME
from schemas.matches import Track

__all__ = ["MOST_UNSEARCHED", "Cause", "Coverage", "Missed", "Unsearched"]

#: References that could not be searched and are named one by one: more of them say no more.
MOST_UNSEARCHED = 100


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
