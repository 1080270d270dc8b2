"""Tasks that take away what is stored: a media item, what is in a library, the library itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.whole_job import make_context

from fingerprint.types import ReferenceKey, Windows
from schemas.matches import Track
from schemas.tasks import DropLibrary, EmptyLibrary, RemoveMedia
from streams.domain.search_scope import Scope
from streams.pipeline.tasks.remove import drop, empty, remove

if TYPE_CHECKING:
    from pathlib import Path

    from streams.pipeline.tasks.context import TaskContext

LIBRARIES = ("default", "films")


@pytest.fixture
def context(tmp_path: Path) -> TaskContext:
    """A store and an index of two libraries that hold two versions of each of two media items."""
    context = make_context(tmp_path)
    numbers = np.arange(3, dtype=np.int32)
    times = numbers * 1000
    windows = Windows(numbers, times, times + 1000, np.eye(3, 8, dtype=np.float32))
    for library in LIBRARIES:
        for media_id in ("one", "two"):
            for version in (1, 2):
                context.store.put(ReferenceKey(library, media_id, version), b"fingerprint")
                context.vectors.upsert(ReferenceKey(library, media_id, version), Track.PICTURE, windows)
    return context


def kept(context: TaskContext, library: str = "films") -> list[tuple[str, int]]:
    """Return what a library has: the same in store and index."""
    stored = [(key.media_id, key.version) for key in context.store.keys(library)]
    assert context.vectors.count(library) == 3 * len(stored)
    return stored


@pytest.mark.parametrize(("library", "left"), [("films", 4), (None, 3)])
def test_a_media_item_is_removed_up_to_a_version_from_one_library_or_from_all(
    context: TaskContext, library: str | None, left: int
) -> None:
    for _ in range(2):
        remove(RemoveMedia(job_id="r", media_id="one", library=library, version=1), context)
        assert kept(context) == [("one", 2), ("two", 1), ("two", 2)]
        assert len(kept(context, "default")) == left


def test_a_library_is_emptied_up_to_a_version(context: TaskContext) -> None:
    for _ in range(2):
        empty(EmptyLibrary(job_id="e", library="films", version=1), context)
        assert kept(context) == [("one", 2), ("two", 2)]
        assert len(kept(context, "default")) == 4


def test_a_library_that_is_being_deleted_is_dropped_with_all_that_is_in_it(context: TaskContext) -> None:
    for _ in range(2):
        drop(DropLibrary(job_id="d", library="films", version=1), replace(context, scope=Scope(droppable=True)))
        assert set(context.vectors.libraries()) | set(context.store.libraries()) == {"default"}


def test_what_was_put_into_a_library_that_was_made_anew_is_not_dropped_by_a_task_that_comes_late(
    context: TaskContext,
) -> None:
    drop(DropLibrary(job_id="d", library="films", version=1), context)
    assert kept(context) == [("one", 2), ("two", 2)]


def test_of_a_library_that_is_gone_there_is_nothing_to_drop(context: TaskContext) -> None:
    drop(DropLibrary(job_id="d", library="gone", version=1), context)
    assert len(kept(context)) == 4
