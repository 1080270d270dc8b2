"""Edit lists of MP4 and QuickTime files: whether they cut anything (ISO 14496-12, sections 4.2 and 8.6)."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["PARAMETERS", "EditListParameters", "cuts_nothing"]

#: Bytes of the head of a box: its size and its kind (ISO 14496-12).
BOX_HEAD_BYTES = 8

#: Bytes of the head of a box whose size takes 64 bits.
LARGE_BOX_HEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class EditListParameters:
    """What of an edit list is no cut, and how far damaged files are followed."""

    #: Sound may begin this far inside its samples: encoders run in for so long. More is a cut.
    run_in_s: float = parameter(
        0.1,
        unit="s",
        low=0.096,
        high=1.0,
        source="AAC runs in for 2,112 samples, of which there are 22,050 a second at worst",
    )

    #: Boxes of one level that are looked at. A damaged file may seem to have millions.
    max_boxes: int = parameter(
        1000, unit="count", low=100, high=100_000, source="a bound on cost: real files have some dozens"
    )


PARAMETERS = EditListParameters()


class _Box(NamedTuple):
    """Where the content of a box lies in the file."""

    start: int
    end: int


class _Clock(NamedTuple):
    """What the header of a movie, or of a track's media, says: ticks a second, and the length in ticks."""

    rate: int
    length: int


def cuts_nothing(file: BinaryIO) -> bool:
    """Tell whether each track's edit list, if it has one, plays all its samples once, from the start of the movie.

    Nearly all files are so: their edit lists only say how long encoders ran in.

    Args:
        file: Seekable binary file object. False for what is no MP4 or QuickTime file, or a damaged one.
    """
    whole = _Box(0, file.seek(0, io.SEEK_END))
    try:
        movie = _one(file, whole, b"moov")
        rate = _clock(file, _one(file, movie, b"mvhd")).rate
        return all(_plays_all(file, track, rate) for track in _inside(file, movie, b"trak"))
    except (LookupError, struct.error, ZeroDivisionError):
        return False


def _plays_all(file: BinaryIO, track: _Box, movie_rate: int) -> bool:
    lists = [entries for edits in _inside(file, track, b"edts") for entries in _inside(file, edits, b"elst")]
    if not lists:
        return True
    media = _one(file, track, b"mdia")
    rate, total = _clock(file, _one(file, media, b"mdhd"))
    version, count = _read(file, lists[0].start, ">B3xI")
    if len(lists) > 1 or count != 1:
        return False
    length, begin, speed, fraction = _read(file, lists[0].start + 8, ">Qqhh" if version else ">Iihh")
    rounding = rate / movie_rate + 1
    return (
        (speed, fraction) == (1, 0)
        and 0 <= begin <= max(PARAMETERS.run_in_s * rate, _delay(file, media))
        and begin + length * rate / movie_rate >= total - rounding
    )


def _delay(file: BinaryIO, media: _Box) -> int:
    """Return how long after its decoding the first sample is shown, ticks: pictures wait for others that need them."""
    table = _one(file, _one(file, media, b"minf"), b"stbl")
    offsets = next(_inside(file, table, b"ctts"), None)
    if offsets is None:
        return 0
    count, first = _read(file, offsets.start + 4, ">I4xi")
    return first if count else 0


def _clock(file: BinaryIO, header: _Box) -> _Clock:
    (version,) = _read(file, header.start, ">B")
    return _Clock(*_read(file, header.start + 4, ">16xIQ" if version else ">8xII"))


def _one(file: BinaryIO, box: _Box, kind: bytes) -> _Box:
    """Return the first box of a kind inside another.

    Raises:
        LookupError: There is none.
    """
    for found in _inside(file, box, kind):
        return found
    raise LookupError(kind)


def _inside(file: BinaryIO, box: _Box, wanted: bytes) -> Iterator[_Box]:
    """Yield the boxes of a kind inside another, in order."""
    start = box.start
    for _ in range(PARAMETERS.max_boxes):
        if start + BOX_HEAD_BYTES > box.end:
            return
        size, kind = _read(file, start, ">I4s")
        header = BOX_HEAD_BYTES
        if size == 1:
            (size,) = _read(file, start + header, ">Q")
            header = LARGE_BOX_HEAD_BYTES
        end = start + size if size else box.end
        if kind == wanted:
            yield _Box(start + header, min(end, box.end))
        start = max(end, start + header)


def _read(file: BinaryIO, position: int, form: str) -> tuple[Any, ...]:
    """Read what `struct` names.

    Raises:
        struct.error: The file ends before.
    """
    file.seek(position)
    return struct.unpack(form, file.read(struct.calcsize(form)))
