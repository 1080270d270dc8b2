"""The clean-up after a job: what the library holds stays, however often and however late the task comes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.examples import request
from support.examples import task as task_of
from support.whole_job import make_context

from fingerprint.types import ReferenceKey, Windows
from schemas.matches import Track
from schemas.tasks import CleanUp
from streams.domain.search_scope import Scope
from streams.pipeline.tasks.clean import clean

if TYPE_CHECKING:
    from pathlib import Path

    from streams.pipeline.tasks.context import TaskContext

OLD, NEW = ReferenceKey("default", "video", 1), ReferenceKey("default", "video", 2)


@pytest.fixture
def context(tmp_path: Path) -> TaskContext:
    """A store and an index that hold two versions of one media item."""
    context = make_context(tmp_path)
    for key in (OLD, NEW):
        context.store.put(key, b"fingerprint")
        numbers = np.arange(3, dtype=np.int32)
        times = numbers * 1000
        context.vectors.upsert(
            key, Track.PICTURE, Windows(numbers, times, times + 1000, np.eye(3, 8, dtype=np.float32))
        )
    return context


def clean_up(context: TaskContext, key: ReferenceKey, *, held: int, library_exists: bool = True) -> None:
    task = task_of(CleanUp, request("job", media_id=key.media_id), version=key.version)
    clean(task, replace(context, scope=Scope(held=held, library_exists=library_exists)))


def kept(context: TaskContext) -> tuple[list[int], int]:
    """Return the versions whose fingerprints are there, and how many windows are."""
    return [key.version for key in context.store.versions("default", "video")], context.vectors.count(
        "default", "video"
    )


def test_what_the_library_holds_stays_and_what_it_held_before_goes(context: TaskContext) -> None:
    for _ in range(3):
        clean_up(context, NEW, held=NEW.version)
        assert kept(context) == ([NEW.version], 3)


def test_a_job_that_stored_nothing_leaves_nothing_and_takes_nothing_from_the_library(context: TaskContext) -> None:
    for _ in range(3):
        clean_up(context, NEW, held=OLD.version)
        assert kept(context) == ([OLD.version], 3)


def test_the_late_clean_up_of_a_job_that_was_overtaken_leaves_the_newer_version(context: TaskContext) -> None:
    for _ in range(3):
        clean_up(context, OLD, held=NEW.version)
        assert kept(context) == ([NEW.version], 3)


def test_of_a_media_item_that_the_library_does_not_hold_only_the_jobs_own_version_goes(context: TaskContext) -> None:
    clean_up(context, NEW, held=0)
    assert kept(context) == ([OLD.version], 3)


def test_nothing_is_left_of_a_library_that_is_gone(context: TaskContext) -> None:
    clean_up(context, NEW, held=0, library_exists=False)
    assert kept(context) == ([], 0)
