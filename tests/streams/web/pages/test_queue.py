"""The queue as people see it, and as a page that is open asks for it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import AsyncTestClient
from support.cases import decided, found, id_of, item, match, ruling
from support.examples import job
from support.inline import InlineService
from support.read_model import GoneItem
from support.web_app import shared_app

from schemas.cases import Assignment, CaseState, DecisionKind
from schemas.libraries import Library, Purpose
from schemas.matches import Interval, Track
from schemas.policies import Action
from streams.settings import Settings
from streams.web.pages.queue_filter import QueueFilter, written_assignee
from streams.web.pages.queue_rows import queue_rows
from streams.web.pages.rendering import PAGE
from streams.web.services import Services

NOW = datetime(2026, 11, 30, 8, 0, 30, tzinfo=UTC)
TOKENS = {"anna": "moderator", "carl": "reader"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "tokens").write_text("".join(f"the-token-of-{name} {role} {name}\n" for name, role in TOKENS.items()))
    return Settings(state=tmp_path, tokens=tmp_path / "tokens", rate_limit="1000000/second")


@pytest.fixture
async def client(services: Services) -> AsyncIterator[AsyncTestClient[Any]]:
    async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
        client.headers["Authorization"] = "Bearer the-token-of-anna"
        yield client


async def shown(client: AsyncTestClient[Any], address: str = "/cases", **given: str) -> str:
    answer = await client.get(address, params=given or None)
    assert answer.status_code == 200, answer.text
    return answer.text


def rows(page: str) -> list[str]:
    """Return the ids of the cases on a page, in order."""
    return re.findall(r'<tr id="row-([0-9a-f]+)"', page)


def row_of(page: str, case_id: str) -> str:
    """Return a row as its markup."""
    return page[page.index(f'<tr id="row-{case_id}"') :].split("</tr>", maxsplit=1)[0]


def words(markup: str) -> str:
    """Return what is read of a markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def give(inline: InlineService, *media: str, action: Action = Action.BLOCK, **fields: Any) -> list[str]:
    """Let a film be found in media; return the ids of their cases."""
    inline.apply(items=[item("film")])
    inline.apply(jobs=[found(f"job-{one}", {"film": action}, media_id=one, **fields) for one in media])
    return [id_of("film", one) for one in media]


async def test_a_row_says_what_it_takes_to_decide_whether_to_open_it(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    interval = Interval(
        input_start=2.0, input_end=12.0, reference_start=60.0, reference_end=70.0, similarity=0.9, track=Track.SOUND,
        speed=1.25, transforms=("pitched",),
    )  # fmt: skip
    seen = match("film", track=Track.SOUND, intervals=(interval,), input_coverage=0.27)
    (case_id,) = give(inline, "upload", matches=(seen,))
    inline.apply(
        assignments=[Assignment(case_id=case_id, assignee="ben")],
        decisions=[*decided([DecisionKind.ESCALATE], "film", media_id="upload")],
    )
    page = await shown(client)
    row = row_of(page, case_id)
    for text in ("upload", "→", "film", "in films", "by to-block", "block", "escalated", "90 %", "10 s", "27 % of it",
                 "under 1 % of the reference", "sound only", "pitched", "speed 1.25", "ben"):  # fmt: skip
        assert text in words(row), text
    assert f'href="/cases/{case_id}?state=undecided"' in row
    assert '<time datetime="2026-11-23T08:00:00.000Z" data-age>' in row


async def test_notes_are_marked_and_names_are_isolated(client: AsyncTestClient[Any], inline: InlineService) -> None:
    hostile = '"><script>alert(1)</script>'
    (case_id,) = give(inline, hostile)
    made = decided([DecisionKind.ESCALATE], "film", media_id=hostile)
    inline.apply(decisions=[msgspec.structs.replace(one, note=f"look {hostile}") for one in made])
    page = await shown(client)
    assert "<script>alert" not in page
    row = row_of(page, case_id)
    assert (
        f'<bdi class="name input">{hostile.replace(chr(34), "&#34;").replace("<", "&lt;").replace(">", "&gt;")}</bdi>'
        in row
    )
    assert "1 note" in words(row)
    assert "anna: look" in row


async def test_the_most_severe_of_what_is_left_comes_first_and_the_newest_on_demand(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    (weak,) = give(inline, "weak", action=Action.REVIEW, time="2026-11-23T09:00:00.000Z")
    (old, passed_on, done) = give(inline, "old", "passed-on", "done", time="2026-11-23T08:00:00.000Z")
    for media, kind in (("passed-on", DecisionKind.ESCALATE), ("done", DecisionKind.COPY)):
        inline.apply(decisions=decided([kind], "film", media_id=media))
    assert set(rows(await shown(client))[:2]) == {old, passed_on}
    assert rows(await shown(client))[2:] == [weak]
    assert rows(await shown(client, order="time"))[0] == weak
    assert rows(await shown(client, state="decided")) == [done]
    assert set(rows(await shown(client, state="all"))) == {weak, old, passed_on, done}


async def test_filters_combine_and_stay_in_every_address(client: AsyncTestClient[Any], inline: InlineService) -> None:
    (mine, other) = give(inline, "mine", "other")
    give(inline, "reviewed", action=Action.REVIEW)
    inline.apply(assignments=[Assignment(case_id=mine, assignee="anna"), Assignment(case_id=other, assignee="ben")])
    page = await shown(client, assignee="@me", action="block", similarity="0.8", library="films")
    assert rows(page) == [mine]
    for link in (
        f"/cases/{mine}?state=undecided&amp;action=block&amp;library=films&amp;assignee=%40me&amp;similarity=0.8",
        "/cases/export?action=block&amp;library=films&amp;assignee=%40me&amp;similarity=0.8&amp;form=csv",
        "/cases?action=block&amp;library=films&amp;assignee=ben&amp;similarity=0.8",
    ):
        assert link in page
    assert rows(await shown(client, assignee="ben")) == [other]
    assert len(rows(await shown(client, assignee="@nobody"))) == 1
    assert rows(await shown(client, similarity="0.95")) == []
    assert rows(await shown(client, media_id="other", reference="film")) == [other]


@pytest.mark.parametrize("name", ["@me", "@nobody", "@@", "anna", " ", "a b"])
def test_whoever_has_a_case_an_address_can_name_them(name: str) -> None:
    read = QueueFilter.read({"assignee": written_assignee(name.strip())}, me="me")
    assert (read.mistakes, read.wanted(NOW).assignee) == ((), name.strip())


@pytest.mark.parametrize(
    ("since", "time"),
    [
        ("hour", "2026-11-30T07:00:00.000Z"),
        ("week", "2026-11-23T08:00:00.000Z"),
        ("2026-11-23T10:00:00+02:00", "2026-11-23T08:00:00.000Z"),
    ],
)
def test_since_is_a_word_or_a_time(since: str, time: str) -> None:
    assert QueueFilter.read({"since": since}, me="anna").wanted(NOW).since == time


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("state", "gone", "There is no state 'gone', but open, escalated,"),
        ("action", "ban", "There is no action 'ban', but block, review, track, allow."),
        ("order", "size", "There is no order 'size', but severity, time."),
        ("since", "soon", "'soon' is no time: write hour,"),
        ("similarity", "80", "'80' is no similarity: write a number from 0 to 1"),
        ("similarity", "nan", "'nan' is no similarity"),
        ("assignee", "@them", "'@them' names nobody: write @me, @nobody, or a name."),
    ],
)
async def test_what_is_no_filter_is_said_in_words_and_left_out(
    client: AsyncTestClient[Any], inline: InlineService, name: str, value: str, said: str
) -> None:
    (case_id,) = give(inline, "upload")
    page = await shown(client, **{name: value})
    assert said in unescape(page)
    assert "It is left out." in page
    assert rows(page) == [case_id]
    assert f"{name}={value}" not in page


async def test_what_is_left_and_who_has_it_is_counted(client: AsyncTestClient[Any], inline: InlineService) -> None:
    ids = give(inline, *(f"upload-{number}" for number in range(5)))
    give(inline, "reviewed", action=Action.REVIEW)
    inline.apply(assignments=[Assignment(case_id=ids[0], assignee="anna"), Assignment(case_id=ids[1], assignee="ben")])
    inline.apply(decisions=decided([DecisionKind.COPY], "film", media_id="upload-4"))
    page = await shown(client)
    tabs, left = (words(page.split(f'id="{one}"')[1].split("</nav>")[0].partition(">")[2]) for one in ("views", "left"))
    assert tabs == "To do 5 Mine 1 Escalated 0 Blocked 4 Decided 1 All"
    assert left == "5 left block 4 review 1 unassigned 3 mine 1 ben 1"
    narrow = await shown(client, action="review")
    assert "1 left here" in words(narrow)
    assert "block 4" in words(narrow)


async def test_who_only_reads_is_shown_no_buttons_and_no_pictures(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    (case_id,) = give(inline, "upload")
    client.headers["Authorization"] = "Bearer the-token-of-carl"
    page = await shown(client)
    assert rows(page) == [case_id]
    for sign in ("data-act", 'type="checkbox"', "<img", "/frame?", "Show veiled"):
        assert sign not in page


async def test_pictures_are_of_where_the_match_begins_and_veiled_where_a_blocklist_is(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    inline.apply(libraries=[Library(name="films", purpose=Purpose.BLOCKLIST), Library(name="shows")])
    inline.apply(items=[item("show", "shows", job_id="of the show")])
    (blocked,) = give(inline, "upload")
    seen = match("show", "shows")
    inline.apply(
        jobs=[
            job("j/2", media_id="other", version=1, matches=(seen,), rulings=(ruling("show", Action.BLOCK, "shows"),))
        ]
    )
    page = await shown(client)
    row = row_of(page, blocked)
    assert 'class="pair veiled"' in row
    assert 'data-frame="/api/v1/jobs/job-upload/frame?at=0.5&amp;height=144"' in row
    assert 'data-frame="/api/v1/jobs/stored/frame?at=65.5&amp;height=144"' in row
    row = row_of(page, id_of("show", "other", "shows"))
    assert 'class="pair"' in row
    assert 'data-frame="/api/v1/jobs/j%2F2/frame?at=0.5&amp;height=144"' in row
    assert 'data-frame="/api/v1/jobs/of%20the%20show/frame?at=65.5&amp;height=144"' in row


async def test_a_case_of_which_all_else_is_gone_is_still_a_row(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    inline.apply(decisions=decided([DecisionKind.COPY], "film"))
    row = row_of(await shown(client, state="closed"), id_of("film"))
    assert "no match is known any more" in words(row)
    assert 'class="frame missing"' in row
    assert "<img" not in row


async def test_more_cases_are_on_the_next_page_of_the_same_filter(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    ids = give(inline, *(f"upload-{number}" for number in range(PAGE + 2)))
    first = await shown(client, action="block")
    link = unescape(first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0])
    assert "action=block" in link
    second = await shown(client, link)
    assert sorted(rows(first) + rows(second)) == sorted(ids)
    assert 'href="/cases?action=block">First page' in second
    assert rows(await shown(client, action="block", cursor="of another list")) == rows(first)


async def test_nothing_to_decide_says_what_else_there_is(client: AsyncTestClient[Any], inline: InlineService) -> None:
    page = words(await shown(client))
    assert "Nothing to decide" in page
    assert "No case has been opened yet." in page
    give(inline, "upload")
    inline.apply(decisions=decided([DecisionKind.COPY], "film", media_id="upload"))
    assert "All that came in is decided or closed: 1 decided , 0 closed ." in words(await shown(client))
    give(inline, "next")
    page = words(await shown(client, state="escalated"))
    assert "No cases with this filter" in page
    assert "1 to decide without it" in page


async def test_an_open_page_is_given_the_rows_that_it_asks_for_before_anything_else(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    ids = give(inline, "one", "two", "three")
    part = await shown(client, rows=f"{ids[2]},{ids[0]},none")
    assert part.lstrip().startswith("<tr")  # behind anything else a browser would leave rows out
    assert sorted(rows(part)) == sorted([ids[0], ids[2]])
    assert 'id="left"' in part
    assert 'id="views"' in part
    assert "<html" not in part
    assert "data-left" not in part


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (DecisionKind.COPY, "decided by anna : copy"),
        (DecisionKind.NOT_A_MATCH, "decided by anna : not a match"),
        (DecisionKind.ALLOW, "decided by anna : allow"),
    ],
)
async def test_a_row_that_the_list_has_no_more_says_what_has_become_of_it(
    client: AsyncTestClient[Any], inline: InlineService, kind: DecisionKind, said: str
) -> None:
    (case_id,) = give(inline, "upload")
    inline.apply(decisions=decided([kind], "film", media_id="upload"))
    row = row_of(await shown(client, rows=case_id), case_id)
    assert 'data-left="gone"' in row
    assert said in words(row)
    assert 'data-version="1"' in row


async def test_rows_leave_for_other_reasons_too(client: AsyncTestClient[Any], inline: InlineService) -> None:
    (given, closed, escalated) = give(inline, "given", "closed", "escalated")
    inline.apply(assignments=[Assignment(case_id=given, assignee="ben")])
    inline.apply(decisions=decided([DecisionKind.ESCALATE], "film", media_id="escalated"))
    assert "now with ben" in words(await shown(client, rows=given, assignee="@me"))
    assert "decided by anna : escalate" in words(await shown(client, rows=escalated, state="open"))
    inline.apply(items=[GoneItem("films", "film")])
    assert "closed: the library lacks the reference" in words(await shown(client, rows=closed))


async def test_what_is_on_another_page_of_the_list_never_comes_as_new(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    give(inline, *(f"upload-{number}" for number in range(PAGE + 1)))
    (last,) = give(inline, "the-last", action=Action.REVIEW)
    first = await shown(client)
    until = first.split('data-until="')[1].split('"')[0]
    row = row_of(await shown(client, rows=last, until=until), last)
    assert 'data-left="elsewhere"' in row
    assert "mark" not in row
    severe = match("film", similarity=0.99)
    (new,) = give(inline, "new", matches=(severe,))
    assert "data-left" not in row_of(await shown(client, rows=new, until=until), new)


async def test_the_list_is_saved_as_a_file_with_its_filter(client: AsyncTestClient[Any], inline: InlineService) -> None:
    ids = give(inline, *(f"upload-{number}" for number in range(PAGE + 5)))
    inline.apply(assignments=[Assignment(case_id=ids[3], assignee="anna")])
    inline.apply(decisions=decided([DecisionKind.COPY], "film", media_id="upload-0"))
    answer = await client.get("/cases/export", params={"form": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="cases.csv"'
    saved = [row["case_id"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))]
    assert sorted(saved) == sorted(ids[1:])
    answer = await client.get("/cases/export", params={"form": "json", "assignee": "@me"})
    assert [json.loads(line)["case_id"] for line in answer.text.splitlines()] == [ids[3]]
    assert (await client.get("/cases/export", params={"form": "pdf"})).status_code == 400


def test_all_rows_of_a_page_cost_a_few_questions(inline: InlineService, monkeypatch: pytest.MonkeyPatch) -> None:
    give(inline, *(f"upload-{number}" for number in range(PAGE)))
    asked: list[str] = []
    for name in ("one", "all"):
        ask = getattr(inline.model._database, name)

        def kept(query: str, *values: object, ask: Callable[..., object] = ask) -> object:
            asked.append(query)
            return ask(query, *values)

        monkeypatch.setattr(inline.model._database, name, kept)
    page = inline.model.cases.page(limit=PAGE)
    assert len(queue_rows(inline.model, page.cases)) == PAGE
    assert 0 < len(asked) < 10


def test_every_state_can_be_asked_for() -> None:
    for state in CaseState:
        assert QueueFilter.read({"state": state}, me="anna").states == (state,)
