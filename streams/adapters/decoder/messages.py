"""What the decoder and the process that it works for say to each other.

One asks, the other answers; while it works the decoder asks back for bytes of the media. Nothing here is ever more than
numbers, text and bytes: a decoder that was taken over can say anything, and must not be able to make anything run.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from fingerprint.media.info import MediaInfo
from fingerprint.media.limits import MediaLimits
from schemas.errors import ErrorCode
from schemas.limits import LONGEST_MESSAGE
from streams.cage.report import CageReport
from streams.ports.previews import Form

__all__ = [
    "LARGEST_ANSWER",
    "LARGEST_PIECE",
    "LARGEST_QUESTION",
    "LARGEST_READ",
    "LONGEST_TRACE",
    "Answer",
    "Block",
    "Described",
    "Fault",
    "Fingerprint",
    "Fingerprinted",
    "MadeFrame",
    "MadePreview",
    "MakeFrame",
    "MakePreview",
    "MediaTask",
    "NoMemory",
    "NothingThere",
    "Piece",
    "Probe",
    "Question",
    "Read",
    "Ready",
    "Refused",
    "TooLong",
    "Unreadable",
]

#: Bytes of media that the decoder may ask for at a time; FFmpeg reads 128 KiB.
LARGEST_READ = 2**20
#: Bytes of one message to the decoder: a block, with room for its frame.
LARGEST_QUESTION = LARGEST_READ + 4096
#: Bytes of one message from the decoder. A chunk of half a minute with its pictures takes 1 to 3 MB, and no more than
#: 30 for frames of noise.
LARGEST_ANSWER = 64 * 2**20

#: Bytes of one piece of a file that the decoder makes.
LARGEST_PIECE = 2**20

#: Characters of a trace: the innermost calls.
LONGEST_TRACE = 16_384

#: Text from the decoder, cut to what a message may have.
Said = Annotated[str, msgspec.Meta(max_length=LONGEST_MESSAGE)]
#: Where an error came up, for whoever mends it.
Trace = Annotated[str, msgspec.Meta(max_length=LONGEST_TRACE)]


class _Message(msgspec.Struct, kw_only=True, frozen=True, tag=True):
    """A message; its type's name travels with it."""


class MediaTask(_Message, kw_only=True, frozen=True):
    """What is to be done with a media file.

    Attributes:
        size: Bytes of the file, which are asked for; None when its descriptor comes along.
        limits: What the media may cost.
    """

    size: int | None
    limits: MediaLimits


class Probe(MediaTask, kw_only=True, frozen=True):
    """Look at the media."""


class Fingerprint(MediaTask, kw_only=True, frozen=True):
    """Fingerprint the span `[start, end)` of the media, seconds.

    Attributes:
        several_clocks: Whether the media's clock starts anew or jumps, as `Described` tells.
    """

    start: float
    end: float
    several_clocks: bool


class MakePreview(MediaTask, kw_only=True, frozen=True):
    """Make a file of the span `[start, end)` of the media that browsers play; see `Previewer`.

    Attributes:
        end: Seconds; None: where the media ends.
        may_be_original: Whether it will do to say that the media itself plays.
    """

    start: float
    end: float | None
    may_be_original: bool


class MakeFrame(MediaTask, kw_only=True, frozen=True):
    """Make a picture of a second of the media, of so many lines at the most."""

    at: float
    height: int


class Block(_Message, kw_only=True, frozen=True):
    """Bytes of the media, as asked for; fewer at its end."""

    data: bytes


class Unreadable(_Message, kw_only=True, frozen=True):
    """The bytes cannot be had. Why is not the decoder's business."""


class Ready(_Message, kw_only=True, frozen=True):
    """The decoder is locked in and has loaded its engine; sent once, before it sees any media.

    Attributes:
        report: What of the cage holds.
        mapped: Bytes of memory that it maps now.
    """

    report: CageReport
    mapped: Annotated[int, msgspec.Meta(ge=0)]


class Read(_Message, kw_only=True, frozen=True):
    """Ask for bytes of the media."""

    offset: Annotated[int, msgspec.Meta(ge=0)]
    size: Annotated[int, msgspec.Meta(gt=0, le=LARGEST_READ)]


class Described(_Message, kw_only=True, frozen=True):
    """What the media is."""

    info: MediaInfo


class Fingerprinted(_Message, kw_only=True, frozen=True):
    """The span's chunk, as `Chunk.to_bytes` writes it."""

    chunk: bytes


class Piece(_Message, kw_only=True, frozen=True):
    """The next bytes of the file that was asked for."""

    data: Annotated[bytes, msgspec.Meta(max_length=LARGEST_PIECE)]


class MadePreview(_Message, kw_only=True, frozen=True):
    """All pieces of the preview were sent; its second 0 is that second of the media. Of the original there are none."""

    form: Form
    start: float


class MadeFrame(_Message, kw_only=True, frozen=True):
    """The picture, a JPEG."""

    jpeg: bytes


class NothingThere(_Message, kw_only=True, frozen=True):
    """The media has nothing to show there."""


class TooLong(_Message, kw_only=True, frozen=True):
    """The preview would span so many seconds, which are too many."""

    seconds: float


class Refused(_Message, kw_only=True, frozen=True):
    """The media cannot be used."""

    code: ErrorCode
    message: Said


class NoMemory(_Message, kw_only=True, frozen=True):
    """The media takes more memory than the decoder may use."""


class Fault(_Message, kw_only=True, frozen=True):
    """The decoder's own code failed."""

    message: Said
    trace: Trace


#: To the decoder.
Question = Probe | Fingerprint | MakePreview | MakeFrame | Block | Unreadable
#: From the decoder.
Answer = (
    Ready
    | Read
    | Described
    | Fingerprinted
    | Piece
    | MadePreview
    | MadeFrame
    | NothingThere
    | TooLong
    | Refused
    | NoMemory
    | Fault
)
