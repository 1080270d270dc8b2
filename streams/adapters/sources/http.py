"""Media on web servers: read by ranges where the server can, else fetched into a temporary file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from streams.adapters.sources.download_cache import KeptFile
from streams.adapters.sources.http_fetcher import Fetcher, Part
from streams.adapters.sources.range_reader import BLOCK_BYTES, RangedFile

if TYPE_CHECKING:
    from streams.egress.policy import SourcePolicy

__all__ = ["open_http"]

#: Bytes that small reads are put together to. FFmpeg reads more at once, which goes through without a copy.
BUFFER_BYTES = 64 * 1024

_kept = KeptFile()


def open_http(url: str, policy: SourcePolicy) -> BinaryIO:
    """Open an `http(s)` URL.

    Raises:
        MediaError: The place is not allowed, not there, refused, too large, or its server is too slow.
    """
    fetcher = Fetcher(url, policy)
    try:
        found = fetcher.part(0, BLOCK_BYTES)
        if isinstance(found, Part):
            return io.BufferedReader(RangedFile(fetcher, found), BUFFER_BYTES)
        file = _kept.open((url, found.size, found.version) if found.version else None, fetcher.whole)
    except BaseException:
        fetcher.close()
        raise
    fetcher.close()
    return file
