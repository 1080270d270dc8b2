"""Fingerprints of the footage and of copies of it, made once in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fingerprint.chunking import fingerprint_media
from fingerprint.index.memory import MemoryIndex
from fingerprint.media.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fingerprint.query import Query

    Fingerprinted = Callable[[Path], Query]


@pytest.fixture(scope="session")
def fingerprinted(tmp_path_factory: pytest.TempPathFactory) -> Fingerprinted:
    """Fingerprint a file; the same file once in a run."""
    made: dict[Path, Query] = {}

    def fingerprint(path: Path) -> Query:
        if path not in made:
            made[path] = fingerprint_media(path, DEFAULT_LIMITS, tmp_path_factory.mktemp("chunks"))
        return made[path]

    return fingerprint


@pytest.fixture(scope="session")
def library(footage: dict[str, Path], fingerprinted: Fingerprinted) -> MemoryIndex:
    """Hold all footage, by its names."""
    index = MemoryIndex()
    for name, path in footage.items():
        index.add(name, fingerprinted(path).fingerprint)
    return index
