"""Media on web servers: read by ranges where the server can, else fetched into a temporary file."""

from __future__ import annotations

import io
import tempfile
from typing import TYPE_CHECKING, BinaryIO, cast

from streams.sources.fetch import Fetcher
from streams.sources.ranged import BLOCK_BYTES, RangedFile

if TYPE_CHECKING:
    from streams.sources.policy import SourcePolicy

__all__ = ["open_http"]

#: Bytes that small reads are put together to. FFmpeg reads more at once, which goes through without a copy.
BUFFER_BYTES = 64 * 1024


def open_http(url: str, policy: SourcePolicy) -> BinaryIO:
    """Open an `http(s)` URL.

    Raises:
        MediaError: The place is not allowed, not there, refused, too large, or its server is too slow.
    """
    fetcher = Fetcher(url, policy)
    try:
        first = fetcher.part(0, BLOCK_BYTES)
        if first is not None:
            return io.BufferedReader(RangedFile(fetcher, first), BUFFER_BYTES)
        file = _fetched(fetcher)
    except BaseException:
        fetcher.close()
        raise
    fetcher.close()
    return file


def _fetched(fetcher: Fetcher) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    try:
        fetcher.whole(cast("BinaryIO", file))
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return cast("BinaryIO", file)
