"""Reading a fingerprint file that somebody sends in place of media: as untrusted as media, with the same limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fingerprint.bounds import most_bytes
from fingerprint.codec import BadFingerprintError, FingerprintTooLargeError
from fingerprint.media.errors import MediaError
from fingerprint.model import Fingerprint
from fingerprint.parameters import parameter
from schemas.errors import ErrorCode

if TYPE_CHECKING:
    from typing import BinaryIO

    from fingerprint.media.limits import MediaLimits

__all__ = ["PARAMETERS", "FingerprintFileParameters", "read_fingerprint"]


@dataclass(frozen=True, slots=True)
class FingerprintFileParameters:
    """How a fingerprint file is read."""

    #: Bytes that are asked for at once.
    read_bytes: int = parameter(
        2**20, unit="bytes", low=2**12, high=2**26, source="a bound on cost; chosen, not measured"
    )


PARAMETERS = FingerprintFileParameters()


def read_fingerprint(file: BinaryIO, limits: MediaLimits) -> Fingerprint:
    """Return the fingerprint that a file holds, read from where the file stands.

    No more is read of it than the fingerprint of the longest accepted media takes.

    Args:
        file: The file, of whatever origin.
        limits: What media may cost.

    Raises:
        MediaError: It is no fingerprint that the engine could have made, one of longer media than is accepted, or one
            of media that has neither picture nor sound.
    """
    longest = limits.max_duration_s
    data = _beginning(file, most_bytes(longest) + 1)  # packed it is hardly larger: what is longer is no fingerprint
    try:
        fingerprint = Fingerprint.from_bytes(data, longest)
    except FingerprintTooLargeError as error:
        raise MediaError(ErrorCode.RESOURCE_TOO_LARGE, str(error)) from error
    except BadFingerprintError as error:
        raise MediaError(ErrorCode.RESOURCE_CONTENT_BAD, f"the fingerprint cannot be used: {error}") from error
    if not (fingerprint.has_picture or fingerprint.has_sound):
        raise MediaError(
            ErrorCode.RESOURCE_NOT_SUPPORTED,
            "the fingerprint has neither picture nor sound: make it again from media that has",
        )
    return fingerprint


def _beginning(file: BinaryIO, most: int) -> bytes:
    """Return a file's content, or as much of it as is wanted; a file of another machine gives it in parts."""
    data = bytearray()
    while part := file.read(min(PARAMETERS.read_bytes, most - len(data))):
        data += part
    return bytes(data)
