"""Collects hits from one or several searches into the engine's form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.types import Hits

if TYPE_CHECKING:
    from fingerprint.types import ReferenceKey

__all__ = ["HitCollector"]


@dataclass
class HitCollector:
    """Gathers hits, and keeps the best of each query vector."""

    _rows: list[int] = field(default_factory=list)
    _references: list[int] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)
    _scores: list[float] = field(default_factory=list)
    _keys: dict[ReferenceKey, int] = field(default_factory=dict)

    def add(self, row: int, key: ReferenceKey, number: int, start_ms: int, score: float) -> None:
        """Add one hit of the query vector with index `row`."""
        self._rows.append(row)
        self._references.append(self._keys.setdefault(key, len(self._keys)))
        self._numbers.append(number)
        self._starts.append(start_ms)
        self._scores.append(score)

    def best(self, limit: int) -> Hits:
        """Return the `limit` best hits of each query vector, by vector and then best first."""
        rows = np.array(self._rows, np.int32)
        scores = np.array(self._scores, np.float32)
        order = np.lexsort((-scores, rows))
        _, firsts, counts = np.unique(rows[order], return_index=True, return_counts=True)
        ranks = np.arange(len(order)) - np.repeat(firsts, counts)
        kept = order[ranks < limit]
        return Hits(
            rows=rows[kept],
            references=np.array(self._references, np.int32)[kept],
            numbers=np.array(self._numbers, np.int32)[kept],
            starts_ms=np.array(self._starts, np.int32)[kept],
            scores=scores[kept],
            keys=tuple(self._keys),
        )
