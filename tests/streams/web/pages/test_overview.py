"""The first page: what the service is doing, and what keeps it from it."""

from __future__ import annotations

from datetime import UTC, datetime

from litestar.testing import AsyncTestClient
from support.cases import found, item
from support.examples import job
from support.read_model import ReadModel

from schemas.clock import format_time
from schemas.jobs import JobStatus, Metrics
from schemas.policies import Action, Outcome
from streams.ports.errors import Neighbour
from streams.web.services import Services


async def test_who_has_nothing_yet_is_told_how_to_begin(client: AsyncTestClient) -> None:
    page = (await client.get("/")).text
    assert "Nothing has come in yet" in page
    assert "mediadna submit" in page


async def test_jobs_media_outcomes_and_failures_of_the_last_hour_are_shown(
    client: AsyncTestClient, model: ReadModel
) -> None:
    now = format_time(datetime.now(UTC))
    outcome = Outcome(media_id="a & b", action=Action.BLOCK, policy="no films", job_id="j1", event_time=now)
    model.apply(
        items=[item("film")],
        jobs=[
            found("j1", {"film": Action.BLOCK}, media_id="a & b", time=now, metrics=Metrics(duration=600.0)),
            job("j2", JobStatus.FAIL, code="Timeout", message="too long", time=now),
            job("j3", JobStatus.PROCESSING, time=now),
        ],
        outcomes=[outcome],
    )
    for span in ("hour", "day", "week"):
        page = (await client.get("/", params={"span": span})).text
        assert 'aria-label="Minutes of media: 10 minutes"' in page
        assert 'aria-label="Jobs that ended: 1 done, 1 failed, 0 cancelled"' in page
        assert 'aria-label="Outcomes: 1 block, 0 review, 0 track, 0 allow"' in page
        assert '<a href="/media/a%20%26%20b"><bdi class="name">a &amp; b</bdi></a>' in page
        assert '<a href="/jobs?status=fail&amp;code=Timeout">Timeout</a>' in page
        assert f'<time datetime="{now}">' in page
    assert "<b>1</b> to decide" in page


async def test_what_is_away_is_said_first(client: AsyncTestClient, services: Services) -> None:
    services.neighbours.left(Neighbour.MILVUS, "refused at http://user:secret@index:19530")
    page = (await client.get("/")).text
    assert 'role="alert"' in page
    assert "milvus is away since" in page
    assert "secret" not in page


async def test_an_open_page_asks_for_its_live_part_alone(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1")])
    part = (await client.get("/", params={"rows": ""})).text
    assert "<html" not in part
    assert "done" in part
