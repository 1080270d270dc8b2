"""Libraries, their items and media items over REST, with the registry and the state machine behind it."""

from __future__ import annotations

import pytest
from litestar.testing import AsyncTestClient
from support.inline import InlineService
from support.read_model import ReadModel

from fingerprint.types import ReferenceKey
from schemas.jobs import JobRequest, JobStatus
from schemas.libraries import Library
from schemas.limits import LARGEST_METADATA
from schemas.tasks import RemoveMedia, TaskKind
from streams.web.paths import in_path
from streams.web.services import Services

API = "/api/v1"


def rows(model: ReadModel) -> dict[str, int]:
    tables = ("jobs", "live_matches", "matches", "completions", "items", "deliveries")
    counts = (model._database.one(f"SELECT count(*) AS n FROM {table}") for table in tables)  # noqa: S608 (our own names)
    return {table: row["n"] for table, row in zip(tables, counts, strict=True) if row is not None and row["n"]}


async def make(client: AsyncTestClient, name: str = "films", **fields: object) -> None:
    assert (await client.post(f"{API}/libraries", json={"name": name, **fields})).status_code == 201


async def test_a_library_is_made_shown_changed_and_listed(client: AsyncTestClient) -> None:
    body = {"name": "our films", "purpose": "original", "match_threshold": 0.7}
    made = await client.post(f"{API}/libraries", json=body)
    assert (made.status_code, made.headers["location"]) == (201, f"{API}/libraries/our%20films")
    shown = (await client.get(made.headers["location"])).json()
    assert (shown["purpose"], shown["status"], shown["match_threshold"]) == ("original", "active", 0.7)
    changed = await client.patch(made.headers["location"], json={"description": "ours"})
    assert (changed.json()["description"], changed.json()["match_threshold"]) == ("ours", 0.7)
    listed = (await client.get(f"{API}/libraries")).json()["libraries"]
    assert [(one["name"], one["items"]) for one in listed] == [("default", 0), ("our films", 0)]


async def test_a_name_is_given_once(client: AsyncTestClient) -> None:
    await make(client)
    assert (await client.post(f"{API}/libraries", json={"name": "films"})).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "a/b"},
        {"name": "a\u0000"},
        {"name": "x" * 101},
        {"name": "x", "purpose": "fun"},
        {"name": "x", "match_threshold": 1.5},
        {"name": "x", "minimum_match_length": -1},
        {"name": "x", "status": "paused"},
    ],
)
async def test_a_library_that_is_not_valid_is_refused_and_not_made(client: AsyncTestClient, body: object) -> None:
    answer = await client.post(f"{API}/libraries", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert len((await client.get(f"{API}/libraries")).json()["libraries"]) == 1


@pytest.mark.parametrize("name", [".", ".."])
async def test_a_name_that_no_address_can_hold_is_refused_in_words(
    client: AsyncTestClient, inline: InlineService, name: str
) -> None:
    media = {"media_id": name, "url": "file:///a.mp4"}
    for path, body in (("libraries", {"name": name}), ("jobs", media), ("libraries/default/items", media)):
        answer = await client.post(f"{API}/{path}", json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
        assert f"cannot be called {name!r}" in answer.json()["detail"]
        assert "another name" in answer.json()["detail"]
    sent = await client.post(f"{API}/uploads", data={"media_id": name}, files={"file": b"media"})
    assert (sent.status_code, "cannot be called" in sent.json()["detail"]) == (400, True)
    assert [one.name for one in inline.model.libraries.all()] == ["default"]
    assert inline.model.jobs.page().jobs == []


@pytest.mark.parametrize("name", [" ", "\u3000", "clip\n", "a\x85b", "a\x1fb"])
async def test_a_name_that_another_door_refuses_is_refused(
    client: AsyncTestClient, inline: InlineService, name: str
) -> None:
    media = {"media_id": name, "url": "file:///a.mp4"}
    for path, body in (("libraries", {"name": name}), ("jobs", media), ("libraries/default/items", media)):
        answer = await client.post(f"{API}/{path}", json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert [one.name for one in inline.model.libraries.all()] == ["default"]
    assert inline.model.jobs.page().jobs == []


@pytest.mark.parametrize("name", ["...", ".hidden", "a..b", "..a", " .."])
async def test_other_names_with_full_stops_are_as_good_as_any(client: AsyncTestClient, name: str) -> None:
    await make(client, name)
    assert (await client.get(f"{API}/libraries/{in_path(name)}")).json()["name"] == name


async def test_what_bears_such_a_name_from_before_is_still_listed(
    client: AsyncTestClient, inline: InlineService
) -> None:
    inline.model.apply(libraries=[Library(name="..")])
    await inline.store("..")
    assert ".." in [one["name"] for one in (await client.get(f"{API}/libraries")).json()["libraries"]]
    items = (await client.get(f"{API}/libraries/default/items")).json()["items"]
    assert [one["media_id"] for one in items] == [".."]
    assert ">..</bdi></a>" in (await client.get("/jobs", params={"media_id": ".."})).text


async def test_a_paused_library_is_not_to_be_searched_until_it_is_resumed(client: AsyncTestClient) -> None:
    await make(client)
    job = {"media_id": "clip", "url": "file:///clip.mp4", "search": ["films"]}
    assert (await client.post(f"{API}/libraries/films/pause")).json()["status"] == "paused"
    refused = await client.post(f"{API}/jobs", json=job)
    assert (refused.status_code, "paused" in refused.json()["detail"]) == (400, True)
    assert (await client.post(f"{API}/libraries/films/resume")).json()["status"] == "active"
    assert (await client.post(f"{API}/jobs", json=job)).status_code == 202


@pytest.mark.parametrize("field", [{"library": "nowhere"}, {"search": ["nowhere"]}])
async def test_a_job_that_names_an_unknown_library_is_refused_and_not_made(
    client: AsyncTestClient, model: ReadModel, field: dict[str, object]
) -> None:
    answer = await client.post(f"{API}/jobs", json={"media_id": "clip", "url": "file:///clip.mp4", **field})
    assert (answer.status_code, "nowhere" in answer.json()["detail"]) == (400, True)
    assert model.jobs.page().jobs == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/libraries/nowhere"),
        ("PATCH", "/libraries/nowhere"),
        ("DELETE", "/libraries/nowhere"),
        ("POST", "/libraries/nowhere/pause"),
        ("POST", "/libraries/nowhere/purge"),
        ("GET", "/libraries/nowhere/items"),
        ("GET", "/libraries/nowhere/items/video"),
        ("GET", "/libraries/default/items/nothing"),
        ("PATCH", "/libraries/default/items/nothing"),
        ("DELETE", "/libraries/default/items/nothing"),
        ("DELETE", "/media/nothing"),
        ("GET", "/media/nothing/fingerprint"),
        ("GET", "/dead-letters/nothing"),
        ("POST", "/dead-letters/nothing/replay"),
    ],
)
async def test_what_is_not_there_is_not_found(client: AsyncTestClient, method: str, path: str) -> None:
    body = {"json": {}} if method == "PATCH" else {}
    answer = await client.request(method, API + path, **body)
    assert (answer.status_code, answer.json()["status"], bool(answer.json()["detail"])) == (404, 404, True)


async def test_items_are_listed_in_pages_whose_cursors_no_other_list_takes(
    client: AsyncTestClient, inline: InlineService
) -> None:
    for number in range(5):
        await inline.store(f"video-{number}")
    first = (await client.get(f"{API}/libraries/default/items", params={"limit": 3})).json()
    second = (await client.get(f"{API}/libraries/default/items", params={"cursor": first["next"]})).json()
    seen = [item["media_id"] for item in first["items"] + second["items"]]
    assert (sorted(seen), second["next"]) == ([f"video-{number}" for number in range(5)], None)
    assert (await client.get(f"{API}/jobs", params={"cursor": first["next"]})).status_code == 400


async def test_an_item_is_disabled_enabled_and_described(client: AsyncTestClient, inline: InlineService) -> None:
    await inline.store("video", metadata={"title": "a"})
    place = f"{API}/libraries/default/items/video"
    assert (await client.patch(place, json={"disabled": True})).json()["disabled"] is True
    assert inline.model.libraries.disabled("default") == ["video"]
    changed = (await client.patch(place, json={"disabled": False, "metadata": {"title": "b"}})).json()
    assert (changed["disabled"], changed["metadata"]) == (False, {"title": "b"})
    assert inline.model.libraries.disabled("default") == []


async def test_an_unchanged_item_is_not_sent_again(client: AsyncTestClient, inline: InlineService) -> None:
    await inline.store("video")
    place = f"{API}/libraries/default/items/video"
    tag = (await client.get(place)).headers["etag"]
    assert (await client.get(place, headers={"If-None-Match": f'"x", {tag}'})).status_code == 304
    await client.patch(place, json={"disabled": True})
    assert (await client.get(place, headers={"If-None-Match": tag})).status_code == 200


async def test_an_item_that_is_added_is_stored_by_a_job(client: AsyncTestClient, model: ReadModel) -> None:
    await make(client)
    body = {"media_id": "video", "url": "file:///a.mp4", "metadata": {"title": "a"}}
    answer = await client.post(f"{API}/libraries/films/items", json=body)
    job = model.jobs.get(answer.json()["job_id"])
    assert (answer.status_code, answer.headers["location"]) == (202, f"{API}/jobs/{answer.json()['job_id']}")
    assert job is not None
    assert (job.request.library, job.request.save_type, job.request.metadata) == ("films", "onlysave", {"title": "a"})


async def test_removing_an_item_leaves_the_other_libraries(client: AsyncTestClient, inline: InlineService) -> None:
    await make(client)
    await inline.store("video")
    await inline.store("video", "films")
    assert (await client.delete(f"{API}/libraries/films/items/video")).status_code == 204
    assert [item.library for item in inline.model.libraries.items_of("video")] == ["default"]
    (task,) = [task for task in inline.removals if task.kind is TaskKind.REMOVE]
    assert isinstance(task, RemoveMedia)
    assert (task.library, task.media_id) == ("films", "video")


async def test_deleting_a_media_item_leaves_nothing_of_it(
    client: AsyncTestClient, inline: InlineService, model: ReadModel
) -> None:
    await inline.store("bystander")
    before, table = rows(model), dict(inline.table)
    await make(client)
    await inline.store("video")
    await inline.store("video", "films")
    assert (await client.delete(f"{API}/media/video")).status_code == 204
    assert (rows(model), inline.table) == (before, table)
    assert (await client.delete(f"{API}/media/video")).status_code == 404


async def test_purging_a_library_ends_its_jobs_and_leaves_it_empty(
    client: AsyncTestClient, inline: InlineService, model: ReadModel
) -> None:
    await make(client)
    for number in range(3):
        await inline.store(f"video-{number}", "films")
    await inline.store("other")
    for library in ("films", "default"):
        request = JobRequest(job_id=f"into-{library}", media_id=library, file_url="file:///x", library=library)
        await inline.request(request)
    assert (await client.post(f"{API}/libraries/films/purge")).json()["items"] == 0
    ended = {name: model.jobs.get(f"into-{name}") for name in ("films", "default")}
    assert [job.status for job in ended.values() if job] == [JobStatus.CANCELLED, JobStatus.INIT]
    assert model.libraries.count("default") == 1
    assert [task.kind for task in inline.removals if task.kind is not TaskKind.CLEAN] == [TaskKind.EMPTY]
    assert (await client.get(f"{API}/libraries/films")).status_code == 200


async def test_deleting_a_library_leaves_nothing_of_it(
    client: AsyncTestClient, inline: InlineService, model: ReadModel
) -> None:
    await make(client)
    await inline.store("video", "films")
    assert (await client.delete(f"{API}/libraries/films")).status_code == 204
    assert (model.libraries.count("films"), (await client.get(f"{API}/libraries/films")).status_code) == (0, 404)
    assert TaskKind.DROP in {task.kind for task in inline.removals}


async def test_the_default_library_stays(client: AsyncTestClient) -> None:
    assert (await client.delete(f"{API}/libraries/default")).status_code == 409
    assert (await client.get(f"{API}/libraries/default")).json()["status"] == "active"


async def test_a_fingerprint_is_fetched_as_it_is_stored(
    client: AsyncTestClient, inline: InlineService, services: Services
) -> None:
    job = await inline.store("video")
    services.store.put(ReferenceKey("default", "video", job.version), b"fingerprint")
    answer = await client.get(f"{API}/media/video/fingerprint")
    assert (answer.content, answer.headers["content-type"]) == (b"fingerprint", "application/octet-stream")
    assert (await client.get(f"{API}/media/video/fingerprint", params={"library": "films"})).status_code == 404


async def test_pages_show_libraries_with_their_items_and_escape_what_users_say(
    client: AsyncTestClient, inline: InlineService
) -> None:
    evil = "<script>alert(1)</script>"
    await inline.store("video", metadata={"title": evil})
    for path, text in (("/libraries", "default"), ("/libraries/default", "video"), ("/dead-letters", "None")):
        page = await client.get(path)
        assert (page.status_code, text in page.text, evil in page.text) == (200, True, False)
        assert "script-src 'self'" in page.headers["content-security-policy"]
    assert (await client.get("/libraries/nowhere")).status_code == 404


async def test_metadata_that_is_more_than_can_be_kept_is_refused(
    client: AsyncTestClient, inline: InlineService
) -> None:
    await inline.store("video", metadata={"title": "a"})
    place = f"{API}/libraries/default/items"
    too_much = {"k": "v" * LARGEST_METADATA}
    changed = await client.patch(f"{place}/video", json={"metadata": too_much})
    added = await client.post(place, json={"media_id": "other", "url": "file:///a.mp4", "metadata": too_much})
    for answer in (changed, added):
        assert (answer.status_code, "metadata" in answer.json()["detail"]) == (413, True)
    assert (await client.get(f"{place}/video")).json()["metadata"] == {"title": "a"}
    assert inline.model.jobs.of_media("other") == []
