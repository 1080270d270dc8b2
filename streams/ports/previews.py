"""The port to what makes media that a browser can show: previews that play, and single pictures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from fingerprint.media.limits import MediaLimits

__all__ = [
    "LARGEST_PREVIEW",
    "LONGEST_PREVIEW_S",
    "LONGEST_SIDE",
    "Form",
    "NothingThereError",
    "PreviewMade",
    "Previewer",
    "SpanTooLongError",
]

#: Seconds of media that one preview spans: what a person looks at around a match, and what takes a minute or two to
#: make of ordinary video.
LONGEST_PREVIEW_S = 600.0
#: Bytes of one preview. Ten minutes that were encoded have 90 MB at the most; it is put together in memory.
LARGEST_PREVIEW = 128 * 2**20
#: Pixels of the longer side of a preview's picture: as large as one of two players side by side.
LONGEST_SIDE = 640


class Form(StrEnum):
    """How a preview came to be."""

    #: The media itself plays in browsers.
    ORIGINAL = "original"
    #: What is in the media was put into another container, as it is.
    COPY = "copy"
    #: Picture and sound were encoded anew, and smaller.
    ENCODED = "encoded"


@dataclass(frozen=True, slots=True)
class PreviewMade:
    """What came of a request for a preview.

    Attributes:
        form: How it came to be. Of `Form.ORIGINAL` there are no bytes: the media itself is to be shown.
        start: Second of the media's own clock that is second 0 of the preview.
    """

    form: Form
    start: float


class SpanTooLongError(Exception):
    """A preview would span more than it may.

    Attributes:
        seconds: What it would span.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s are more than {LONGEST_PREVIEW_S:.0f}")
        self.seconds = seconds


class NothingThereError(Exception):
    """The media has nothing to show at the seconds that were asked for."""


class Previewer(Protocol):
    """Makes previews and single pictures of media."""

    def preview(
        self,
        source: BinaryIO,
        start: float,
        end: float | None,
        limits: MediaLimits,
        *,
        may_be_original: bool,
        sink: Callable[[bytes], None],
    ) -> PreviewMade:
        """Make an MP4 file of the span `[start, end)` that every browser plays.

        Args:
            source: The media.
            start: Seconds on the media's own clock, as fingerprints count them.
            end: Seconds; None: where the media ends.
            limits: What the media may cost.
            may_be_original: Whether the media itself can be shown, where it plays as it is.
            sink: Called with the file's bytes, piece by piece in order.

        Raises:
            MediaError: The media cannot be had, or cannot be used.
            MemoryError: It takes more memory than there may be.
            SpanTooLongError: The span is longer than `LONGEST_PREVIEW_S`.
            NothingThereError: The media ends before the span.
        """
        ...

    def frame(self, source: BinaryIO, at: float, height: int, limits: MediaLimits) -> bytes:
        """Return the picture that is on show at a second, upright, as JPEG.

        Args:
            source: The media.
            at: Seconds on the media's own clock.
            height: Lines of the picture at the most; it is never enlarged.
            limits: What the media may cost.

        Raises:
            MediaError: The media cannot be had, or cannot be used.
            MemoryError: It takes more memory than there may be.
            NothingThereError: There is no picture.
        """
        ...
