"""The binary form of fingerprints and chunks: named arrays, small, versioned, the same bytes for the same content."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["FAST_LEVEL", "Arrays", "BadFingerprintError", "digest_of", "is_fingerprint", "pack", "stored", "unpack"]

#: What every file starts with; the byte after it is the version of this format.
MAGIC = b"\x89MDNA"
VERSION = 1

#: Arrays that are no longer than this once unpacked are let in, bytes: twelve hours of fingerprint, with room.
MOST_BYTES = 1 << 29

#: Types that arrays may have.
DTYPES = frozenset({"|u1", "|i1", "<u2", "<i2", "<i4", "<f4", "<i8", "<f8", "<u4"})

#: zlib's level for what is kept: higher ones save 1 % and take three times as long.
LEVEL = 6

#: zlib's level for what is soon gone and is JPEG for the most part: none. A sixth is all there would be to save, for a
#: thirtieth of the time that a fingerprint takes.
FAST_LEVEL = 0

Arrays = dict[str, "NDArray[Any]"]


class BadFingerprintError(ValueError):
    """The bytes are no fingerprint, a damaged one, or one of another version."""


class _Array(msgspec.Struct, array_like=True):
    dtype: str
    shape: tuple[int, ...]
    data: bytes


def is_fingerprint(head: bytes) -> bool:
    """Tell whether a file that starts like this is a fingerprint, whatever its version."""
    return head.startswith(MAGIC)


def pack(kind: str, arrays: Mapping[str, NDArray[Any]], level: int = LEVEL) -> bytes:
    """Return arrays as bytes; `kind` says what they are."""
    rows = {name: _pack_array(array) for name, array in sorted(arrays.items())}
    body = msgspec.msgpack.encode((kind, rows))
    return MAGIC + bytes([VERSION]) + zlib.compress(body, level)


def unpack(kind: str, data: bytes) -> Arrays:
    """Return the arrays that `pack` stored as this kind.

    Raises:
        BadFingerprintError: The bytes are something else, damaged, or of another version.
    """
    if not is_fingerprint(data):
        raise BadFingerprintError("this is no fingerprint of MediaDNA")
    if data[len(MAGIC) : len(MAGIC) + 1] != bytes([VERSION]):
        raise BadFingerprintError("the fingerprint was made by another version: make it again from the media")
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(data[len(MAGIC) + 1 :], MOST_BYTES)
        if inflater.unconsumed_tail or not inflater.eof:
            raise BadFingerprintError("the fingerprint is cut off, or too large")
        found, rows = msgspec.msgpack.decode(body, type=tuple[str, dict[str, _Array]])
        if found != kind:
            raise BadFingerprintError(f"this holds a {found}, not a {kind}")
        return {name: _unpack_array(row) for name, row in rows.items()}
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise BadFingerprintError(f"the fingerprint is damaged: {error}") from error


def stored(arrays: Mapping[str, NDArray[Any]], name: str, dtype: type[np.generic], *shape: int) -> NDArray[Any]:
    """Return one of the arrays that `unpack` gave, of a type and shape; -1 stands for any length.

    Raises:
        BadFingerprintError: It is missing, or has another shape: arrays that do not fit together are damaged ones.
    """
    array = arrays.get(name)
    if array is None:
        raise BadFingerprintError(f"the fingerprint lacks {name}")
    if len(array.shape) != len(shape) or any(
        want not in {-1, has} for want, has in zip(shape, array.shape, strict=True)
    ):
        raise BadFingerprintError(f"the fingerprint's {name} has the shape {array.shape}, not {shape}")
    return np.asarray(array).astype(dtype)


def digest_of(arrays: Mapping[str, NDArray[Any]], salt: str) -> str:
    """Return a hex digest of arrays; `salt` keeps versions of an algorithm apart."""
    digest = hashlib.sha256(salt.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"|{name}{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _pack_array(array: NDArray[Any]) -> _Array:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return _Array(little.dtype.str, array.shape, little.tobytes())


def _unpack_array(row: _Array) -> NDArray[Any]:
    if row.dtype not in DTYPES:
        raise BadFingerprintError(f"{row.dtype} is no type of a fingerprint's numbers")
    return np.frombuffer(row.data, np.dtype(row.dtype)).reshape(row.shape)
