"""The REST API as its callers see it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from litestar.testing import AsyncTestClient
from support.examples import MATCH, job
from support.inline import InlineService
from support.read_model import ReadModel
from support.web_app import shared_app

from schemas.jobs import JobStatus
from streams.ports.errors import Neighbour
from streams.settings import Settings
from streams.web.auth.authenticator import COOKIE
from streams.web.services import Services


async def test_a_job_that_is_asked_for_is_accepted_and_can_be_looked_up(client: AsyncTestClient) -> None:
    answer = await client.post("/api/v1/jobs", json={"media_id": "clip", "url": "file:///clip.mp4"})
    assert (answer.status_code, answer.json()["status"]) == (202, "init")
    again = await client.get(f"/api/v1/jobs/{answer.json()['job_id']}")
    assert again.json()["media_id"] == "clip"


async def test_a_job_that_is_asked_for_again_under_its_key_is_the_same_job(client: AsyncTestClient) -> None:
    body, key = {"media_id": "clip", "url": "file:///clip.mp4", "lane": "import"}, {"Idempotency-Key": "mine"}
    first = (await client.post("/api/v1/jobs", json=body, headers=key)).json()
    again = await client.post("/api/v1/jobs", json=body, headers=key)
    assert (again.status_code, again.json()) == (202, first)
    assert first["source"] == "import"
    assert (await client.post("/api/v1/jobs", json=body)).json()["job_id"] != first["job_id"]
    other = await client.post("/api/v1/jobs", json={**body, "media_id": "other"}, headers=key)
    assert other.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"media_id": "x"},
        {"media_id": "", "url": "file:///a"},
        {"media_id": 3, "url": "file:///a"},
        {"media_id": "x", "url": "file:///a", "save_type": "no such"},
        {"media_id": "x", "url": "file:///a", "similarity_threshold": 2},
        {"media_id": "x", "url": "file:///a", "unknown": 1},
    ],
)
async def test_a_request_that_is_not_valid_is_refused_with_a_problem_document(
    client: AsyncTestClient, model: ReadModel, body: object
) -> None:
    answer = await client.post("/api/v1/jobs", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["detail"]
    assert model.jobs.page().jobs == []


@pytest.mark.parametrize("path", ["/api/v1/jobs/unknown", "/api/v1/media/unknown/result", "/no/such/page"])
async def test_what_is_not_there_is_a_problem_document_with_404(client: AsyncTestClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


async def test_pages_follow_each_other_without_repeating_or_missing_a_job(
    client: AsyncTestClient, model: ReadModel
) -> None:
    times = [f"2026-11-23T08:00:{number:02}.000Z" for number in range(25)]
    model.apply(jobs=[job(f"j{number}", time=time) for number, time in enumerate(times)])
    seen: list[str] = []
    cursor = None
    while True:
        page = (await client.get("/api/v1/jobs", params={"limit": 10, **({"cursor": cursor} if cursor else {})})).json()
        seen += [found["job_id"] for found in page["jobs"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"j{number}" for number in reversed(range(25))]


async def test_a_cursor_from_elsewhere_is_refused(client: AsyncTestClient) -> None:
    assert (await client.get("/api/v1/jobs", params={"cursor": "nonsense"})).status_code == 400


async def test_jobs_are_filtered_by_status(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1"), job("j2", JobStatus.FAIL)])
    found = (await client.get("/api/v1/jobs", params={"status": "fail"})).json()["jobs"]
    assert [one["job_id"] for one in found] == ["j2"]


async def test_an_unchanged_job_is_not_sent_again(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1", JobStatus.PROCESSING)])
    tag = (await client.get("/api/v1/jobs/j1")).headers["etag"]
    assert (await client.get("/api/v1/jobs/j1", headers={"If-None-Match": tag})).status_code == 304
    model.apply(jobs=[job("j1", update_time="2026-11-23T08:02:00.000Z")])
    assert (await client.get("/api/v1/jobs/j1", headers={"If-None-Match": tag})).status_code == 200


async def test_a_result_names_the_matches_and_the_reference_knows_its_copies(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(jobs=[job("j1", matches=(MATCH,))])
    result = (await client.get("/api/v1/media/video/result")).json()
    unruled = {"action": None, "policy": "", "suppressed": False, "retroactive": False, "younger": False}
    assert result["matches"] == [msgspec.json.decode(msgspec.json.encode(MATCH)) | unruled]
    copies = (await client.get("/api/v1/matches", params={"reference": "original"})).json()["matches"]
    assert [(copy["media_id"], copy["similarity"]) for copy in copies] == [("video", 0.9)]


async def test_a_job_is_ended_unless_it_has_ended(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1"), job("j2", JobStatus.PROCESSING)])
    assert (await client.post("/api/v1/jobs/j1/cancel")).status_code == 409
    assert (await client.post("/api/v1/jobs/j2/cancel")).status_code == 202
    statuses = {one.job_id: one.status for one in model.jobs.page().jobs}
    assert statuses == {"j1": JobStatus.SUCCESS, "j2": JobStatus.CANCELLED}


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
async def test_pages_of_other_sites_are_refused(client: AsyncTestClient, headers: dict[str, str]) -> None:
    assert (await client.get("/api/v1/jobs", headers=headers)).status_code == 403


async def test_the_openapi_document_names_every_route(client: AsyncTestClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/jobs" in document["paths"]


async def test_metrics_count_jobs_and_callbacks_by_status(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job(callback_url="https://receiver.example")])
    metrics = (await client.get("/metrics")).text
    assert 'mediadna_jobs{status="success"} 1.0' in metrics
    assert 'mediadna_callbacks{status="pending"} 1.0' in metrics
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).status_code == 200


async def test_readyz_names_who_is_away_since_when_and_why_until_it_is_back(
    client: AsyncTestClient, services: Services
) -> None:
    services.neighbours.left(Neighbour.MILVUS, "nothing answers at milvus:19530")
    ((absence),) = services.neighbours.away()
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.text == f"milvus is away since {absence.since}: nothing answers at milvus:19530"
    assert (await client.get("/healthz")).status_code == 200
    services.neighbours.came_back(Neighbour.MILVUS)
    assert (await client.get("/readyz")).status_code == 200


async def test_readyz_says_why_a_topic_is_held(client: AsyncTestClient, services: Services) -> None:
    services.held = lambda: ["mediadna.transcode-complete is held: nearly all of it was put aside"]
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, services.held()[0])
    assert (await client.get("/healthz")).status_code == 200


async def test_readyz_and_metrics_tell_of_a_file_of_tokens_that_is_not_as_it_should_be(
    inline: InlineService, tmp_path: Path
) -> None:
    tokens, token = tmp_path / "tokens", "token-of-an-admin"
    tokens.write_text(f"{token} admin\n")
    services = inline.services(Settings(state=tmp_path, tokens=tokens))
    headers = {"Authorization": f"Bearer {token}"}
    async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
        assert (await client.get("/readyz")).text == "ready"
        tokens.write_text(f"{token} admin\nsecret-of-somebody king\n")
        answer = await client.get("/readyz")
        assert answer.status_code == 200
        assert answer.text.startswith(f"ready\ndegraded: {tokens}, line 2: ")
        assert "secret-of-somebody" not in answer.text
        metrics = await client.get("/metrics", headers=headers)
        assert 'mediadna_access_file_usable{file="tokens"} 0.0' in metrics.text
        tokens.write_text(f"{token} admin\n")
        assert (await client.get("/readyz")).text == "ready"
        assert 'mediadna_access_file_usable{file="tokens"} 1.0' in (await client.get("/metrics", headers=headers)).text


async def test_an_emptied_file_of_tokens_shuts_everybody_out_and_a_person_who_is_logged_in(
    inline: InlineService, tmp_path: Path
) -> None:
    tokens, token = tmp_path / "tokens", "token-of-an-admin"
    tokens.write_text(f"{token} admin\n")
    services = inline.services(Settings(state=tmp_path, tokens=tokens))
    async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
        bearer, cookie = {"Authorization": f"Bearer {token}"}, {"Cookie": f"{COOKIE}={token}"}
        for headers in (bearer, cookie):
            assert (await client.get("/api/v1/jobs", headers=headers)).status_code == 200
        tokens.write_text("")
        for headers in (bearer, cookie):
            assert (await client.get("/api/v1/jobs", headers=headers)).status_code == 401
        assert "degraded" in (await client.get("/readyz")).text


async def test_pages_escape_what_users_send_and_allow_no_foreign_script(
    client: AsyncTestClient, model: ReadModel
) -> None:
    evil = "<script>alert(1)</script>"
    model.apply(jobs=[job("j1", media_id=evil, matches=(msgspec.structs.replace(MATCH, media_id=evil),))])
    for path in ("/", "/jobs/j1"):
        page = await client.get(path)
        assert page.status_code == 200
        assert evil not in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_the_list_says_what_to_do_when_there_are_no_jobs(client: AsyncTestClient) -> None:
    assert "mediadna submit" in (await client.get("/jobs")).text
