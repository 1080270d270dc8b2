"""Backward searches, as the job agent leads them: whatever crashes on the way, each copy is told once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from support.examples import MATCH, TIME, submit
from support.inline import InlineService
from support.read_model import ReadModel

from schemas.backward import BackwardBatch, BackwardHit, BackwardSearch
from schemas.clock import utc_now
from schemas.commands import AddMatch, CancelBackwardSearch, Command, ItemMarks, MarkItem, StartBackwardSearch
from schemas.ids import backward_search_id
from schemas.jobs import JobStatus
from schemas.libraries import Library, LibraryItem, LibraryStatus, Purpose
from schemas.tasks import ChunkResult, SearchBackwards, Task, TaskOutcome


@dataclass
class Service(InlineService):
    """Finds that every stored item copies the reference, so many a task."""

    batch: int = 2
    found: list[AddMatch] = field(default_factory=list)
    dies: bool = False

    async def command(self, command: Command) -> None:
        if isinstance(command, AddMatch):
            self.found.append(command)
        await super().command(command)

    async def backward_search(self, search: BackwardSearch) -> None:
        if self.dies:
            raise ConnectionError("killed")
        await super().backward_search(search)

    def searching(self) -> list[SearchBackwards]:
        return [task for task in self.waiting if isinstance(task, SearchBackwards)]

    def result(self, task: SearchBackwards, **batch: Any) -> ChunkResult:
        items, more = self.model.backward_searches.items_after(task.cursor, media_id=task.media_id, limit=self.batch)
        hits = tuple(BackwardHit(media_id=item.media_id, match=MATCH) for item in items)
        last = items[-1] if items else None
        found = BackwardBatch(
            cursor=(last.library, last.media_id) if more and last else None, items=len(items), hits=hits
        )
        return ChunkResult(task=task, outcome=TaskOutcome.DONE, backward=msgspec.structs.replace(found, **batch))

    async def step(self) -> ChunkResult:
        """Do the next task of a search; return its result, which has been acted on."""
        task = next(task for task in self.waiting if isinstance(task, SearchBackwards))
        self.waiting.remove(task)
        result = self.result(task)
        await self.agent.on_result(result, now=utc_now())
        return result

    async def search_to_the_end(self) -> None:
        while self.searching():
            await self.step()

    def searches(self) -> list[BackwardSearch]:
        return self.model.backward_searches.page().searches


@pytest.fixture
def service(model: ReadModel) -> Service:
    """A service that holds five edits, and a blocklist."""
    service = Service(model)
    items = [LibraryItem(library="default", media_id=f"edit-{n}", version=1, job_id=f"j{n}") for n in range(5)]
    service.apply(libraries=[Library(name="default"), Library(name="films", purpose=Purpose.BLOCKLIST)], items=items)
    return service


async def stored(service: Service, library: str = "films") -> LibraryItem:
    """Have a job store the reference; its searches wait."""
    searching: list[Task] = []
    await service.request(submit("stores", media_id="original", library=library, requested_time=utc_now()).request)
    while service.waiting:
        task = service.waiting.pop(0)
        if isinstance(task, SearchBackwards):
            searching.append(task)
        else:
            await service.agent.on_result(service.run_task(task), now=utc_now())
            await service._settle()
    service.waiting += searching
    item = service.model.libraries.item(library, "original")
    assert item is not None
    return item


async def test_a_reference_that_comes_last_finds_every_edit_that_was_there_before(service: Service) -> None:
    item = await stored(service)
    await service.search_to_the_end()
    assert sorted(hit.media_id for hit in service.found) == [f"edit-{n}" for n in range(5)]
    (search,) = service.searches()
    assert search.search_id == backward_search_id("films", "original", item.version)
    assert (search.status, search.items_done, search.items_total, search.hits) == (JobStatus.SUCCESS, 5, 5, 5)


async def test_a_library_that_does_not_look_back_makes_no_search(service: Service) -> None:
    await stored(service, "default")
    assert (service.searches(), service.searching()) == ([], [])


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        (Library(name="films", searches_backwards=True), 1),
        (Library(name="films", purpose=Purpose.BLOCKLIST, searches_backwards=False), 0),
    ],
)
async def test_a_librarys_own_word_counts_more_than_its_purpose(
    service: Service, library: Library, expected: int
) -> None:
    service.apply(libraries=[library])
    await stored(service)
    assert len(service.searches()) == expected


async def test_a_mark_on_an_item_makes_no_search(service: Service) -> None:
    await stored(service)
    await service.search_to_the_end()
    mark = MarkItem(job_id="m", media_id="original", library="films", marks=ItemMarks(metadata={"title": "x"}))
    await service.command(mark)
    assert len(service.searches()) == 1
    assert not service.searching()


async def test_a_result_that_comes_once_more_neither_moves_a_search_nor_tells_anything_new(service: Service) -> None:
    await stored(service)
    result = await service.step()
    before = service.searches()
    await service.agent.on_result(result, now=utc_now())
    assert service.searches() == before
    assert (len(service.searching()), len(service.found)) == (1, 2)


async def test_a_worker_that_dies_before_it_has_kept_a_state_does_one_batch_again_and_tells_the_same(
    service: Service,
) -> None:
    await stored(service)
    (task,) = service.searching()
    service.dies = True
    with pytest.raises(ConnectionError):
        await service.step()
    service.dies = False
    await service.agent.on_result(service.result(task), now=utc_now())  # the message comes again
    await service.search_to_the_end()
    told = {(hit.job_id, hit.media_id) for hit in service.found}
    assert len(told) == 5
    assert (service.searches()[0].items_done, service.searches()[0].hits) == (5, 5)


async def test_a_search_that_is_taken_up_again_goes_on_where_it_has_come_to(service: Service) -> None:
    await stored(service)
    await service.step()
    service.waiting.clear()  # the broker is gone, and its messages with it
    (search,) = service.model.backward_searches.unfinished()
    again = StartBackwardSearch(job_id=search.search_id, media_id="original", library="films")
    await service.command(again)
    (task,) = service.searching()
    assert task.cursor == ("default", "edit-1")
    await service.search_to_the_end()
    assert sorted(hit.media_id for hit in service.found) == [f"edit-{n}" for n in range(5)]
    await service.command(again)
    assert not service.searching()


async def test_a_search_that_is_cancelled_ends_and_the_task_that_runs_on_leads_to_nothing(service: Service) -> None:
    await stored(service)
    (task,) = service.searching()
    (search,) = service.searches()
    await service.command(CancelBackwardSearch(job_id=search.search_id, media_id="original"))
    await service.agent.on_result(service.result(task), now=utc_now())
    (search,) = service.searches()
    assert (search.status, search.message, service.found) == (JobStatus.CANCELLED, "cancelled by request", [])


async def test_a_reference_that_is_replaced_meanwhile_ends_its_search_and_makes_another(service: Service) -> None:
    await stored(service)
    first = service.searches()[0].search_id
    service.waiting, waiting = [], service.waiting
    await service.request(submit("again", media_id="original", library="films", requested_time=utc_now()).request)
    while service.waiting and not isinstance(service.waiting[0], SearchBackwards):
        await service.agent.on_result(service.run_task(service.waiting.pop(0)), now=utc_now())
        await service._settle()
    service.waiting += waiting
    await service.search_to_the_end()
    states = {search.search_id: search for search in service.searches()}
    assert len(states) == 2
    assert states.pop(first).status is JobStatus.CANCELLED
    (newer,) = states.values()
    assert (newer.status, newer.hits) == (JobStatus.SUCCESS, 5)


async def test_a_reference_that_is_removed_meanwhile_ends_its_search_and_no_hit_is_told(service: Service) -> None:
    await stored(service)
    await service.libraries.remove("films", "original")
    await service.step()
    (search,) = service.searches()
    assert (search.status, service.found) == (JobStatus.CANCELLED, [])
    assert "removed" in search.message


async def test_searches_go_with_their_media_item(service: Service) -> None:
    await stored(service)
    await service.libraries.delete_media("original")
    assert service.searches() == []
    await service.step()
    assert (service.searches(), service.found) == ([], [])


async def test_a_paused_library_makes_a_search_that_says_what_to_do(service: Service) -> None:
    films = Library(name="films", purpose=Purpose.BLOCKLIST, status=LibraryStatus.PAUSED)
    service.apply(libraries=[films])
    await stored(service)
    (search,) = service.searches()
    assert search.status is JobStatus.CANCELLED
    assert "resume it" in search.message


async def test_a_search_whose_reference_went_before_it_began_ends_and_says_so(service: Service) -> None:
    await service.command(
        StartBackwardSearch(job_id="s1", media_id="nobody", library="films", requested_time=TIME, caller="token-1")
    )
    (search,) = service.searches()
    assert (search.search_id, search.status, search.caller) == ("s1", JobStatus.CANCELLED, "token-1")
