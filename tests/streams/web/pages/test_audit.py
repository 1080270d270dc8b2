"""The page of the audit log."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from litestar.testing import AsyncTestClient
from support.cases import decided, id_of
from support.people import seen, write_tokens
from support.read_model import ReadModel

from schemas.cases import Decision, DecisionKind
from streams.settings import Settings
from streams.web.pages.rendering import PAGE

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, tokens=write_tokens(tmp_path))


def decision(reference: str, kind: DecisionKind = DecisionKind.COPY, **fields: str) -> Decision:
    (made,) = decided([kind], reference)
    return msgspec.structs.replace(made, **fields)


async def test_it_says_who_decided_what_when_and_why(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(decisions=[decision("film", DecisionKind.NOT_A_MATCH, who="bert", note="a parody")])
    page = await seen(client, "/audit", "reader")
    for text in ("bert", "not a match", "a parody", "film", "dismissed", f"/cases/{id_of('film')}"):
        assert text in page


async def test_it_is_filtered_by_who_case_and_time(client: AsyncTestClient, model: ReadModel) -> None:
    first = decision("one-film", who="anna", when="2026-11-20T08:00:00.000Z")
    model.apply(decisions=[first, decision("other-film", who="bert", when="2026-11-23T08:00:00.000Z")])
    for filters in ({"who": "anna"}, {"case_id": first.case_id}, {"until": "2026-11-21"}):
        page = await seen(client, "/audit", **filters)
        assert "one-film" in page
        assert "other-film" not in page
    assert "one-film" not in (page := await seen(client, "/audit", since="2026-11-21"))
    assert "other-film" in page
    assert 'data-from="/api/v1/decisions?since=2026-11-21"' in page
    assert "No decisions with this filter" in await seen(client, "/audit", who="nobody")


async def test_older_decisions_are_on_the_next_page_under_the_same_filter(
    client: AsyncTestClient, model: ReadModel
) -> None:
    times = [f"2026-11-23T08:00:{number:02}.000Z" for number in range(PAGE + 1)]
    model.apply(decisions=[decision(f"film-{n}-", when=time) for n, time in enumerate(times)])
    first = await seen(client, "/audit", who="anna")
    assert "film-0-" not in first
    address = next(part for part in first.split('href="') if "cursor=" in part).split('"')[0].replace("&amp;", "&")
    assert "who=anna" in address
    assert "film-0-" in await seen(client, f"/audit{address}")


async def test_what_is_no_time_is_said_on_the_page(client: AsyncTestClient) -> None:
    page = await seen(client, "/audit", since="yesterday")
    assert "This cannot be shown" in page
    assert 'value="yesterday"' in page


async def test_notes_and_names_are_shown_and_not_run(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(decisions=[decision(HOSTILE, who=HOSTILE, note=HOSTILE)])
    page = await seen(client, "/audit")
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;") >= 3


async def test_an_empty_log_says_what_it_is_for(client: AsyncTestClient) -> None:
    assert "No decisions yet" in await seen(client, "/audit")
