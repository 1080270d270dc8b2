"""Asking for jobs over REST: by address, by upload, again."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from support.examples import MATCH, job
from support.inline import InlineService
from support.read_model import ReadModel

from schemas.jobs import UPLOADED, JobStatus
from schemas.limits import LARGEST_METADATA, LONGEST_TARGET, LONGEST_URL, MOST_SEARCHED
from streams.settings import Settings, listed
from streams.web.services import Services

API = "/api/v1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, max_upload_bytes=100_000)


async def test_a_job_that_is_accepted_says_where_to_look(client: AsyncTestClient) -> None:
    answer = await client.post(f"{API}/jobs", json={"media_id": "clip", "url": "file:///clip.mp4"})
    assert answer.headers["location"] == f"{API}/jobs/{answer.json()['job_id']}"
    assert (await client.get(answer.headers["location"])).status_code == 200


async def test_what_is_sent_along_is_kept_for_the_job(client: AsyncTestClient, services: Services) -> None:
    content = bytes(range(256)) * 300
    answer = await client.post(f"{API}/uploads", data={"media_id": "clip"}, files={"file": ("clip.mp4", content)})
    assert (answer.status_code, answer.json()["media_id"], answer.json()["url"]) == (202, "clip", UPLOADED)
    store = services.store
    with store.open_upload(answer.json()["job_id"]) as upload:
        assert upload.read() == content
    store.delete_parts(answer.json()["job_id"])
    assert store.open_upload(answer.json()["job_id"]) is None


@pytest.mark.parametrize(
    ("data", "files", "status"),
    [
        ({"media_id": "clip"}, {"file": ("clip.mp4", b"x" * 200_000)}, 413),
        ({}, {"file": ("clip.mp4", b"x")}, 400),
        ({"media_id": "clip"}, {}, 400),
        ({"media_id": "clip", "library": "nowhere"}, {"file": ("clip.mp4", b"x")}, 400),
        ({"media_id": "clip", "save_type": "never"}, {"file": ("clip.mp4", b"x")}, 400),
    ],
)
async def test_an_upload_that_cannot_be_used_leaves_nothing(
    client: AsyncTestClient, model: ReadModel, settings: Settings, *, data: object, files: object, status: int
) -> None:
    answer = await client.post(f"{API}/uploads", data=data, files=files)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert model.jobs.page().jobs == []
    assert not list(Path(settings.store_url).rglob("*"))


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("path", ["/jobs", "/libraries/default/items"])
async def test_who_may_replace_nothing_takes_a_media_id_that_is_free_or_its_own(
    client: AsyncTestClient, inline: InlineService, path: str, *, ended: bool
) -> None:
    first, other = ({"media_id": "clip", "url": f"https://media.example/{name}.mp4?key=secret"} for name in "ab")
    params = {"replace": "false"}
    for _ in range(2):
        assert (await client.post(f"{API}{path}", json=first, params=params)).status_code == 202
    if ended:
        await inline.work()
    refused = await client.post(f"{API}{path}", json=other, params=params, headers={"Idempotency-Key": "k"})
    assert (refused.status_code, refused.headers["content-type"]) == (412, "application/problem+json")
    assert "https://media.example/a.mp4?key=***" in refused.json()["detail"]
    assert len(inline.model.jobs.page().jobs) == 2
    replaced = await client.post(f"{API}{path}", json=other, headers={"Idempotency-Key": "k"})
    assert replaced.status_code == 202
    again = await client.post(f"{API}{path}", json=other, params=params, headers={"Idempotency-Key": "k"})
    assert again.json()["job_id"] == replaced.json()["job_id"]


async def test_an_ended_job_is_done_again_under_a_new_id(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1", JobStatus.FAIL), job("j2", JobStatus.PROCESSING)])
    answer = await client.post(f"{API}/jobs/j1/rerun")
    again = model.jobs.get(answer.json()["job_id"])
    assert again is not None
    assert (answer.status_code, again.job_id != "j1", again.request.file_url) == (202, True, "file:///a.mp4")
    assert (await client.post(f"{API}/jobs/j2/rerun")).status_code == 409
    assert (await client.post(f"{API}/jobs/none/rerun")).status_code == 404


async def test_a_job_whose_media_was_sent_along_is_not_done_again(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1", JobStatus.FAIL, file_url=UPLOADED)])
    assert (await client.post(f"{API}/jobs/j1/rerun")).status_code == 409


async def test_a_body_that_is_too_large_is_refused(client: AsyncTestClient, model: ReadModel) -> None:
    body = {"media_id": "clip", "url": "file:///clip.mp4", "metadata": {"x": "y" * (2 << 20)}}
    answer = await client.post(f"{API}/jobs", json=body)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)
    assert model.jobs.page().jobs == []


@pytest.mark.parametrize(
    ("method", "path", "status"), [("PUT", "/jobs", 405), ("DELETE", "/jobs/j1", 405), ("GET", "/nothing", 404)]
)
async def test_every_refusal_is_a_problem(client: AsyncTestClient, method: str, path: str, status: int) -> None:
    answer = await client.request(method, API + path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


async def test_settings_are_listed(client: AsyncTestClient) -> None:
    values = {one["variable"]: one["value"] for one in (await client.get(f"{API}/settings")).json()}
    assert values["MEDIADNA_MAX_UPLOAD_BYTES"] == "100000"


def test_secrets_in_settings_are_masked(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, token="hunter2-hunter2", milvus="http://root:hunter2@milvus:19530")  # noqa: S106 (no real one)
    assert "hunter2" not in str(listed(settings))


@pytest.mark.parametrize(
    ("fields", "status", "named"),
    [
        ({"metadata": {"k": "v" * LARGEST_METADATA}}, 413, "metadata"),
        ({"metadata": {"k": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}, 413, "metadata"),
        ({"url": "u" * (LONGEST_URL + 1)}, 400, "url"),
        ({"callback_url": "https://example.com/" + "c" * LONGEST_TARGET}, 400, "callback_url"),
        ({"extend": "e" * 513}, 400, "extend"),
        ({"search": ["default"] * (MOST_SEARCHED + 1)}, 400, "search"),
        ({"media_id": "m" * 257}, 400, "media_id"),
    ],
    ids=["metadata", "nested metadata", "url", "callback_url", "extend", "search", "media_id"],
)
async def test_a_job_of_which_a_part_is_too_large_is_refused_by_name(
    client: AsyncTestClient, model: ReadModel, *, fields: dict[str, object], status: int, named: str
) -> None:
    answer = await client.post(f"{API}/jobs", json={"media_id": "clip", "url": "file:///clip.mp4", **fields})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert named in answer.text
    again = await client.post(
        f"{API}/jobs", json={"media_id": "clip", "url": "file:///clip.mp4", **fields}, headers={"Idempotency-Key": "k"}
    )
    assert again.status_code == status
    assert model.jobs.page().jobs == []


FOUND = job("found", media_id="Holiday.mp4", library="films", matches=(MATCH,))
FAILED = job("failed", JobStatus.FAIL, media_id="Сериал & 100 %.mp4", code="Timeout")


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ({"name": "lida"}, ["found"]),
        ({"name": "СЕРИАЛ & 100 %"}, ["failed"]),
        ({"name": "%"}, []),
        ({"name": '" OR name MATCH "mp4'}, []),
        ({"name": "\x00abc"}, []),
        ({"name": ""}, ["found", "failed"]),
        ({"reference": "original"}, ["found"]),
        ({"reference": "original", "similarity": "0.95"}, []),
        ({"similarity": "0.9"}, ["found"]),
        ({"code": "Timeout"}, ["failed"]),
        ({"code": "0"}, ["found"]),
        ({"job_id": "failed"}, ["failed"]),
        ({"job_id": "failed", "library": "films"}, []),
        ({"copies": "true"}, ["found"]),
        ({"copies": "false"}, ["found", "failed"]),
    ],
)
async def test_jobs_are_listed_by_what_is_asked_for(
    client: AsyncTestClient, model: ReadModel, asked: dict[str, str], listed: list[str]
) -> None:
    model.apply(jobs=[FOUND, FAILED])
    answer = await client.get(f"{API}/jobs", params=asked)
    assert [one["job_id"] for one in answer.json()["jobs"]] == listed


@pytest.mark.parametrize(
    "query", ["name=%ED%A0%80%ED%A0%80%ED%A0%80", "name=%FF%FE%FD", "name=%00%00%00", "reference=%ED%A0%80"]
)
async def test_a_filter_that_is_no_text_finds_nothing(client: AsyncTestClient, model: ReadModel, query: str) -> None:
    model.apply(jobs=[FOUND])
    answer = await client.get(f"{API}/jobs?{query}")
    assert (answer.status_code, answer.json()["jobs"]) == (200, [])


@pytest.mark.parametrize(
    "asked",
    [
        {"similarity": "2"},
        {"similarity": "nan"},
        {"similarity": "sure"},
        {"name": "x" * 257},
        {"job_id": "j1", "idempotency_key": "k"},
        {"cursor": "none"},
    ],
)
async def test_a_filter_of_jobs_that_makes_no_sense_is_refused(client: AsyncTestClient, asked: dict[str, str]) -> None:
    answer = await client.get(f"{API}/jobs", params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


async def test_a_job_may_say_when_its_medium_was_broadcast(client: AsyncTestClient, inline: InlineService) -> None:
    asked = {"media_id": "evening", "url": "file:///evening.mp4"}
    answer = await client.post(f"{API}/jobs", json={**asked, "start_time": "2026-11-23T21:15:00+01:00"})
    job = inline.model.jobs.get(answer.json()["job_id"])
    assert job is not None
    assert job.request.start_time == "2026-11-23T20:15:00.000Z"
    for wrong in ("tonight", "2026-11-23T20:15:00"):
        refused = await client.post(f"{API}/jobs", json={**asked, "start_time": wrong})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid-request")
        assert f"start_time={wrong!r} is no time with a zone: write ISO 8601" in refused.json()["detail"]


async def test_media_that_comes_along_may_say_when_it_was_broadcast(
    client: AsyncTestClient, inline: InlineService
) -> None:
    asked = {"media_id": "evening", "start_time": "2026-11-23T21:15:00+01:00"}
    answer = await client.post(f"{API}/uploads", data=asked, files={"file": b"media"})
    job = inline.model.jobs.get(answer.json()["job_id"])
    assert job is not None
    assert job.request.start_time == "2026-11-23T20:15:00.000Z"
    refused = await client.post(f"{API}/uploads", data={**asked, "start_time": "tonight"}, files={"file": b"media"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-request")
