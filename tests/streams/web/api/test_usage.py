"""Usage over REST."""

from __future__ import annotations

import pytest
from litestar.testing import AsyncTestClient
from support.examples import job
from support.read_model import ReadModel

from schemas.jobs import Job, JobStatus, Metrics


def job_of(number: int, ended: str, seconds: float, status: JobStatus = JobStatus.SUCCESS) -> Job:
    return job(f"j{number}", status, time=ended, metrics=Metrics(duration=seconds, cpu_seconds=1.5))


async def test_usage_is_summed_by_hour_and_billed_by_whole_minutes(client: AsyncTestClient, model: ReadModel) -> None:
    jobs = [
        job_of(1, "2026-11-23T08:10:00.000Z", 50.0),
        job_of(2, "2026-11-23T08:50:00.000Z", 40.5),
        job_of(3, "2026-11-23T09:00:00.000Z", 50.0),
        job_of(4, "2026-11-23T09:10:00.000Z", 50.0, JobStatus.FAIL),
    ]
    model.apply(jobs=jobs)
    span = {"from": "2026-11-23", "to": "2026-11-24T00:00:00Z", "interval": "hour"}
    answer = (await client.get("/api/v1/usage", params=span)).json()
    assert answer["periods"] == [
        {"start": "2026-11-23T08:00:00.000Z", "library": "default", "jobs": 2, "seconds": 90.5},
        {"start": "2026-11-23T09:00:00.000Z", "library": "default", "jobs": 1, "seconds": 50.0},
    ]
    total = {"jobs": 3, "seconds": 140.5, "billed_minutes": 2, "cpu_seconds": 4.5}
    assert answer["total"] == {"library": None, **total}
    assert answer["libraries"] == [{"library": "default", **total}]
    assert (answer["from"], answer["to"]) == ("2026-11-23T00:00:00.000Z", "2026-11-24T00:00:00.000Z")


async def test_without_a_span_the_last_thirty_days_are_summed(client: AsyncTestClient) -> None:
    answer = (await client.get("/api/v1/usage")).json()
    assert (answer["interval"], answer["periods"], answer["total"]["jobs"]) == ("day", [], 0)


@pytest.mark.parametrize(
    "span",
    [
        {"from": "yesterday"},
        {"to": "9999999999999"},
        {"from": "2026-11-24", "to": "2026-11-23"},
        {"from": "2020-01-01", "to": "2026-01-01", "interval": "hour"},
        {"interval": "week"},
        {"to": "0001-01-01"},
    ],
)
async def test_a_span_that_cannot_be_summed_is_refused(client: AsyncTestClient, span: dict[str, str]) -> None:
    answer = await client.get("/api/v1/usage", params=span)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
