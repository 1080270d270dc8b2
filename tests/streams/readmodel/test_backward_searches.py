"""Backward searches in the read model, and the order in which they go through what is stored."""

from __future__ import annotations

from typing import Any

import msgspec
from support.examples import MATCH, TIME, job
from support.read_model import GoneSearch, ReadModel

from schemas.backward import BackwardSearch, Cursor
from schemas.jobs import JobStatus
from schemas.libraries import LibraryItem
from schemas.policies import Action, Ruling
from streams.readmodel.backward_searches import StoredItem

LATER = "2026-11-23T09:00:00.000Z"
SEARCH = BackwardSearch(
    search_id="s1",
    media_id="original",
    library="films",
    version=7,
    status=JobStatus.PROCESSING,
    items_done=2,
    creation_time=TIME,
    update_time=LATER,
)


def state(**fields: Any) -> BackwardSearch:
    return msgspec.structs.replace(SEARCH, **fields)


def stocked(model: ReadModel, *places: tuple[str, str]) -> None:
    model.apply(
        items=[LibraryItem(library=library, media_id=media, version=1, job_id="j") for library, media in places]
    )


def walk(model: ReadModel, limit: int) -> list[list[StoredItem]]:
    pages: list[list[StoredItem]] = []
    cursor: Cursor = None
    while True:
        found, more = model.backward_searches.items_after(cursor, media_id="original", limit=limit)
        pages.append(found)
        if not more:
            return pages
        cursor = (found[-1].library, found[-1].media_id)


def test_the_newest_state_is_kept_and_an_end_stays(model: ReadModel) -> None:
    model.apply(searches=[SEARCH])
    assert model.apply(searches=[SEARCH]) == []
    model.apply(searches=[state(items_done=1, update_time=TIME)])
    assert model.backward_searches.get("s1") == SEARCH
    ended = state(status=JobStatus.SUCCESS)
    model.apply(searches=[ended, state(update_time="2026-11-24T09:00:00.000Z")])
    assert model.backward_searches.get("s1") == ended
    assert model.backward_searches.unfinished() == []
    assert model.backward_searches.counts() == {
        "init": 0,
        "processing": 0,
        "success": 1,
        "fail": 0,
        "cancelled": 0,
    }


def test_a_search_that_is_forgotten_is_gone(model: ReadModel) -> None:
    model.apply(searches=[SEARCH])
    assert [one.kind for one in model.apply(searches=[GoneSearch("s1")])] == ["search"]
    assert model.backward_searches.of_media("original") == []


def test_every_item_is_come_by_once_whatever_the_pages_are(model: ReadModel) -> None:
    places = [(library, f"m{number}") for number in range(7) for library in ("ads", "films")]
    stocked(model, *places, ("films", "original"))
    model.apply(items=[LibraryItem(library="films", media_id="off", version=1, job_id="j", disabled=True)])
    assert model.backward_searches.count_items("original") == len(places)
    for limit in (1, 2, 3, 5, 100):
        found = [(item.library, item.media_id) for page in walk(model, limit) for item in page]
        assert found == sorted(places, key=lambda place: place[::-1])


def test_what_several_libraries_hold_of_one_media_item_is_on_one_page(model: ReadModel) -> None:
    stocked(model, *((library, f"m{number}") for number in range(5) for library in ("ads", "films")))
    for page in walk(model, 3):
        assert [item.library for item in page] == ["ads", "films"]


def test_going_through_what_is_stored_looks_at_nothing_before_the_cursor(model: ReadModel) -> None:
    plan = model._database.all(
        "EXPLAIN QUERY PLAN SELECT library, media_id, version FROM items WHERE NOT disabled AND media_id != ? "
        "AND (media_id, library) > (?, ?) ORDER BY media_id, library LIMIT ?",
        "original",
        "m",
        "l",
        10,
    )
    steps = " ".join(row["detail"] for row in plan)
    assert "SEARCH items USING INDEX items_by_media_and_library" in steps
    assert "TEMP B-TREE" not in steps


def test_media_that_copy_a_reference_are_counted_once_each_and_not_those_found_later(model: ReadModel) -> None:
    def copies(job_id: str, media_id: str, time: str, *, retroactive: bool = False) -> Any:
        ruling = Ruling(library=MATCH.library, reference=MATCH.media_id, action=Action.BLOCK, retroactive=retroactive)
        return job(job_id, media_id=media_id, time=time, matches=(MATCH,), rulings=(ruling,))

    eight, nine, ten = (f"2026-11-23T{hour}:00:00.000Z" for hour in ("08", "09", "10"))
    model.apply(
        jobs=[
            copies("j1", "a", eight),
            copies("j2", "b", nine),
            copies("j3", "b", ten),
            copies("j4", "c", ten),
            copies("j5", "d", ten, retroactive=True),
        ]
    )
    place = (MATCH.library, MATCH.media_id)
    assert model.matches.count_media(*place, after=eight, until=ten) == 2
    assert model.matches.count_media(*place, after="", until=ten) == 3
    assert model.matches.count_media(*place, after="", until=eight) == 1
    assert model.matches.count_media("another", MATCH.media_id, after="", until=ten) == 0
