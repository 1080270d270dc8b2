"""Matching against a large library: real fingerprints under made-up names, their windows made strange."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from benchmarks.cost.meter import Meter
from fingerprint.engine import ALGORITHM, Fingerprint, Query, match
from fingerprint.index.memory import MemoryIndex
from fingerprint.types import ReferenceKey, Windows
from streams.adapters.milvus.connect import connect
from streams.adapters.milvus.lite_server import LiteKeeper
from streams.adapters.milvus.scoped_index import SearchScope
from streams.pipeline.tasks.search import upsert_windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fingerprint.ports import FingerprintSource, WindowIndex
    from schemas.matches import Track

__all__ = ["Index", "match_large_library", "match_uploads"]

Index = Literal["memory", "Milvus Lite"]

#: How like a made-up window is to the real one: like enough to be proposed and looked at closely, as a worst case.
LIKENESS = 0.3

LIBRARY = "default"


@dataclass(frozen=True)
class MadeUp(Fingerprint):
    """A real fingerprint with strange windows."""

    seed: int = 0

    def windows(self) -> dict[Track, Windows]:
        """Return windows whose vectors are turned: alike among themselves as the real ones are, not to them."""
        draw = np.random.default_rng(self.seed)
        return {track: _turned(rows, draw) for track, rows in super().windows().items()}


def match_large_library(query: Query, real: Sequence[bytes], hours: float, index: Index) -> tuple[Meter, int]:
    """Match a query against a library of real fingerprints and as many made-up ones as fill the hours.

    Returns:
        The cost of matching alone, and the number of windows in the library.
    """
    library = dict(_library([Fingerprint.from_bytes(data) for data in real], hours))
    count = sum(len(rows.numbers) for one in library.values() for rows in one.windows().values())
    with _filled(library, real, index) as (windows, source), Meter() as meter:
        match(query, windows, source)
    return meter, count


def match_uploads(uploads: Mapping[str, Query], real: Mapping[str, bytes], references: int) -> Meter:
    """Match short uploads, one after the other, against so many references in memory.

    Args:
        uploads: Queries by the name of what each is taken from: that one reference is left out for it.
        real: Fingerprints by name; they come again with strange windows under made-up names where more are asked for.
        references: How many references there are.
    """
    index = MemoryIndex()
    for number, (name, data) in zip(range(references), itertools.cycle(real.items()), strict=False):
        one = Fingerprint.from_bytes(data)
        if number < len(real):
            index.add(name, one)
        else:
            parts: dict[str, Any] = {field.name: getattr(one, field.name) for field in fields(Fingerprint)}
            index.add(f"{name}-{number}", MadeUp(**parts, seed=number))
    with Meter() as meter:
        for name, query in uploads.items():
            match(query, index, index, exclude_media=name)
    return meter


def _library(real: Sequence[Fingerprint], hours: float) -> Iterator[tuple[ReferenceKey, Fingerprint]]:
    filled = 0.0
    for number, one in enumerate(itertools.cycle(real)):
        parts: dict[str, Any] = {field.name: getattr(one, field.name) for field in fields(Fingerprint)}
        yield ReferenceKey(LIBRARY, f"item-{number}", 1), MadeUp(**parts, seed=number) if number >= len(real) else one
        filled += one.duration
        if filled >= hours * 3600:
            return


@contextmanager
def _filled(
    library: dict[ReferenceKey, Fingerprint], real: Sequence[bytes], index: Index
) -> Iterator[tuple[WindowIndex, FingerprintSource]]:
    if index == "memory":
        memory = MemoryIndex()
        for key, one in library.items():
            memory.add(key.media_id, one)
        yield memory, memory
        return
    with TemporaryDirectory() as folder:
        keeper = LiteKeeper(Path(folder))
        keeper.start()
        vectors = connect("", Path(folder), algorithm=ALGORITHM)
        try:
            for key, one in library.items():
                upsert_windows(vectors, key, one.windows())
            yield SearchScope(vectors, {LIBRARY: ()}), _Stored(dict(zip(library, itertools.cycle(real), strict=False)))
        finally:
            vectors.close()
            keeper.stop()


@dataclass(frozen=True)
class _Stored:
    """A `FingerprintSource` that unpacks what it is asked for, as the service does."""

    data: dict[ReferenceKey, bytes]

    def load(self, key: ReferenceKey) -> Fingerprint | None:
        """Return the stored fingerprint."""
        data = self.data.get(key)
        return None if data is None else Fingerprint.from_bytes(data)


def _turned(rows: Windows, draw: np.random.Generator) -> Windows:
    length = rows.vectors.shape[1]
    signs = draw.choice([-1.0, 1.0], length).astype(np.float32)
    strange = rows.vectors[:, draw.permutation(length)] * signs
    vectors = LIKENESS * rows.vectors + np.sqrt(1 - LIKENESS**2) * strange
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return Windows(rows.numbers, rows.starts_ms, rows.ends_ms, unit.astype(np.float32))
