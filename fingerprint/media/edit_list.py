"""Edit lists of MP4 and QuickTime files: whether they cut anything (ISO 14496-12, sections 4.2 and 8.6)."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["cuts_nothing"]

#: Sound may begin this far inside its samples, seconds: encoders run in for so long (AAC 2,112 samples, of which there
#: are 22,050 a second at worst). More is a cut.
RUN_IN_S = 0.1

#: Boxes of one level that are looked at. Real files have some dozens; a damaged one may seem to have millions.
MOST_BOXES = 1000


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
        and 0 <= begin <= max(RUN_IN_S * rate, _delay(file, media))
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
    for _ in range(MOST_BOXES):
        if start + 8 > box.end:
            return
        size, kind = _read(file, start, ">I4s")
        header = 8
        if size == 1:
            (size,) = _read(file, start + header, ">Q")
            header = 16
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
