"""Opens a media file with FFmpeg, on a short leash.

FFmpeg knows formats that are lists of other files or addresses (HLS, DASH, concat, numbered pictures), and takes file
names for addresses of many protocols. So it never gets a name: it reads through a Python file object, may open only
the containers listed here, and has nothing to open a second file with.
"""

from __future__ import annotations

import io
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import av
import av.error
import av.logging

from fingerprint.media.continuity import rewind, to_byte
from fingerprint.media.edit_list import cuts_nothing
from fingerprint.media.errors import MediaError
from fingerprint.media.faults import MEDIA_FAULTS, blame_media, claims_too_much, is_media_fault, unreadable
from fingerprint.media.packets import read_packets
from fingerprint.media.stream_selection import absent_kinds, appears, decoder_pixels
from fingerprint.parameters import parameter
from schemas.errors import ErrorCode
from schemas.limits import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer

    from fingerprint.media.limits import MediaLimits

__all__ = ["PARAMETERS", "ContainerParameters", "Source", "open_container"]

#: What media is read from: the path of a local file, or a seekable binary file object, which stays the caller's.
Source = str | Path | BinaryIO

#: Containers that hold their media in themselves. Everything that names other files stays out.
CONTAINERS = (
    "3g2", "3gp", "aac", "ac3", "aiff", "amr", "ape", "asf", "au", "avi", "caf", "dts", "dv", "eac3", "flac", "flv",
    "gif", "gxf", "h263", "h264", "hevc", "ivf", "m4v", "matroska", "mjpeg", "mov", "mp3", "mpeg", "mpegts",
    "mpegvideo", "mxf", "nut", "obu", "ogg", "rm", "tta", "vc1", "voc", "w64", "wav", "webm", "wtv", "wv", "xwma",
    "yuv4mpegpipe",
)  # fmt: skip

#: How files begin that only name other files, and that FFmpeg knows by their name alone, which it does not get.
PLAYLISTS = (b"#EXTM3U", b"<MPD", b"<SmoothStreamingMedia", b"[playlist]", b"<smil", b"<asx")

#: Containers in which a stream may begin anywhere, with no word about it before.
HEADLESS = frozenset({"mpegts", "mpeg", "flv"})


@dataclass(frozen=True, slots=True)
class ContainerParameters:
    """How much of a file is read to know what is in it."""

    #: Bytes of a file in which the beginning of a playlist is looked for.
    head_bytes: int = parameter(1024, unit="bytes", low=128, high=2**16, source="chosen, not measured")

    #: Bytes that one call into Python reads.
    read_bytes: int = parameter(
        128 * 1024,
        unit="bytes",
        low=4096,
        high=2**24,
        source="a bound on cost, which is per call; they are a fraction of a second of video",
    )

    #: Bytes of a recording that are looked at once more where FFmpeg finds no picture, or no sound, in the 5 MB that it
    #: looks at by itself.
    probed_further_bytes: int = parameter(
        64 * 2**20,
        unit="bytes",
        low=5 * 2**20,
        high=2**30,
        source="a bound on cost: to a recording that has none, and nothing to others; not measured",
    )

    #: Where that does not help, packets are looked at in so many places of the file.
    places: int = parameter(16, unit="count", low=1, high=1024, source="a bound on cost; chosen, not measured")

    #: So many in each.
    packets_per_place: int = parameter(
        64, unit="count", low=8, high=4096, source="a bound on cost: a second of most media"
    )

    #: What is found there is opened with all that lies before it, up to this size.
    max_probed_bytes: int = parameter(
        2**30, unit="bytes", low=2**26, high=2**34, source="a bound on cost: it takes seconds to read"
    )

    #: Pictures this many times over the limit are still looked at, so that they are said to be too large and not to be
    #: damaged.
    looked_at_times: int = parameter(
        4, unit="ratio", low=1, high=16, source="8K times 4 is 16K, the largest that codecs know"
    )

    #: Characters of another file's name that are repeated: media is untrusted.
    max_name_length: int = parameter(100, unit="count", low=10, high=1000, source="chosen, not measured")


PARAMETERS = ContainerParameters()

# FFmpeg writes about every broken packet. Errors are kept for who captures them (`decode_packet`), also those that say
# the same as the one before; nothing of it goes to the service's own log, whose size media must not decide.
av.logging.set_level(av.logging.ERROR)
av.logging.set_skip_repeated(False)
logging.getLogger("libav").setLevel(logging.CRITICAL + 1)


class _View:
    """Reads a file object from a position of its own, and has no name that FFmpeg could act on."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset += self._position
        elif whence == io.SEEK_END:
            offset += self._size
        self._position = max(0, offset)
        return self._position

    def read(self, size: int) -> bytes:
        if self._position >= self._size:  # headers name places that no file system has, and seeking there is an error
            return b""
        self._file.seek(self._position)
        data = self._file.read(size)
        self._position += len(data)
        return data


@contextmanager
def open_container(source: Source, limits: MediaLimits) -> Iterator[InputContainer]:
    """Open the media and yield FFmpeg's container; closes what it opened.

    This is where media is blamed: whatever it makes FFmpeg and PyAV raise, also while its container is in use, is an
    error with a code. Faults of the code that uses the container pass as they are.

    Raises:
        MediaError: There is no such file, it is empty or too large, FFmpeg cannot make out what it is, or it made
            FFmpeg or PyAV raise later.
    """
    if isinstance(source, str | Path):
        with _open_file(Path(source)) as file, _opened(file, limits) as container, blame_media():
            yield container
    else:
        with _opened(source, limits) as container, blame_media():
            yield container


def _open_file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        raise MediaError(
            ErrorCode.RESOURCE_NOT_FOUND, f"there is no file {path.name!r}: check the path of the media"
        ) from None
    except IsADirectoryError:
        raise MediaError(
            ErrorCode.RESOURCE_NOT_SUPPORTED, f"{path.name!r} is a folder: name a media file in it"
        ) from None
    except PermissionError:
        raise MediaError(
            ErrorCode.RESOURCE_ACCESS, f"{path.name!r} may not be read: give the worker read permission"
        ) from None


@contextmanager
def _opened(file: BinaryIO, limits: MediaLimits) -> Iterator[InputContainer]:
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise MediaError(ErrorCode.RESOURCE_CONTENT_BAD, "the file is empty (0 bytes): was its upload cut off?")
    if size > limits.max_bytes:
        raise MediaError(
            ErrorCode.RESOURCE_TOO_LARGE, f"the file has {size} bytes, more than the limit of {limits.max_bytes}"
        )
    container = _container(file, _options(file, limits))
    if container.format.name in HEADLESS and absent_kinds(container):
        container.close()
        container = _with_late_streams(file, _options(file, limits))
    with container:
        yield container


def _with_late_streams(file: BinaryIO, options: dict[str, str]) -> InputContainer:
    """Open media of which FFmpeg has found no picture, or no sound, with a longer look."""
    least = PARAMETERS.probed_further_bytes
    container = _container(file, {**options, **_further(least)})
    if container.size > least and absent_kinds(container):
        probed = _late_stream(container)
        container.close()  # it knows what it has met, and PyAV does not
        further = probed if probed is not None and probed <= PARAMETERS.max_probed_bytes else least
        container = _container(file, {**options, **_further(further)})
    rewind(container)
    return container


def _late_stream(container: InputContainer) -> int | None:
    """Return a number of bytes in which a picture or a sound begins that was not found; None where none is met."""
    absent, least = absent_kinds(container), PARAMETERS.probed_further_bytes
    for place in range(least, container.size, max(1, container.size // PARAMETERS.places)):
        if not to_byte(container, place):
            return None
        reached, met = place, False
        for packet in islice(read_packets(container, list(container.streams)), PARAMETERS.packets_per_place):
            reached = max(reached, packet.pos or 0)
            met = met or (packet.size > 0 and packet.stream.type in absent)
        if met or any(appears(container, kind) for kind in absent):
            return reached + least
    return None


def _container(file: BinaryIO, options: dict[str, str]) -> InputContainer:
    try:
        return av.open(
            _View(file),
            mode="r",
            options=options,
            metadata_errors="replace",
            buffer_size=PARAMETERS.read_bytes,
            io_open=_refuse,
        )
    except MEDIA_FAULTS as error:
        if not is_media_fault(error) and not claims_too_much(error):
            raise
        if isinstance(error, av.error.ArgumentError) or _is_playlist(file):
            raise MediaError(
                ErrorCode.RESOURCE_NOT_SUPPORTED,
                "the file is not in a format that holds video or sound by itself (a playlist, picture or document?)",
            ) from None
        raise unreadable(error) from None


def _further(probed: int) -> dict[str, str]:
    """Return the options of a look at so many bytes.

    A stream may begin anywhere in a recording, with no word about it before: a microphone that was switched on later.
    It is looked for as far as that is cheap; in transport streams past the first list of what is in them, after which
    FFmpeg by itself looks for nothing else. Packets that are read then are not kept: they would be a file in memory.
    """
    return {
        "probesize": str(probed),
        "analyzeduration": str(2**62),
        "scan_all_pmts": "1",
        "fflags": "nobuffer",
    }


def _options(file: BinaryIO, limits: MediaLimits) -> dict[str, str]:
    # max_pixels is for the decoders that FFmpeg runs, one picture each, while it looks at the streams
    options = {
        "format_whitelist": ",".join(CONTAINERS),
        "max_pixels": str(decoder_pixels(PARAMETERS.looked_at_times * limits.max_pixels)),
    }
    # A transport stream that was joined of several goes on with the streams of the next one in other places: those that
    # stand in the place of the ones before are taken for the same.
    options["merge_pmt_versions"] = "1"
    if cuts_nothing(file):
        # Otherwise FFmpeg lists all samples a second time, as they are shown: tens of MiB for a film of hours.
        options["advanced_editlist"] = "0"
    return options


def _is_playlist(file: BinaryIO) -> bool:
    file.seek(0)
    head = file.read(PARAMETERS.head_bytes).lower()
    return any(beginning.lower() in head for beginning in PLAYLISTS)


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    """Stand in for opening a second file, which no container on the list has a reason for."""
    _ = flags, options
    raise MediaError(
        ErrorCode.RESOURCE_NOT_SUPPORTED,
        f"the media is in another file, {cut(url, PARAMETERS.max_name_length)!r}, which is not opened: submit that one",
    )
