"""Opens media by its URL, wherever it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.adapters.sources.files import open_file
from streams.adapters.sources.http import open_http
from streams.adapters.sources.s3 import open_s3
from streams.redaction import redacted

if TYPE_CHECKING:
    from streams.egress.policy import SourcePolicy

__all__ = ["open_media"]


def open_media(url: str, policy: SourcePolicy) -> BinaryIO:
    """Return the media as a seekable binary file, open for reading; close it, or use it as a context manager.

    Args:
        url: A path (a relative one is looked up below the allowed folders), or a `file`, `http(s)` or `s3` URL.
        policy: What is allowed.

    Raises:
        MediaError: The place is not allowed, nothing is there, it is too large, or its server does not serve it. Reads
            from the file raise it too.
    """
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if scheme in {"", "file"}:
        return open_file(url, policy)
    if scheme in {"http", "https"}:
        return open_http(url, policy)
    if scheme == "s3":
        return open_s3(url, policy)
    raise MediaError(
        ErrorCode.RESOURCE_ACCESS, f"media is read from files, http(s):// and s3:// only, not from {redacted(url)}"
    )
