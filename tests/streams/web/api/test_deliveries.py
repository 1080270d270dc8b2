"""The delivery log over REST."""

from __future__ import annotations

import pytest
from litestar.testing import AsyncTestClient
from support.examples import TIME, job
from support.read_model import ReadModel

from schemas.deliveries import Attempt, DeliveryStatus
from streams.domain.retry_schedule import after_attempt, refused

#: Where callbacks go, with what nobody is to see.
URL = "https://user:password@receiver.example/copies?token=secret"


async def test_deliveries_are_listed_with_their_attempts_and_without_secrets(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(jobs=[job("j1", callback_url=URL), job("j2", callback_url=URL)])
    before = model.deliveries.get("j1")
    assert before is not None
    failed = Attempt(time=TIME, status=503, error="the receiver answered 503: only 2xx counts", seconds=0.1)
    model.apply(deliveries=[after_attempt(before, failed, now=TIME, jitter=0.0)])
    answer = await client.get("/api/v1/deliveries")
    assert "secret" not in answer.text
    assert "password" not in answer.text
    second, first = answer.json()["deliveries"]
    assert (second["job_id"], second["attempts"]) == ("j2", [])
    assert first["url"] == "https://***@receiver.example/copies?token=***"
    assert first["attempts"] == [{"time": TIME, "status": 503, "error": failed.error, "seconds": 0.1}]
    assert first["next_attempt"] == "2026-11-23T08:00:05.000Z"
    assert (await client.get("/api/v1/deliveries/j1")).json() == first


async def test_lists_are_filtered_and_paged(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job(f"j{number}", callback_url=URL) for number in range(3)])
    page = (await client.get("/api/v1/deliveries", params={"limit": 2, "status": "pending"})).json()
    rest = (await client.get("/api/v1/deliveries", params={"limit": 2, "cursor": page["next"]})).json()
    assert [one["job_id"] for one in page["deliveries"] + rest["deliveries"]] == ["j2", "j1", "j0"]
    assert rest["next"] is None
    assert (await client.get("/api/v1/deliveries", params={"status": "failed"})).json()["deliveries"] == []


async def test_a_delivery_is_made_once_more_on_demand(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1", callback_url=URL)])
    before = model.deliveries.get("j1")
    assert before is not None
    model.apply(deliveries=[after_attempt(before, Attempt(time=TIME, status=204), now=TIME, jitter=0.0)])
    answer = await client.post("/api/v1/deliveries/j1/replay")
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert (await client.get("/api/v1/deliveries/j1")).json()["status"] == "pending"


async def test_what_was_given_up_is_delivered_once_more_on_demand_and_nothing_else(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(jobs=[job("j1", callback_url=URL), job("j2", callback_url=URL), job("j3", callback_url=URL)])
    for job_id in ("j1", "j2"):
        before = model.deliveries.get(job_id)
        assert before is not None
        model.apply(deliveries=[refused(before, "not a public address", now=TIME)])
    answer = await client.post("/api/v1/deliveries/replay")
    assert (answer.status_code, answer.json()) == (202, {"replayed": 2, "more": False})
    standing = model.deliveries.page(status=DeliveryStatus.PENDING).deliveries
    assert {one.job_id: one.revision for one in standing} == {"j1": 2, "j2": 2, "j3": 0}
    assert (await client.post("/api/v1/deliveries/replay")).json() == {"replayed": 0, "more": False}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/deliveries/none", 404),
        ("POST", "/api/v1/deliveries/none/replay", 404),
        ("GET", "/api/v1/deliveries?cursor=nonsense", 400),
        ("GET", "/api/v1/deliveries?status=nonsense", 400),
        ("GET", "/api/v1/deliveries?limit=0", 400),
    ],
)
async def test_what_is_not_there_or_not_valid_is_refused(
    client: AsyncTestClient, method: str, path: str, status: int
) -> None:
    assert (await client.request(method, path)).status_code == status


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://169.254.169.254/", "ftp://receiver.example", "no url", ""]
)
async def test_a_job_with_a_place_that_is_not_allowed_is_refused_and_not_made(
    client: AsyncTestClient, model: ReadModel, url: str
) -> None:
    body = {"media_id": "video", "url": "file:///a.mp4", "callback_url": url}
    answer = await client.post("/api/v1/jobs", json=body)
    assert answer.status_code == 400
    assert model.jobs.page().jobs == []


async def test_a_job_with_a_place_that_is_allowed_keeps_it(client: AsyncTestClient, model: ReadModel) -> None:
    body = {"media_id": "video", "url": "file:///a.mp4", "callback_url": "https://receiver.example/copies"}
    answer = await client.post("/api/v1/jobs", json=body)
    made = model.jobs.get(answer.json()["job_id"])
    assert made is not None
    assert made.request.callback_url == "https://receiver.example/copies"
