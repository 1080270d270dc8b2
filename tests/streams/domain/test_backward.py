"""How a backward search goes on: each result leads to one step, whatever comes twice, late, or out of step."""

from __future__ import annotations

import msgspec
import pytest
from support.examples import MATCH, TIME

from schemas.backward import BackwardBatch, BackwardHit, BackwardSearch
from schemas.commands import StartBackwardSearch
from schemas.errors import ErrorCode
from schemas.ids import backward_search_id
from schemas.jobs import JobStatus, Lane
from schemas.libraries import Library, LibraryItem, LibraryStatus
from schemas.tasks import ChunkResult, SearchBackwards, TaskOutcome
from streams.domain.backward import Progress, advanced, asked_for, began, cancelled, obstacle, task_of

LATER = "2026-11-23T09:00:00.000Z"
ITEM = LibraryItem(library="films", media_id="original", version=7, job_id="j1", update_time=TIME)
FILMS = Library(name="films")
TRIES = 3


def searching(**fields: object) -> BackwardSearch:
    return msgspec.structs.replace(began(ITEM, total=10, now=TIME).search, **fields)


def found(search: BackwardSearch, **batch: object) -> ChunkResult:
    return ChunkResult(task=task_of(search), outcome=TaskOutcome.DONE, backward=BackwardBatch(**batch))


def after(search: BackwardSearch, result: ChunkResult) -> Progress:
    progress = advanced(search, result, now=LATER, tries=TRIES)
    assert progress is not None
    return progress


def test_what_is_stored_once_more_makes_the_same_search() -> None:
    first, second = began(ITEM, total=10, now=TIME), began(ITEM, total=11, now=LATER)
    assert first.search.search_id == second.search.search_id == backward_search_id("films", "original", 7)
    newer = began(msgspec.structs.replace(ITEM, version=8), total=10, now=TIME)
    assert newer.search.search_id != first.search.search_id


def test_a_search_begins_at_the_first_item_and_on_the_lane_of_imports() -> None:
    task = began(ITEM, total=10, now=TIME).task
    assert task == SearchBackwards(
        job_id=backward_search_id("films", "original", 7), media_id="original", library="films", version=7, started=TIME
    )
    assert (task.lane, task.subject, task.cursor) == (Lane.IMPORT, "original", None)


def test_where_nothing_is_stored_a_search_has_ended_as_it_begins() -> None:
    progress = began(ITEM, total=0, now=TIME)
    assert (progress.search.status, progress.search.complete_time, progress.task) == (JobStatus.SUCCESS, TIME, None)


def test_a_batch_leads_to_the_next_one_and_tells_what_it_has_found() -> None:
    search = searching()
    hits = (BackwardHit(media_id="edit-1", match=MATCH), BackwardHit(media_id="edit-2", match=MATCH))
    progress = after(search, found(search, cursor=("default", "edit-2"), items=4, unreadable=1, hits=hits))
    now = progress.search
    assert (now.status, now.items_done, now.unreadable, now.hits) == (JobStatus.PROCESSING, 4, 1, 2)
    assert progress.task == msgspec.structs.replace(task_of(search), cursor=("default", "edit-2"))
    assert [(hit.media_id, hit.match) for hit in progress.hits] == [("edit-1", MATCH), ("edit-2", MATCH)]


def test_what_a_batch_has_found_is_told_under_the_same_ids_when_its_result_comes_once_more() -> None:
    search = searching()
    result = found(search, items=1, hits=(BackwardHit(media_id="edit-1", match=MATCH),))
    (once,), (twice,) = after(search, result).hits, after(search, result).hits
    (other,) = after(searching(search_id="another"), result).hits
    assert once.job_id == twice.job_id != other.job_id


def test_the_last_batch_ends_a_search_and_says_how_many_items_there_were() -> None:
    search = searching(status=JobStatus.PROCESSING, items_done=6, cursor=("default", "m6"))
    progress = after(search, found(search, items=3))
    now = progress.search
    assert (now.status, now.code, now.message, now.complete_time) == (JobStatus.SUCCESS, "0", "OK", LATER)
    assert (now.items_done, now.items_total, progress.task) == (9, 9, None)


def test_items_that_were_stored_since_it_began_do_not_make_it_more_than_done() -> None:
    search = searching()
    now = after(search, found(search, cursor=("default", "m"), items=14)).search
    assert (now.items_done, now.items_total) == (14, 14)


def test_what_could_not_be_read_is_counted_and_said() -> None:
    search = searching()
    assert after(search, found(search, items=3, unreadable=2)).search.message.startswith(
        "2 of 3 stored items could not"
    )


def test_a_result_that_comes_once_more_or_late_leads_to_nothing() -> None:
    search = searching()
    result = found(search, cursor=("default", "m4"), items=4)
    on = after(search, result).search
    assert advanced(on, result, now=LATER, tries=TRIES) is None
    ended = cancelled(search, "enough", now=LATER).search
    assert advanced(ended, result, now=LATER, tries=TRIES) is None


def test_a_task_is_tried_again_and_then_its_search_fails_and_says_why() -> None:
    search = searching()
    failing = ChunkResult(task=task_of(search), outcome=TaskOutcome.RETRY, code=ErrorCode.TIMEOUT, message="too slow")
    again = after(search, failing)
    assert (again.search, again.task) == (search, task_of(search, attempt=1))
    last = msgspec.structs.replace(failing, task=task_of(search, attempt=TRIES - 1))
    now = after(search, last).search
    assert (now.status, now.code, now.message) == (JobStatus.FAIL, ErrorCode.TIMEOUT, "too slow")


def test_nothing_stands_in_the_way_of_a_reference_that_is_where_it_was() -> None:
    assert obstacle(ITEM, FILMS, version=7) == ""


@pytest.mark.parametrize(
    ("item", "library", "words"),
    [
        (None, FILMS, "removed"),
        (ITEM, None, "removed"),
        (msgspec.structs.replace(ITEM, version=8), FILMS, "replaced by a newer version"),
        (msgspec.structs.replace(ITEM, disabled=True), FILMS, "disabled"),
        (ITEM, msgspec.structs.replace(FILMS, status=LibraryStatus.PAUSED), "resume it"),
    ],
)
def test_a_reference_that_is_not_matched_any_more_ends_its_search(
    item: LibraryItem | None, library: Library | None, words: str
) -> None:
    assert words in obstacle(item, library, version=7)


def test_a_search_that_is_asked_for_has_its_own_id_and_says_who_asked() -> None:
    command = StartBackwardSearch(
        job_id="s1", media_id="original", library="films", requested_time=TIME, caller="token-1"
    )
    search = asked_for(command, ITEM, total=10, now=LATER).search
    assert (search.search_id, search.caller, search.version, search.creation_time) == ("s1", "token-1", 7, TIME)
    assert asked_for(command, None, total=10, now=LATER).search.version == 0
