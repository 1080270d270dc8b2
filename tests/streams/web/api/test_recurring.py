"""Recurring content over REST: lists, and what moderators do with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from support.airings import AD_LIBRARY
from support.inline import InlineService
from support.moderation import moderated, of, problem
from support.recurring import Planted, broadcast, shows, stored
from support.tracks import SECONDS, picture, sound
from support.web_app import shared_app
from support.whole_job import make_context

from fingerprint.excerpt import excerpt
from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from schemas.jobs import JobStatus
from schemas.libraries import Library, Purpose
from schemas.rights import Right
from schemas.tasks import ChunkResult, Task
from streams.domain.search_scope import Assignment, Scope
from streams.pipeline.tasks.run import run_task
from streams.settings import Settings
from streams.web.services import Services

API = "/api/v1/recurring"
#: A sting that begins a second into the only medium whose fingerprint is stored, and is the end of two others.
MEDIA: dict[str, Planted] = {
    "one": {"sting": (0.0, 5.0)},
    "two": {"sting": (50.0, 5.0)},
    "three": {"sting": (90.0, 5.0)},
}
WHOLE = Fingerprint(SECONDS, picture(), sound())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Anna may store into libraries of ads, as ben may not."""
    settings = moderated(tmp_path)
    tokens = tmp_path / "tokens"
    tokens.write_text(tokens.read_text().replace("moderator anna", f"moderator+{Right.CURATE} anna"))
    return settings


@pytest.fixture
async def client(services: Services, inline: InlineService) -> AsyncIterator[AsyncTestClient[Any]]:
    """A client of anna's, where three shows have a sting in common."""
    inline.apply(libraries=[AD_LIBRARY, Library(name="forbidden", purpose=Purpose.BLOCKLIST)])
    shows(inline.model, MEDIA)
    async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
        client.headers["Authorization"] = "Bearer the-token-of-anna"
        yield client


async def listed(client: AsyncTestClient[Any], **filters: Any) -> list[dict[str, Any]]:
    answer = await client.get(API, params=filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["recurring"]
    return found


async def only(client: AsyncTestClient[Any]) -> str:
    (one,) = await listed(client)
    return f"{API}/{one['id']}"


async def test_what_recurs_is_shown_as_the_contract_has_it(client: AsyncTestClient[Any]) -> None:
    (one,) = await listed(client)
    assert one == {
        "id": one["id"],
        "state": "proposed",
        "duration": 5.0,
        "media": 3,
        "occurrences": [
            {"media_id": "one", "start": 0.0, "end": 5.0},
            {"media_id": "three", "start": 90.0, "end": 95.0},
            {"media_id": "two", "start": 50.0, "end": 55.0},
        ],
        "decision": None,
    }
    assert (await client.get(f"{API}/{one['id']}")).json() == one
    assert await listed(client, media_id="two", library="shows") == [one]
    assert await listed(client, media_id="four") == []
    assert await listed(client, library="ads") == []


async def test_lists_are_paged(client: AsyncTestClient[Any], inline: InlineService) -> None:
    others = {name: {"promo": (200.0, 30.0)} for name in ("four", "five", "six")}
    shows(inline.model, others)
    first = (await client.get(API, params={"limit": 1})).json()
    second = (await client.get(API, params={"limit": 1, "cursor": first["next"]})).json()
    assert len({first["recurring"][0]["id"], second["recurring"][0]["id"]}) == 2
    assert second["next"] is None
    assert "cursor" in problem(await client.get(API, params={"cursor": "none"}), 400)


async def test_what_is_not_there_is_not_found(client: AsyncTestClient[Any]) -> None:
    assert "list what there is" in problem(await client.get(f"{API}/none"), 404)
    for act in ("dismiss", "reopen"):
        problem(await client.post(f"{API}/none/{act}"), 404)
    problem(await client.post(f"{API}/none/promote", json={"library": "ads"}), 404)


async def test_what_is_dismissed_stays_so_until_it_is_taken_back(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    place = await only(client)
    dismissed = (await client.post(f"{place}/dismiss")).json()
    assert (dismissed["state"], dismissed["decision"]["who"]) == ("dismissed", "anna")
    inline.apply(jobs=[broadcast("four", 9, {"sting": (7.0, 5.0)}, MEDIA)])
    assert await listed(client) == []
    (there,) = await listed(client, state="dismissed")
    assert len(there["occurrences"]) == 4
    assert (await client.post(f"{place}/reopen")).json()["state"] == "proposed"
    assert await only(client) == place


async def test_readers_look_and_do_no_more(client: AsyncTestClient[Any]) -> None:
    place = await only(client)
    assert (await client.get(place, headers=of("carl"))).status_code == 200
    problem(await client.post(f"{place}/dismiss", headers=of("carl")), 403)
    problem(await client.post(f"{place}/promote", json={"library": "ads"}, headers=of("carl")), 403)


async def test_one_is_made_an_ad_out_of_a_stored_fingerprint(
    client: AsyncTestClient[Any], inline: InlineService, services: Services, settings: Settings
) -> None:
    services.store.put(ReferenceKey("shows", "one", 1), WHOLE.to_bytes())
    context = replace(make_context(settings.state), store=services.store)  # which has no place to read media from

    def done(task: Task) -> ChunkResult:
        item = inline.model.libraries.item("ads", "autumn-sale")
        scope = Scope(held=0 if item is None else item.version)
        return run_task(Assignment(task=task, scope=scope), context).result

    inline.run_task = done
    place = await only(client)
    answer = await client.post(f"{place}/promote", json={"library": "ads", "media_id": "autumn-sale"})
    assert answer.status_code == 202, answer.text
    promoted = answer.json()
    assert promoted["state"] == "promoted"
    assert (promoted["decision"]["library"], promoted["decision"]["media_id"]) == ("ads", "autumn-sale")
    assert await listed(client) == []

    await inline.work()

    job = inline.model.jobs.get(promoted["decision"]["job_id"])
    assert job is not None
    assert (job.status, job.message) == (JobStatus.SUCCESS, "OK")
    item = inline.model.libraries.item("ads", "autumn-sale")
    assert item is not None
    assert (item.duration, item.metadata["from"]) == (5.0, "one")
    kept = services.store.get(ReferenceKey("ads", "autumn-sale", item.version))
    assert kept is not None
    assert Fingerprint.from_bytes(kept).digest == excerpt(WHOLE, 0.0, 5.0).digest


async def test_what_cannot_be_promoted_is_refused_with_what_to_do(
    client: AsyncTestClient[Any], inline: InlineService, services: Services
) -> None:
    place = f"{await only(client)}/promote"
    assert "add one of these media items anew" in problem(await client.post(place, json={"library": "ads"}), 409)
    services.store.put(ReferenceKey("shows", "one", 1), b"none")
    problem(await client.post(place, json={"library": "ads"}), 409)
    assert "no library 'none'" in problem(await client.post(place, json={"library": "none"}), 404)
    for library in ("ads", "forbidden"):
        assert "curate" in problem(await client.post(place, json={"library": library}, headers=of("ben")), 403)
    inline.apply(items=[stored("there", "ads")])
    taken = await client.post(place, json={"library": "ads", "media_id": "there"})
    assert "give another media_id" in problem(taken, 409)
    assert len(await listed(client)) == 1
