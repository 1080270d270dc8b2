"""Makes a preview in the cheapest way that does: the media itself, a copy in another container, or encoded anew."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from fingerprint.media.errors import MediaError
from fingerprint.media.probe import probe
from schemas.errors import ErrorCode
from streams.adapters.decoder.previews.copy import CannotCopyError, copied
from streams.adapters.decoder.previews.encode import encoded
from streams.adapters.decoder.previews.fitness import fitness, fits
from streams.adapters.decoder.previews.mp4 import LargerThanMayBeError
from streams.ports.previews import LONGEST_PREVIEW_S, Form, NothingThereError, PreviewMade, SpanTooLongError

if TYPE_CHECKING:
    from typing import BinaryIO

    from fingerprint.media.limits import MediaLimits

__all__ = ["make_preview"]


def make_preview(
    source: BinaryIO, start: float, end: float | None, limits: MediaLimits, *, may_be_original: bool
) -> tuple[PreviewMade, memoryview]:
    """Return what became of the request, and the file's bytes; see `Previewer`.

    Raises:
        MediaError: The media cannot be used.
        MemoryError: It takes more memory than there is.
        NothingThereError: The media has nothing in the span.
        SpanTooLongError: The span is too long.
    """
    info = probe(source, limits)
    found = fitness(source, limits, info)
    if found.plays and may_be_original:
        return PreviewMade(Form.ORIGINAL, 0.0), memoryview(b"")
    end = info.duration if end is None else min(end, info.duration)
    if start >= end:
        raise NothingThereError
    if end - start > LONGEST_PREVIEW_S:
        raise SpanTooLongError(end - start)
    if found.holds_what_plays and fits(source, end - start, info):
        with suppress(CannotCopyError):
            begin, data = copied(source, start, end, limits)
            return PreviewMade(Form.COPY, begin), data
    try:
        return PreviewMade(Form.ENCODED, start), encoded(source, start, end, limits, info)
    except LargerThanMayBeError:
        raise MediaError(
            ErrorCode.RESOURCE_TOO_LARGE, "its preview would be larger than may be: ask for a shorter span"
        ) from None
