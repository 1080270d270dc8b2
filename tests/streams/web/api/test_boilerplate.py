"""What people say of boilerplate, over REST: it counts at once, is kept, and can be taken back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from litestar.testing import AsyncTestClient
from support.examples import MATCH, job
from support.inline import InlineService

from schemas.boilerplate import SharedSpan
from schemas.jobs import JobStatus, Metrics
from schemas.libraries import Library, LibraryItem
from schemas.policies import Action, Ruling
from streams.domain.boilerplate_errors import MOST_OF_A_REFERENCE
from streams.domain.verdicts import judged

API = "/api/v1/boilerplate"
SAID = {"library": "series", "media_id": "episode-1", "start": None, "end": None, "boilerplate": False, "note": "ours"}
SPAN = {**SAID, "start": 0.0, "end": 30.0}
JOB = "/api/v1/jobs/j1"


@pytest.fixture(autouse=True)
def ended(inline: InlineService) -> None:
    """A job of which half a minute of titles is in seven episodes."""
    names = [f"episode-{number}" for number in range(7)]
    titles = msgspec.structs.replace(
        MATCH.intervals[0], input_start=0.0, input_end=30.0, reference_start=0.0, reference_end=30.0
    )
    matches = tuple(
        msgspec.structs.replace(MATCH, media_id=name, library="series", reference_coverage=0.02, intervals=(titles,))
        for name in names
    )
    inline.apply(
        libraries=[Library(name="series")],
        items=[LibraryItem(library="series", media_id=name, version=1, job_id="j", duration=1200.0) for name in names],
        jobs=[
            judged(
                job(
                    "j1",
                    JobStatus.SUCCESS,
                    matches=matches,
                    rulings=tuple(Ruling(library="series", reference=name, action=Action.TRACK) for name in names),
                    metrics=Metrics(duration=1200.0),
                    boilerplate=(SharedSpan(start=0.0, end=30.0, references=7),),
                )
            )
        ],
    )


async def say(client: AsyncTestClient, **fields: Any) -> dict[str, Any]:
    answer = await client.put(API, json={**SAID, **fields})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_what_is_said_counts_for_jobs_that_have_ended_until_it_is_taken_back(client: AsyncTestClient) -> None:
    before = (await client.get(JOB)).json()
    assert (before["verdict"]["kind"], len(before["boilerplate"])) == ("original", 1)
    said = await say(client)
    linked = (await client.get(JOB)).json()
    assert (linked["verdict"]["kind"], linked["boilerplate"]) == ("partial_copy", [])
    assert (await client.delete(f"{API}/{said['id']}")).status_code == 204
    assert (await client.get(JOB)).json() == before


async def test_a_ruling_is_listed_and_shown_with_who_said_it(client: AsyncTestClient) -> None:
    said = await say(client, **SPAN)
    assert {name: said[name] for name in SPAN} == SPAN
    assert said["by"]
    assert said["time"]
    assert (await client.get(f"{API}/{said['id']}")).json() == said
    assert (await client.get(API)).json() == {"rulings": [said], "next": None}
    assert (await client.get(API, params={"media_id": "episode-2"})).json()["rulings"] == []
    assert (await client.get(API, params={"library": "series"})).json()["rulings"] == [said]


async def test_a_span_has_one_ruling_and_the_log_has_all_that_was_said(client: AsyncTestClient) -> None:
    first = await say(client)
    assert await say(client) == first  # the same again is nothing new
    second = await say(client, boilerplate=True)
    assert second["id"] == first["id"]
    await say(client, **SPAN)
    await client.delete(f"{API}/{first['id']}")
    entries = (await client.get(f"{API}/log")).json()["entries"]
    assert [(one["id"] == first["id"], one["boilerplate"], one["withdrawn"]) for one in entries] == [
        (True, True, True),
        (False, False, False),
        (True, True, False),
        (True, False, False),
    ]
    assert {"id": first["id"], "boilerplate": False, "withdrawn": False}.items() <= entries[-1].items()
    assert (await client.get(f"{API}/log", params={"who": "nobody"})).json()["entries"] == []


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"library": "films"}, "unknown-library", "create it"),
        ({"media_id": "film"}, "unknown-item", "list what it holds"),
        ({"start": 5.0}, "unusable-span", "both, or neither"),
        ({"end": 5.0}, "unusable-span", "both, or neither"),
        ({"start": 5.0, "end": 5.9}, "unusable-span", "a later end"),
        ({"start": 1300.0, "end": 1400.0}, "unusable-span", "from 0 s to 1200.0 s"),
        ({"start": -1.0, "end": 5.0}, "invalid-request", "start"),
        ({"note": "x" * 2001}, "invalid-request", "note"),
    ],
)
async def test_what_cannot_be_said_is_refused(
    client: AsyncTestClient, fields: dict[str, Any], code: str, words: str
) -> None:
    answer = await client.put(API, json={**SAID, **fields})
    assert answer.json()["code"] == code
    assert words in answer.text
    assert (await client.get(API)).json()["rulings"] == []


async def test_what_nobody_has_said_is_404(client: AsyncTestClient) -> None:
    assert (await client.get(f"{API}/0123")).json()["code"] == "unknown-boilerplate"
    assert (await client.delete(f"{API}/0123")).status_code == 404


async def test_there_are_not_more_rulings_on_a_reference_than_are_looked_at(client: AsyncTestClient) -> None:
    for second in range(MOST_OF_A_REFERENCE):
        await say(client, start=float(second), end=second + 1.0)
    await say(client, start=0.0, end=1.0, boilerplate=True)  # in the place of another one
    answer = await client.put(API, json=SAID)
    assert (answer.status_code, answer.json()["code"]) == (409, "too-many-rulings")
    await say(client, media_id="episode-2")
