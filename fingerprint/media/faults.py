"""Whose fault it is when reading media raises: the media's, or that of the code around it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import av
import av.error

from fingerprint.media.errors import MediaError
from fingerprint.parameters import parameter
from schemas.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MEDIA_FAULTS",
    "PARAMETERS",
    "FaultsParameters",
    "blame_media",
    "claims_too_much",
    "is_media_fault",
    "is_memory_free",
    "is_out_of_memory",
    "reason_of",
    "unreadable",
]

#: What media makes FFmpeg and PyAV raise: errors of FFmpeg's own; bytes that are no text (codec tags), values out of
#: range, streams that appear in mid-file, forms of pictures and sound that PyAV does not know. Wrong types are not
#: among them: those are wrong calls.
MEDIA_FAULTS = (av.error.FFmpegError, ValueError, LookupError, ArithmeticError, RuntimeError)

#: What OpenCV calls it when it gets no memory (`cv::Error::StsNoMem`).
OPENCV_NO_MEMORY = -4

#: How libraries in C++ say so.
NO_MEMORY = ("std::bad_alloc", "bad allocation", "Failed to allocate memory")

#: Where PyAV lies. What of it is compiled names its files from the package on: `av/stream.py`.
PYAV = Path(av.__file__).parent


@dataclass(frozen=True, slots=True)
class FaultsParameters:
    """How damage is told from memory that is short."""

    #: Bytes that no reader of a container needs at once.
    spare_bytes: int = parameter(
        256 * 2**20,
        unit="bytes",
        low=16 * 2**20,
        high=2**31,
        source="the index of a film of a day, or a packet of it, is smaller",
    )


PARAMETERS = FaultsParameters()


def is_media_fault(error: BaseException) -> bool:
    """Tell whether media is to blame for an error that came up while it was read.

    It is for what FFmpeg reports, and for what is raised inside PyAV. The same kinds of errors from anywhere else are
    faults of ours, or of the place that the media is read from: these must not end a job for good, and must be seen.
    Memory that is not there is no fault of the media, whoever misses it: another try, or another limit, may have it.
    """
    if isinstance(error, MemoryError):
        return False
    if isinstance(error, av.error.FFmpegError):
        return True
    return isinstance(error, MEDIA_FAULTS) and _raised_in_pyav(error)


def claims_too_much(error: BaseException) -> bool:
    """Tell whether FFmpeg got no memory since damaged media claims to need more than there can be.

    A broken length names gigabytes: that is damage. Where memory is really short, plenty of it is not to be had.
    """
    if not isinstance(error, av.error.MemoryError):
        return False
    return is_memory_free(PARAMETERS.spare_bytes)


def is_memory_free(size: int) -> bool:
    """Tell whether so many bytes of memory are to be had."""
    try:
        bytearray(size)
    except MemoryError:
        return False
    return True


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that there is no memory, in the words of whichever library got none."""
    if isinstance(error, MemoryError) or getattr(error, "code", None) == OPENCV_NO_MEMORY:
        return True
    return any(words in str(error) for words in NO_MEMORY)


@contextmanager
def blame_media() -> Iterator[None]:
    """Turn whatever media makes PyAV raise into an error with a code; everything else passes as it is.

    Raises:
        MediaError: The media is to blame.
    """
    try:
        yield
    except MEDIA_FAULTS as error:
        if not is_media_fault(error):
            raise
        raise unreadable(error) from error


def unreadable(error: BaseException) -> MediaError:
    """Return the error of media that cannot be read, with the reason."""
    return MediaError(
        ErrorCode.RESOURCE_CONTENT_BAD,
        f"the file cannot be read as video or sound ({reason_of(error)}): it is damaged, cut short or something else",
    )


def reason_of(error: BaseException) -> str:
    """Return what an error says, in a few words."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _raised_in_pyav(error: BaseException) -> bool:
    """Tell whether the innermost code on the way of an error is PyAV's.

    PyAV calls back: what a file object raises passes through it, and begins in the file object's code.
    """
    innermost = None
    trace = error.__traceback__
    while trace is not None:
        innermost, trace = trace, trace.tb_next
    if innermost is None:
        return False
    place = PurePath(innermost.tb_frame.f_code.co_filename)
    return place.is_relative_to(PYAV) or place.parts[:1] == (PYAV.name,)
