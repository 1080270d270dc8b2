"""Has previews and pictures made by a process in a cage, and looks at what comes back before anybody uses it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, BinaryIO

from streams.adapters.decoder.answers import checked_jpeg
from streams.adapters.decoder.channel import GarbledError
from streams.adapters.decoder.client import CagedDecoder
from streams.adapters.decoder.messages import (
    MadeFrame,
    MadePreview,
    MakeFrame,
    MakePreview,
    NothingThere,
    Piece,
    TooLong,
)
from streams.adapters.decoder.previews.thumbnail import WIDEST
from streams.adapters.decoder.process import DecoderProcess
from streams.adapters.decoder.trade import Trade
from streams.ports.previews import LARGEST_PREVIEW, Form, NothingThereError, PreviewMade, SpanTooLongError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fingerprint.media.limits import MediaLimits

__all__ = ["CagedPreviewer"]

#: How far it gives way to fingerprinting, which has the system's own priority: a tenth of its share of a processor that
#: both want. Imports give way to it.
NICENESS = 10
#: Where an MP4 file has its first box, which says what it is (ISO 14496-12).
FILE_TYPE = slice(4, 8)


class _Receiver:
    """Takes the pieces of one file, and looks at what they begin with.

    Args:
        sink: Takes the bytes.
    """

    def __init__(self, sink: Callable[[bytes], None]) -> None:
        self._sink = sink
        self.size = 0
        self.failure: OSError | None = None

    def take(self, data: bytes) -> None:
        """Take the next bytes. What the sink fails with is kept: the other end is in the middle of its answer.

        Raises:
            GarbledError: It is no file of ours, or too large a one.
        """
        if not self.size and data[FILE_TYPE] != b"ftyp":
            raise GarbledError("a preview that is no MP4 file")
        self.size += len(data)
        if self.size > LARGEST_PREVIEW:
            raise GarbledError(f"a preview of more than {LARGEST_PREVIEW} bytes")
        if self.failure is None:
            try:
                self._sink(data)
            except OSError as error:
                self.failure = error


class CagedPreviewer(CagedDecoder):
    """A `Previewer` in a process of its own, which gives way to those that fingerprint.

    See `CagedDecoder`: use it from one thread, but for `interrupt`.
    """

    _receiver: _Receiver | None = None

    def interrupt(self) -> None:
        """End what is under way, from another thread: whoever waits for it is told that the decoder has ended."""
        process = self._process
        if process is not None:
            process.interrupt()

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
        """See `Previewer`.

        Raises:
            MediaError: The media cannot be had, or cannot be used.
            MemoryError: It takes more memory than there may be.
            SpanTooLongError: The span is too long.
            NothingThereError: The media ends before the span.
            DecoderError: The decoder failed.
            OSError: The sink failed.
        """
        receiver = self._receiver = _Receiver(sink)
        span = {"start": start, "end": end, "may_be_original": may_be_original}
        try:
            answer: MadePreview | TooLong | NothingThere = self._ask(
                MakePreview, MadePreview | TooLong | NothingThere, source, limits=limits, **span
            )
        finally:
            self._receiver = None
        made = self._checked(_made, answer, start, receiver.size, may_be_original)
        if receiver.failure is not None:
            raise receiver.failure
        return made

    def frame(self, source: BinaryIO, at: float, height: int, limits: MediaLimits) -> bytes:
        """See `Previewer`.

        Raises:
            MediaError: The media cannot be had, or cannot be used.
            MemoryError: It takes more memory than there may be.
            NothingThereError: There is no picture.
            DecoderError: The decoder failed.
        """
        answer: MadeFrame | NothingThere = self._ask(
            MakeFrame, MadeFrame | NothingThere, source, limits=limits, at=at, height=height
        )
        if isinstance(answer, NothingThere):
            raise NothingThereError
        return self._checked(checked_jpeg, answer.jpeg, WIDEST * height)

    def _new_process(self) -> DecoderProcess:
        return DecoderProcess(Trade.PREVIEWS, niceness=NICENESS)

    def _take(self, piece: Piece) -> None:
        if self._receiver is None:
            super()._take(piece)
        else:
            self._receiver.take(piece.data)


def _made(
    answer: MadePreview | TooLong | NothingThere,
    start: float,
    size: int,
    may_be_original: bool,  # noqa: FBT001 (as it was asked)
) -> PreviewMade:
    """Return what the decoder says that it has made, if it can be so.

    Raises:
        SpanTooLongError: It says so.
        NothingThereError: It says so.
        ValueError: It cannot be so.
    """
    match answer:
        case TooLong():
            raise SpanTooLongError(answer.seconds)
        case NothingThere():
            raise NothingThereError
        case MadePreview():
            is_original = answer.form is Form.ORIGINAL
            if is_original != (size == 0) or (is_original and not may_be_original):
                raise ValueError(f"a preview of {size} bytes, {answer.form}")
            if not (math.isfinite(answer.start) and 0 <= answer.start <= start):
                raise ValueError(f"a preview from {answer.start} s, not {start} s")
            return PreviewMade(answer.form, answer.start)
