"""Opens media by its URL, wherever it lies."""

from __future__ import annotations

import io
import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.adapters.sources.files import open_file
from streams.adapters.sources.http import open_http
from streams.adapters.sources.s3 import open_s3
from streams.redaction import redacted

if TYPE_CHECKING:
    from streams.egress.policy import SourcePolicy

__all__ = ["is_local", "media_version", "open_media"]


def is_local(file: BinaryIO) -> bool:
    """Whether opened media is a plain file of this machine, which can be read by more than one at a time."""
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except (OSError, AttributeError):  # also io.UnsupportedOperation
        return False


def media_version(file: BinaryIO) -> str:
    """Return what tells the content of opened media from any other that its place holds at another time.

    It is made of size and time of change for files, and of what its server says for others. The file is then at its
    beginning.
    """
    if is_local(file):
        found = os.fstat(file.fileno())
        return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}"
    raw = getattr(file, "raw", file)
    said = getattr(raw, "version", "") or getattr(raw, "details", "")
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return f"{size}-{said}"


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
