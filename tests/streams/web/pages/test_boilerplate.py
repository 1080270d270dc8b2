"""What pages show of boilerplate: where it can be overruled, and what people have said of it."""

from __future__ import annotations

import msgspec
from litestar.testing import AsyncTestClient
from support.boilerplate import ruling
from support.cases import item
from support.examples import MATCH, job
from support.read_model import ReadModel

from schemas.boilerplate import SharedSpan
from schemas.jobs import JobStatus, Metrics
from schemas.matches import Match
from schemas.policies import Action, Ruling
from streams.domain.verdicts import judged

HOSTILE = "<img src=x onerror=alert(1)>"
SAID = ruling(HOSTILE, (0.0, 30.0), library="films", boilerplate=False)


def match(name: str) -> Match:
    titles = msgspec.structs.replace(
        MATCH.intervals[0], input_start=0.0, input_end=30.0, reference_start=10.0, reference_end=40.0
    )
    return msgspec.structs.replace(MATCH, media_id=name, library="films", intervals=(titles,))


def ended(model: ReadModel) -> None:
    """A job of which half a minute of titles is in six references."""
    names = [HOSTILE, *(f"ref-{number}" for number in range(5))]
    found = job(
        "j1",
        JobStatus.SUCCESS,
        matches=tuple(match(name) for name in names),
        rulings=tuple(Ruling(library="films", reference=name, action=Action.TRACK) for name in names),
        metrics=Metrics(duration=600.0),
        boilerplate=(SharedSpan(start=0.0, end=30.0, references=6),),
    )
    model.apply(jobs=[judged(found)])


def words(page: str) -> str:
    return " ".join(page.split())


async def test_a_listed_span_can_be_overruled_by_a_reference_that_holds_it(
    client: AsyncTestClient, model: ReadModel
) -> None:
    ended(model)
    page = words((await client.get("/jobs/j1")).text)
    assert "0:00.0 to 0:30.0 links nothing. It is 0:10.0 to 0:40.0 of" in page
    assert 'data-do="overrule" data-library="films" data-media="&lt;img src=x onerror=alert(1)&gt;"' in page
    assert 'data-start="10.0" data-end="40.0"' in page
    assert "<img" not in page


async def test_what_was_said_stands_on_the_job_with_a_way_back(client: AsyncTestClient, model: ReadModel) -> None:
    ended(model)
    elsewhere = ruling("ref-1", (100.0, 200.0), library="films", boilerplate=True)
    model.apply(boilerplate=[SAID, elsewhere])
    page = words((await client.get("/jobs/j1")).text)
    assert 'links all the same, says <bdi class="name">anna</bdi>' in page
    assert f'data-do="withdraw" data-ruling="{SAID.ruling_id}"' in page
    assert elsewhere.ruling_id not in page  # the job has nothing of it
    assert 'Verdict: <span class="verdict-kind">partial copy</span>' in page
    assert "<img" not in page


async def test_a_media_item_shows_what_was_said_of_it_and_where_to_say_it(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(items=[item(HOSTILE)], boilerplate=[SAID])
    page = words((await client.get("/media/%3Cimg%20src=x%20onerror=alert(1)%3E")).text)
    for text in ('id="say-boilerplate" data-script', "<option>films</option>", "0:00.0 to 0:30.0 of", SAID.ruling_id):
        assert text in page
    assert "<img" not in page
    model.apply(items=[item("film")])
    assert "Said of boilerplate" not in (await client.get("/media/film")).text


async def test_the_audit_log_has_all_that_was_said_also_what_was_taken_back(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(boilerplate=[SAID, ruling("film", boilerplate=True, withdrawn=True, who="ben")])
    page = words((await client.get("/audit")).text)
    assert "taken back: links nothing" in page
    assert '0:00.0 to 0:30.0 <span class="quiet">of</span>' in page
    assert "<img" not in page
    assert "taken back" not in (await client.get("/audit", params={"who": "anna"})).text
    assert "On boilerplate" not in (await client.get("/audit", params={"case_id": "c"})).text
