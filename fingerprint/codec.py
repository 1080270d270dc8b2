"""The binary form of fingerprints and chunks: named arrays, small, versioned, the same bytes for the same content."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np

from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = [
    "PARAMETERS",
    "Arrays",
    "BadFingerprintError",
    "CodecParameters",
    "FingerprintTooLargeError",
    "digest_of",
    "is_fingerprint",
    "pack",
    "rising",
    "stored",
    "unpack",
]

#: What every file starts with; the byte after it is the version of this format.
MAGIC = b"\x89MDNA"
VERSION = 1

#: Types that arrays may have.
DTYPES = frozenset({"|u1", "|i1", "<u2", "<i2", "<i4", "<f4", "<i8", "<f8", "<u4"})

#: Arrays that a file holds at the most: ours have sixteen. Each costs the reader some memory however short it is, so
#: that a file of nothing but names would fill it. The form that files are read in says so.
MAX_ARRAYS = 64

#: Axes that an array of a file has at the most: ours have two.
MAX_AXES = 8

#: Letters of a foreign name that an error quotes.
QUOTED_LENGTH = 20


@dataclass(frozen=True, slots=True)
class CodecParameters:
    """How much is packed and unpacked, and how well."""

    #: Arrays that are no longer than this once unpacked are let in: twelve hours of fingerprint, with room.
    max_unpacked_bytes: int = parameter(
        1 << 29,
        unit="bytes",
        low=1 << 27,
        high=1 << 32,
        source="a bound on cost: some 40 MB an hour unpacked at the most",
    )

    #: zlib's level for what is kept.
    kept_level: int = parameter(
        6, unit="level", low=0, high=9, source="a bound on cost: higher ones save 1 % and take three times as long"
    )

    #: zlib's level for what is soon gone and is JPEG for the most part: none.
    passing_level: int = parameter(
        0,
        unit="level",
        low=0,
        high=9,
        source="a bound on cost: a sixth is all there would be to save, for a thirtieth of a fingerprint's time",
    )


PARAMETERS = CodecParameters()

Arrays = dict[str, "NDArray[Any]"]


class BadFingerprintError(ValueError):
    """The bytes are no fingerprint, a damaged one, or one of another version."""


class FingerprintTooLargeError(BadFingerprintError):
    """The bytes may be a fingerprint, and hold more than one of media within the limits does."""


class _Array(msgspec.Struct, array_like=True):
    dtype: str
    shape: Annotated[tuple[Annotated[int, msgspec.Meta(ge=0)], ...], msgspec.Meta(max_length=MAX_AXES)]
    data: bytes


_Rows = Annotated[dict[str, _Array], msgspec.Meta(max_length=MAX_ARRAYS)]


def is_fingerprint(head: bytes) -> bool:
    """Tell whether a file that starts like this is a fingerprint, whatever its version."""
    return head.startswith(MAGIC)


def pack(kind: str, arrays: Mapping[str, NDArray[Any]], level: int | None = None) -> bytes:
    """Return arrays as bytes; `kind` says what they are, and the level is the one for what is kept."""
    rows = {name: _pack_array(array) for name, array in sorted(arrays.items())}
    body = msgspec.msgpack.encode((kind, rows))
    return MAGIC + bytes([VERSION]) + zlib.compress(body, PARAMETERS.kept_level if level is None else level)


def unpack(kind: str, data: bytes, most_bytes: int | None = None) -> Arrays:
    """Return the arrays that `pack` stored as this kind.

    Args:
        kind: What the bytes have to be.
        data: The bytes, of whatever origin.
        most_bytes: Bytes that the arrays may take once unpacked; no more than so many are ever unpacked.

    Raises:
        FingerprintTooLargeError: Unpacked it is larger than allowed.
        BadFingerprintError: The bytes are something else, damaged, or of another version.
    """
    if not is_fingerprint(data):
        raise BadFingerprintError("this is no fingerprint of MediaDNA")
    if data[len(MAGIC) : len(MAGIC) + 1] != bytes([VERSION]):
        raise BadFingerprintError("the fingerprint was made by another version: make it again from the media")
    body = _inflated(memoryview(data)[len(MAGIC) + 1 :], most_bytes)
    try:
        found, rows = msgspec.msgpack.decode(body, type=tuple[str, _Rows])
        arrays = {name: _unpack_array(row) for name, row in rows.items()}
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadFingerprintError(f"the fingerprint is damaged: {error}") from error
    if found != kind:
        raise BadFingerprintError(f"this holds a {found[:QUOTED_LENGTH]}, not a {kind}")
    return arrays


def stored(arrays: Mapping[str, NDArray[Any]], name: str, dtype: type[np.generic], *shape: int) -> NDArray[Any]:
    """Return one of the arrays that `unpack` gave, of a type and shape; -1 stands for any length.

    Raises:
        BadFingerprintError: It is missing, or has another type or shape: arrays that do not fit together are damaged
            ones, and a number that is converted may become another.
    """
    array = arrays.get(name)
    if array is None:
        raise BadFingerprintError(f"the fingerprint lacks {name}")
    if array.dtype != np.dtype(dtype):
        raise BadFingerprintError(f"the fingerprint's {name} has the type {array.dtype}, not {np.dtype(dtype)}")
    if len(array.shape) != len(shape) or any(
        want not in {-1, has} for want, has in zip(shape, array.shape, strict=True)
    ):
        raise BadFingerprintError(f"the fingerprint's {name} has the shape {array.shape}, not {shape}")
    return np.array(array)  # a copy: what `unpack` gives cannot be written to


def rising(steps: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the times that were stored as the steps between them, int32 `(n,)`.

    Raises:
        BadFingerprintError: They go back, or beyond what such numbers hold, where they would start over.
    """
    times = np.cumsum(steps, dtype=np.int64)
    if (steps < 0).any() or times[-1:].max(initial=0) > np.iinfo(np.int32).max:
        raise BadFingerprintError("the fingerprint's times are not in order")
    return times.astype(np.int32)


def digest_of(arrays: Mapping[str, NDArray[Any]], salt: str) -> str:
    """Return a hex digest of arrays; `salt` keeps versions of an algorithm apart."""
    digest = hashlib.sha256(salt.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"|{name}{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _inflated(data: memoryview, most_bytes: int | None) -> bytes:
    """Return what was packed, without ever holding more than so many bytes of it."""
    inflater = zlib.decompressobj()
    most = PARAMETERS.max_unpacked_bytes if most_bytes is None else min(PARAMETERS.max_unpacked_bytes, most_bytes)
    try:
        body = inflater.decompress(data, most)
    except zlib.error as error:
        raise BadFingerprintError(f"the fingerprint is damaged: {error}") from error
    if inflater.unconsumed_tail:
        raise FingerprintTooLargeError(f"the fingerprint is too large: unpacked it takes more than {most} bytes")
    if not inflater.eof:
        raise BadFingerprintError("the fingerprint is cut off")
    return body


def _pack_array(array: NDArray[Any]) -> _Array:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return _Array(little.dtype.str, array.shape, little.tobytes())


def _unpack_array(row: _Array) -> NDArray[Any]:
    if row.dtype not in DTYPES:
        raise BadFingerprintError(f"{row.dtype[:QUOTED_LENGTH]!r} is no type of a fingerprint's numbers")
    return np.frombuffer(row.data, np.dtype(row.dtype)).reshape(row.shape)
