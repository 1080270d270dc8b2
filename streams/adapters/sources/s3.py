"""Objects in S3 and what speaks like it, through fsspec."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, cast

import fsspec

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.redaction import redacted

if TYPE_CHECKING:
    from streams.egress.policy import SourcePolicy

__all__ = ["open_s3"]

#: Bytes that one request reads, and how many such blocks stay in memory: FFmpeg goes to and fro between the index of
#: a file and its media, and between picture and sound.
BLOCK_BYTES = 2**20
BLOCKS_KEPT = 16


def open_s3(url: str, policy: SourcePolicy) -> BinaryIO:
    """Open an object with the credentials and the endpoint that the AWS variables and files name.

    Raises:
        MediaError: The place is not allowed, not there, refused or too large, or `s3fs` is not installed.
    """
    policy.check_bucket(url)
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
    except ImportError:
        raise MediaError(
            ErrorCode.RESOURCE_ACCESS, "s3:// needs the extra 's3': pip install 'mediadna[s3]' on every worker"
        ) from None
    try:
        policy.check_size(int(filesystem.info(path)["size"]), redacted(url))
        file = filesystem.open(
            path, "rb", block_size=BLOCK_BYTES, cache_type="background", cache_options={"maxblocks": BLOCKS_KEPT}
        )
    except FileNotFoundError:
        raise MediaError(ErrorCode.RESOURCE_NOT_FOUND, f"there is no object {redacted(url)}") from None
    except PermissionError:
        raise MediaError(
            ErrorCode.RESOURCE_ACCESS, f"{redacted(url)} is refused: check the worker's AWS credentials"
        ) from None
    return cast("BinaryIO", file)
