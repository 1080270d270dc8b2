"""What has happened lately, over REST."""

from __future__ import annotations

import pytest
from litestar.testing import AsyncTestClient
from support.examples import job
from support.read_model import ReadModel

from schemas.clock import utc_now
from schemas.errors import ErrorCode
from schemas.jobs import JobStatus
from schemas.policies import Action, Outcome


@pytest.mark.parametrize(("span", "parts"), [("hour", 60), ("day", 24)])
async def test_the_last_hour_or_day_is_shown(client: AsyncTestClient, model: ReadModel, span: str, parts: int) -> None:
    now = utc_now()
    model.apply(
        jobs=[job("j1", time=now), job("j2", JobStatus.FAIL, time=now, code=ErrorCode.TIMEOUT)],
        outcomes=[Outcome(media_id="video", action=Action.BLOCK, job_id="j1", event_time=now)],
    )
    shown = (await client.get("/api/v1/overview", params={"span": span})).json()
    assert (shown["span"], len(shown["buckets"])) == (span, parts)
    assert (shown["jobs"]["success"], shown["failures"]) == (1, [{"code": "Timeout", "jobs": 1}])
    assert sum(bucket["ended"]["success"] for bucket in shown["buckets"]) == 1
    assert sum(bucket["outcomes"]["block"] for bucket in shown["buckets"]) == 1
    assert shown["latency"] == {"jobs": 1, "median_s": 0.0, "p95_s": 0.0}
    assert [one["media_id"] for one in shown["blocks"]] == ["video"]


async def test_without_a_span_it_is_the_last_hour(client: AsyncTestClient) -> None:
    shown = (await client.get("/api/v1/overview")).json()
    assert (shown["span"], shown["latency"]) == ("hour", {"jobs": 0, "median_s": None, "p95_s": None})


async def test_another_span_is_refused(client: AsyncTestClient) -> None:
    answer = await client.get("/api/v1/overview", params={"span": "week"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
