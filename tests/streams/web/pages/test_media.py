"""The page of a media item: what it copies, what copies it, and where it is stored."""

from __future__ import annotations

from litestar.testing import AsyncTestClient
from support.cases import found, id_of, item
from support.examples import job
from support.read_model import ReadModel

from schemas.jobs import JobStatus
from schemas.policies import Action, Outcome
from schemas.verdicts import Because, Reason, Verdict, VerdictKind

HOSTILE = "<img src=x onerror=alert(1)>\u202e/..?#"


async def test_a_reference_shows_who_copies_it_and_where_it_is(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(
        items=[item("film", disabled=True), item("film", library="other", quarantined="it matches 60 in an hour")],
        jobs=[found("j1", {"film": Action.BLOCK}, media_id="upload")],
    )
    page = (await client.get("/media/film")).text
    assert '<a href="/media/upload">' in page
    assert '<a href="/libraries/films">' in page
    assert "(disabled)" in page
    assert "set aside: it matches 60 in an hour" in page
    assert "Its jobs are forgotten by now." in page


async def test_an_upload_shows_what_it_copies_its_cases_its_outcome_and_its_versions(
    client: AsyncTestClient, model: ReadModel
) -> None:
    first = job("j1", JobStatus.FAIL, media_id=HOSTILE, message="it broke", time="2026-11-23T07:00:00.000Z")
    outcome = Outcome(media_id=HOSTILE, action=Action.BLOCK, policy="no films", job_id="j2", event_time="2026-11-23")
    model.apply(
        items=[item("film")],
        jobs=[first, found("j2", {"film": Action.BLOCK}, media_id=HOSTILE, version=2)],
        outcomes=[outcome],
    )
    page = (await client.get("/media/%3Cimg%20src=x%20onerror=alert(1)%3E%E2%80%AE%2F..%3F%23")).text
    assert "<img" not in page
    for text in ("Version 2", "it broke", "no films", f'href="/cases/{id_of("film", HOSTILE)}"', 'href="/media/film"'):
        assert text in page


async def test_what_a_media_item_is_made_of_is_told_with_the_reasons(client: AsyncTestClient, model: ReadModel) -> None:
    reasons = (Reason(because=Because.COVERS, reference=HOSTILE, share=0.5),)
    verdict = Verdict(kind=VerdictKind.PARTIAL_COPY, own_share=0.5, of=(HOSTILE,), reasons=reasons)
    model.apply(items=[item("film")], jobs=[found("j1", {"film": Action.BLOCK}, media_id="upload", verdict=verdict)])
    page = (await client.get("/media/upload")).text
    assert 'Verdict: <span class="verdict-kind">partial copy</span>' in page
    assert '50.0 % of it is of <bdi class="name">&lt;img src=x' in page
    assert "<img" not in page


async def test_media_that_nobody_has_heard_of_is_404(client: AsyncTestClient) -> None:
    assert (await client.get("/media/nowhere")).status_code == 404
    assert (await client.get("/media/x", params={"copies": "no cursor"})).status_code == 400
