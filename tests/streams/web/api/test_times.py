"""Times in addresses, however they are written."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.exceptions import ClientException
from litestar.testing import AsyncTestClient
from support.examples import job
from support.read_model import ReadModel

from schemas.clock import format_time
from streams.web.api.times import named_time, time_as_stored

#: One moment, ten o'clock in UTC.
ALIKE = [
    "2026-11-29T10:00:00Z",
    "2026-11-29T10:00:00.000Z",
    "2026-11-29T10:00:00",
    "2026-11-29 10:00",
    "2026-11-29T12:00:00+02:00",
    "2026-11-29T12:00:00+0200",
    "2026-11-29T12:00+02",
    "2026-11-29T12:00:00.000 02:00",
    "2026-11-29T04:30:00-05:30",
    "20261129T100000Z",
]
NO_TIMES = [
    "yesterday",
    "now-1h",
    "1732870000",
    "29.11.2026",
    "2026-13-01",
    "2026-11-29T25:00:00Z",
    "0001-01-01T00:00+01",
]


@pytest.mark.parametrize("text", ALIKE)
def test_one_moment_is_one_moment_in_whatever_zone_it_is_written(text: str) -> None:
    assert time_as_stored(text, "since") == "2026-11-29T10:00:00.000Z"


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_is_compared_as_the_moment_that_it_is(moment: datetime) -> None:
    text = moment.isoformat()
    try:
        expected = format_time(moment)
    except OverflowError:  # the offset leads out of the years that there are
        with pytest.raises(ClientException):
            named_time(text, "since")
    else:
        assert time_as_stored(text, "since") == expected


@pytest.mark.parametrize("sent", [False, True], ids=["encoded", "as it stands"])
@pytest.mark.parametrize("text", ALIKE)
async def test_jobs_are_found_from_a_time_on_in_any_zone(
    client: AsyncTestClient, model: ReadModel, *, text: str, sent: bool
) -> None:
    for name, time in (("before", "09:59:59.999"), ("at", "10:00:00.000"), ("after", "10:00:00.001")):
        model.apply(jobs=[job(name, time=f"2026-11-29T{time}Z")])

    async def found(parameter: str) -> set[str]:
        if sent:
            answer = await client.get(f"/api/v1/jobs?{parameter}={text}")
        else:
            answer = await client.get("/api/v1/jobs", params={parameter: text})
        return {one["job_id"] for one in answer.json()["jobs"]}

    assert await found("since") == {"at", "after"}
    assert await found("until") == {"before"}


@pytest.mark.parametrize("text", NO_TIMES)
@pytest.mark.parametrize(
    ("path", "parameter"), [("jobs", "since"), ("jobs", "until"), ("usage", "from"), ("usage", "to")]
)
async def test_what_is_no_time_is_refused_with_the_form_that_is_wanted(
    client: AsyncTestClient, path: str, parameter: str, text: str
) -> None:
    answer = await client.get(f"/api/v1/{path}", params={parameter: text})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    detail = answer.json()["detail"]
    assert f"{parameter}={text!r} is no time" in detail
    assert "2026-11-23T08:00:00Z" in detail
