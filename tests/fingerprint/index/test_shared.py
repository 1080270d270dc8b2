"""An index that several processes read is the one that was written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fingerprint.engine import match
from fingerprint.index.memory import MemoryIndex
from fingerprint.index.shared import read_index, write_index
from fingerprint.query import Query
from fingerprint.types import ReferenceKey
from schemas.matches import Track

KEY = ReferenceKey("default", "bikes", 1)


@pytest.fixture
def index(footage: dict[str, Path], fingerprinted: Callable[[Path], Query]) -> MemoryIndex:
    made = MemoryIndex()
    for name in ("carphone", "bikes"):
        made.add(name, fingerprinted(footage[name]).fingerprint)
    return made


@pytest.mark.integration
def test_what_is_read_answers_as_what_was_written(
    index: MemoryIndex, tmp_path: Path, footage: dict[str, Path], fingerprinted: Callable[[Path], Query]
) -> None:
    query = Query.of_fingerprint(fingerprinted(footage["bikes"]).fingerprint)
    before = match(query, index, index)
    write_index(index, tmp_path)
    read = read_index(tmp_path)
    assert match(query, read, read) == before
    assert before[0].media_id == "bikes"
    found = read.load(KEY)
    assert found is not None
    assert found.to_bytes() == query.fingerprint.to_bytes()


@pytest.mark.integration
def test_what_a_reader_adds_or_changes_is_its_own(index: MemoryIndex, tmp_path: Path) -> None:
    write_index(index, tmp_path)
    first, second = read_index(tmp_path), read_index(tmp_path)
    found, kept = first.load(KEY), second.load(KEY)
    assert found is not None
    assert found.picture is not None
    found.picture.codes[:] = 0
    first.add("again", found)
    assert first.load(ReferenceKey("default", "again", 1)) is not None
    assert second.load(ReferenceKey("default", "again", 1)) is None
    assert kept is not None
    assert kept.picture is not None
    assert kept.picture.codes.any()


def test_an_index_of_nothing_can_be_shared(tmp_path: Path) -> None:
    write_index(MemoryIndex(), tmp_path)
    found = read_index(tmp_path).search(Track.PICTURE, np.ones((1, 256), np.float32), limit=3)
    assert not len(found.scores)
