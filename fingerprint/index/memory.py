"""An exact index in memory: for matching files against a folder, and what other indexes are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.parameters import parameter
from fingerprint.types import Hits, ReferenceKey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.model import Fingerprint
    from fingerprint.types import Windows
    from schemas.matches import Track

__all__ = ["PARAMETERS", "MemoryIndex", "MemoryIndexParameters"]


@dataclass(frozen=True, slots=True)
class MemoryIndexParameters:
    """How much is compared at once; what is found does not depend on it."""

    #: Query vectors compared at once: bounds the table of similarities.
    rows_at_once: int = parameter(256, unit="count", low=1, high=16_384, source="a bound on cost; chosen, not measured")

    #: Windows whose largest similarity is looked at first.
    group: int = parameter(
        64,
        unit="count",
        low=1,
        high=4096,
        source="a bound on cost: sorting out groups of so many is a tenth of sorting out windows",
    )


PARAMETERS = MemoryIndexParameters()


@dataclass
class _Rows:
    """The windows of one track, one media item after the other: vectors, numbers, starts and owners."""

    parts: list[tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]] = field(
        default_factory=list
    )

    def add(self, windows: Windows, owner: int) -> None:
        owners = np.full(len(windows.numbers), owner, np.int32)
        self.parts.append((windows.vectors, windows.numbers, windows.starts_ms, owners))

    def joined(self) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return all of them as one, and keep them only so from now on."""
        if len(self.parts) > 1:
            vectors, numbers, starts, owners = zip(*self.parts, strict=True)
            self.parts = [
                (np.concatenate(vectors), np.concatenate(numbers), np.concatenate(starts), np.concatenate(owners))
            ]
        return self.parts[0]


class MemoryIndex:
    """A `WindowIndex` and a `FingerprintSource` over fingerprints held in memory."""

    def __init__(self) -> None:
        self._fingerprints: dict[ReferenceKey, Fingerprint] = {}
        self._keys: list[ReferenceKey] = []
        self._rows: dict[Track, _Rows] = {}

    def add(self, media_id: str, fingerprint: Fingerprint, *, library: str = "default", version: int = 1) -> None:
        """Add a reference."""
        key = ReferenceKey(library, media_id, version)
        self._fingerprints[key] = fingerprint
        self._keys.append(key)
        for track, windows in fingerprint.windows().items():
            self._rows.setdefault(track, _Rows()).add(windows, len(self._keys) - 1)

    def join(self) -> None:
        """Get ready to be searched: the first search does it otherwise."""
        for rows in self._rows.values():
            rows.joined()

    def load(self, key: ReferenceKey) -> Fingerprint | None:
        """Return a fingerprint, see `FingerprintSource`."""
        return self._fingerprints.get(key)

    def search(
        self, track: Track, vectors: NDArray[np.float32], *, limit: int, exclude_media: str | None = None
    ) -> Hits:
        """Return the best windows, see `WindowIndex`."""
        nothing = np.zeros(0, np.int32)
        if track not in self._rows or not len(vectors):
            return Hits(nothing, nothing, nothing, nothing, nothing.astype(np.float32), ())
        stored, numbers, starts, owners = self._rows[track].joined()
        if exclude_media is not None:
            left = np.array([key.media_id != exclude_media for key in self._keys])[owners]
            stored, numbers, starts, owners = stored[left], numbers[left], starts[left], owners[left]
        limit = min(limit, len(stored))
        if not limit:
            return Hits(nothing, nothing, nothing, nothing, nothing.astype(np.float32), ())
        best, scores = [], []
        at_once = PARAMETERS.rows_at_once
        for first in range(0, len(vectors), at_once):
            chosen, values = _largest(vectors[first : first + at_once] @ stored.T, limit)
            order = np.argsort(-values, axis=1, kind="stable")
            best.append(np.take_along_axis(chosen, order, 1))
            scores.append(np.take_along_axis(values, order, 1))
        flat = np.concatenate(best).reshape(-1)
        return Hits(
            rows=np.repeat(np.arange(len(vectors), dtype=np.int32), limit),
            references=owners[flat],
            numbers=numbers[flat],
            starts_ms=starts[flat],
            scores=np.concatenate(scores).reshape(-1).astype(np.float32),
            keys=tuple(self._keys),
        )


def _largest(table: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the columns of the `count` largest numbers of each row, and the numbers, in any order.

    They lie in those `count` groups of columns whose largest numbers are the largest, so only these are sorted out.
    """
    size = PARAMETERS.group
    groups = table.shape[1] // size
    if groups <= count:
        chosen = np.argpartition(-table, count - 1, axis=1)[:, :count]
        return chosen, np.take_along_axis(table, chosen, 1)
    peaks = table[:, : groups * size].reshape(len(table), groups, size).max(2)
    best = np.argpartition(-peaks, count - 1, axis=1)[:, :count]
    inside = (best[:, :, None] * size + np.arange(size)).reshape(len(table), -1)
    rest = np.broadcast_to(np.arange(groups * size, table.shape[1]), (len(table), table.shape[1] % size))
    columns = np.hstack([inside, rest])
    values = np.take_along_axis(table, columns, 1)
    chosen = np.argpartition(-values, count - 1, axis=1)[:, :count]
    return np.take_along_axis(columns, chosen, 1), np.take_along_axis(values, chosen, 1)
