"""A task knows which libraries it searches, and which of those that its job names it does not."""

from __future__ import annotations

import msgspec
import pytest
from support.examples import TIME, request
from support.read_model import ReadModel

from schemas.coverage import Unsearched
from schemas.libraries import Library, LibraryItem, LibraryStatus
from schemas.tasks import DropLibrary, FinishJob, Probe
from streams.adapters.kafka.topics import Topics
from streams.domain.library_errors import LibraryPaused
from streams.domain.search_scope import Scope
from streams.services.library_scope import LibraryScopes


class UpToDate:
    """A read model that has read everything."""

    async def caught_up(self, topic: str) -> None:
        assert topic


def library(name: str, status: LibraryStatus = LibraryStatus.ACTIVE) -> Library:
    return Library(name=name, status=status, creation_time=TIME, update_time=TIME)


def item(name: str) -> LibraryItem:
    return LibraryItem(
        library=name, media_id="m", version=1, job_id="j", duration=1.0, creation_time=TIME, update_time=TIME
    )


async def scope_of(model: ReadModel, *search: str, kind: type[Probe | FinishJob] = FinishJob) -> Scope:
    asked = msgspec.structs.replace(request(), search=search)
    task = kind(job_id="j1", media_id="video", request=asked.spec)
    return await LibraryScopes(model, UpToDate(), Topics.of("test")).scope_of(task)


@pytest.fixture
def stocked(model: ReadModel) -> ReadModel:
    """A read model with libraries, of which one is paused and one holds an item."""
    model.apply(
        libraries=[library("default"), library("films"), library("ads", LibraryStatus.PAUSED)], items=[item("films")]
    )
    return model


async def test_a_library_that_holds_items_is_known_to(stocked: ReadModel) -> None:
    scope = await scope_of(stocked)
    assert [(one.name, one.holds_items) for one in scope.search] == [("default", False), ("films", True)]


async def test_a_job_that_names_no_library_misses_none_that_is_paused(stocked: ReadModel) -> None:
    assert (await scope_of(stocked)).unsearched == ()


async def test_named_libraries_that_are_paused_or_gone_by_now_are_told(stocked: ReadModel) -> None:
    scope = await scope_of(stocked, "films", "ads", "gone", "ads")
    assert [one.name for one in scope.search] == ["films"]
    assert scope.unsearched == (
        Unsearched(library="ads", reason="it was paused"),
        Unsearched(library="gone", reason="it was deleted"),
    )


@pytest.mark.parametrize(("name", "droppable"), [("old", True), ("films", False), ("gone", False)])
async def test_only_a_library_that_is_being_deleted_may_be_dropped(
    stocked: ReadModel, name: str, *, droppable: bool
) -> None:
    stocked.apply(libraries=[library("old", LibraryStatus.DELETING)])
    task = DropLibrary(job_id="d", library=name, version=1)
    scope = await LibraryScopes(stocked, UpToDate(), Topics.of("test")).scope_of(task)
    assert scope == Scope(droppable=droppable)


async def test_a_job_that_names_a_paused_library_does_not_begin(stocked: ReadModel) -> None:
    with pytest.raises(LibraryPaused):
        await scope_of(stocked, "ads", kind=Probe)
