"""Backward searches over REST: asked for, followed, listed, ended; and refused in words where they cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from support.examples import job
from support.inline import InlineService

from schemas.commands import ItemMarks, MarkItem
from schemas.libraries import Library, LibraryItem, LibraryStatus
from schemas.tasks import ChunkResult, SearchBackwards, Task, TaskOutcome

API = "/api/v1"


def item(media_id: str, library: str = "films", **fields: Any) -> LibraryItem:
    return LibraryItem(library=library, media_id=media_id, version=7, job_id=f"j-{media_id}", **fields)


@pytest.fixture
def stocked(inline: InlineService) -> InlineService:
    """A service that holds a reference, and something to hold it against."""
    paused = Library(name="paused", status=LibraryStatus.PAUSED)
    inline.apply(
        libraries=[Library(name="films"), Library(name="ads"), paused],
        items=[
            item("original"),
            item("edit", "ads"),
            item("both"),
            item("both", "ads"),
            item("off", disabled=True),
            item("asleep", "paused"),
        ],
        jobs=[job("j9", media_id="matched-only")],
    )
    return inline


async def ask(client: AsyncTestClient[Any], media_id: str = "original", **params: str) -> Any:
    return await client.post(f"{API}/media/{media_id}/search-backwards", params=params)


async def work(inline: InlineService) -> None:
    """Do the batch that waits: nothing copies the reference."""

    def nothing(task: Task) -> ChunkResult:
        assert isinstance(task, SearchBackwards)
        return ChunkResult(task=task, outcome=TaskOutcome.DONE)

    inline.run_task = nothing
    await inline.work()


async def test_a_search_is_asked_for_followed_and_listed(client: AsyncTestClient[Any], stocked: InlineService) -> None:
    asked = await ask(client)
    assert asked.status_code == 202
    search = asked.json()
    assert (search["media_id"], search["library"], search["status"], search["items_total"]) == (
        "original",
        "films",
        "init",
        4,
    )
    place = f"{API}/backward-searches/{search['search_id']}"
    shown = await client.get(place)
    assert shown.json() == search
    assert (await client.get(place, headers={"If-None-Match": shown.headers["etag"]})).status_code == 304
    await work(stocked)
    assert (await client.get(place)).json()["status"] == "success"
    filters = {"media_id": "original", "library": "films", "status": "success"}
    listed = (await client.get(f"{API}/backward-searches", params=filters)).json()
    assert [one["search_id"] for one in listed["searches"]] == [search["search_id"]]
    for wrong in ({"media_id": "edit"}, {"library": "ads"}, {"status": "fail"}):
        assert (await client.get(f"{API}/backward-searches", params=wrong)).json()["searches"] == []


async def test_searches_are_listed_page_by_page_newest_first(
    client: AsyncTestClient[Any], stocked: InlineService
) -> None:
    made = []
    for _ in range(3):
        made.append((await ask(client)).json()["search_id"])
        await work(stocked)
    found: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = (await client.get(f"{API}/backward-searches", params=params)).json()
        found += [one["search_id"] for one in page["searches"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert sorted(found) == sorted(made)
    assert (await client.get(f"{API}/backward-searches", params={"cursor": "x"})).status_code == 400


async def test_asked_for_once_more_the_search_that_is_under_way_is_returned(
    client: AsyncTestClient[Any], stocked: InlineService
) -> None:
    first, second = [(await ask(client)).json()["search_id"] for _ in range(2)]
    assert first == second
    await work(stocked)
    assert (await ask(client)).json()["search_id"] != first


async def test_a_search_is_ended_once(client: AsyncTestClient[Any], stocked: InlineService) -> None:
    search = (await ask(client)).json()
    place = f"{API}/backward-searches/{search['search_id']}"
    ended = await client.post(f"{place}/cancel")
    assert (ended.status_code, ended.json()["status"]) == (200, "cancelled")
    again = await client.post(f"{place}/cancel")
    assert again.status_code == 409
    assert "cancelled" in again.json()["detail"]
    await work(stocked)
    assert (await client.get(place)).json() == ended.json()


@pytest.mark.parametrize(
    ("media_id", "params", "status", "words"),
    [
        ("nobody", {}, 404, "nothing is known"),
        ("original", {"library": "nowhere"}, 404, "there is no library"),
        ("matched-only", {}, 409, "no library stores"),
        ("original", {"library": "ads"}, 409, "does not store"),
        ("both", {}, 409, "ads, films"),
        ("off", {}, 409, "disabled"),
        ("asleep", {}, 409, "resume it"),
        ("original", {"librarry": "films"}, 400, "did you mean 'library'"),
    ],
)
@pytest.mark.usefixtures("stocked")
async def test_what_cannot_be_held_against_anything_is_refused_in_words(
    client: AsyncTestClient[Any], media_id: str, params: dict[str, str], status: int, words: str
) -> None:
    answer = await ask(client, media_id, **params)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert (await client.get(f"{API}/backward-searches")).json()["searches"] == []


@pytest.mark.usefixtures("stocked")
async def test_of_what_two_libraries_hold_the_one_that_is_named_is_meant(client: AsyncTestClient[Any]) -> None:
    assert (await ask(client, "both", library="ads")).json()["library"] == "ads"


async def test_a_search_that_nobody_knows_is_not_found(client: AsyncTestClient[Any]) -> None:
    assert (await client.get(f"{API}/backward-searches/nobody")).status_code == 404
    assert (await client.post(f"{API}/backward-searches/nobody/cancel")).status_code == 404


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, False),
        ({"purpose": "blocklist"}, True),
        ({"purpose": "blocklist", "searches_backwards": False}, False),
        ({"searches_backwards": True}, True),
        ({"purpose": "blocklist", "searches_backwards": None}, True),
    ],
)
async def test_a_library_searches_backwards_as_it_says_or_else_as_its_purpose_has_it(
    client: AsyncTestClient[Any], body: dict[str, Any], *, expected: bool
) -> None:
    made = await client.post(f"{API}/libraries", json={"name": "made", **body})
    assert made.json()["searches_backwards"] is expected
    for value, then in ((not expected, not expected), (None, body.get("purpose") == "blocklist")):
        changed = await client.patch(f"{API}/libraries/made", json={"searches_backwards": value})
        assert changed.json()["searches_backwards"] is then


async def test_a_person_lifts_what_the_flood_guard_has_said_of_an_item(
    client: AsyncTestClient[Any], stocked: InlineService
) -> None:
    await stocked.store("flooding", library="films")
    known = stocked.model.libraries.item("films", "flooding")
    assert known is not None
    await stocked.command(
        MarkItem(job_id="m", media_id="flooding", library="films", marks=ItemMarks(quarantined="too many"))
    )
    place = f"{API}/libraries/films/items/flooding"
    assert (await client.get(place)).json()["quarantined"] == "too many"
    refused = await client.patch(place, json={"quarantined": True})
    assert refused.status_code == 400
    lifted = await client.patch(place, json={"quarantined": False})
    assert (lifted.status_code, lifted.json()["quarantined"]) == (200, "")
    assert [event.active for event in stocked.quarantines] == [True, False]
