"""`DescribeVodAIData` as its callers see it."""

from __future__ import annotations

from typing import Any

import pytest
from support.examples import job
from support.read_model import ReadModel

from schemas.jobs import Job, JobStatus, Metrics


def job_of(
    number: int, ended: str, seconds: float, status: JobStatus = JobStatus.SUCCESS, library: str = "default"
) -> Job:
    return job(f"j{number}", status, time=ended, library=library, metrics=Metrics(duration=seconds))


async def usage(caller: Any, start: str, end: str, **parameters: str) -> dict[str, Any]:
    answer = await caller.v3("DescribeVodAIData", StartTime=start, EndTime=end, **parameters)
    body: dict[str, Any] = answer.json()
    assert answer.status_code == 200, body
    return body


def minutes(body: dict[str, Any]) -> dict[str, str]:
    return {item["TimeStamp"]: item["Data"]["DataItem"][0]["Value"] for item in body["AIData"]["AIDataItem"]}


@pytest.fixture
def metered(model: ReadModel) -> None:
    model.apply(
        jobs=[
            job_of(1, "2026-11-23T08:10:00.000Z", 90),
            job_of(2, "2026-11-23T08:20:00.000Z", 60, library="ads"),
            job_of(3, "2026-11-23T08:30:00.000Z", 600, JobStatus.FAIL),
            job_of(4, "2026-11-23T09:00:00.000Z", 45),
            job_of(5, "2026-11-25T00:00:00.000Z", 30),
        ]
    )


@pytest.mark.usefixtures("metered")
async def test_minutes_are_shown_by_the_hour_and_add_up_to_what_is_billed(caller: Any) -> None:
    body = await usage(caller, "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z")
    assert body["DataInterval"] == "hour"
    # 150 s, then 45 s, then 30 s: 3 min 45 s in all
    assert minutes(body) == {
        "2026-11-23T08:00:00Z": "2",
        "2026-11-23T09:00:00Z": "1",
        "2026-11-25T00:00:00Z": "0",
    }


@pytest.mark.usefixtures("metered")
async def test_over_more_than_a_week_minutes_are_shown_by_the_day(caller: Any) -> None:
    body = await usage(caller, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", Region="cn-shanghai")
    assert body["DataInterval"] == "day"
    assert minutes(body) == {"2026-11-23T00:00:00Z": "3", "2026-11-25T00:00:00Z": "0"}


@pytest.mark.usefixtures("metered")
@pytest.mark.parametrize(("kinds", "shown"), [("AIVideoTag", 0), ("AIVideoTag,AIVideoFPShot", 2)])
async def test_only_the_kinds_of_ai_that_are_asked_for_are_shown(caller: Any, kinds: str, shown: int) -> None:
    body = await usage(caller, "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z", AIType=kinds)
    assert len(minutes(body)) == shown


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"EndTime": "2026-11-24T00:00:00Z"}, "MissingParameter"),
        ({"StartTime": "2026-11-24T00:00:00Z"}, "MissingParameter"),
        ({"StartTime": "yesterday", "EndTime": "2026-11-24T00:00:00Z"}, "InvalidParameter"),
        ({"StartTime": "2026-11-24T00:00:00Z", "EndTime": "2026-11-24T00:00:00Z"}, "InvalidParameter"),
        ({"StartTime": "2026-10-01T00:00:00Z", "EndTime": "2026-11-24T00:00:00Z"}, "InvalidParameter"),
        ({"StartTime": "0001-01-01T00:00:00+23:00", "EndTime": "2026-11-24T00:00:00Z"}, "InvalidParameter"),
        ({"StartTime": "2026-11-23T00:00:00Z", "EndTime": "2026-11-24T00:00:00Z", "AIType": "Any"}, "InvalidParameter"),
    ],
)
async def test_a_span_that_cannot_be_shown_is_refused(caller: Any, parameters: dict[str, str], code: str) -> None:
    answer = await caller.v3("DescribeVodAIData", **parameters)
    assert (answer.status_code, answer.json()["Code"]) == (400, code)
