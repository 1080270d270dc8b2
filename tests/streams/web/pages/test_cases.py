"""The page of a case: what it says of the match, of what decided, and of who may do what."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from html import escape
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from support.cases import LIBRARY, decided, found, id_of, item, match
from support.examples import MATCH
from support.inline import InlineService
from support.read_model import GoneItem, JobTombstone, ReadModel
from support.web_app import shared_app

from schemas.cases import DecisionKind
from schemas.libraries import Library, Purpose
from schemas.matches import Interval, Track
from schemas.policies import Action, Conditions, Policy, TrackCondition
from streams.settings import Settings
from streams.web.pages.policy_checks import checks
from streams.web.services import Services

Client = AsyncTestClient[Litestar]

FILM = id_of("film")
HOSTILE = "</script><img src=x onerror=alert(1)>\u202e{{ 7*7 }}"
TOKENS = {"anna": "moderator", "rita": "reader"}


def interval(start: float, end: float, track: Track = Track.BOTH, *transforms: str) -> Interval:
    return msgspec.structs.replace(
        MATCH.intervals[0],
        input_start=start,
        input_end=end,
        reference_start=start + 60,
        reference_end=end + 60,
        track=track,
        transforms=transforms,
    )


def block(model: ReadModel, *intervals: Interval, purpose: Purpose = Purpose.ORIGINAL) -> None:
    """Let the film be found in a video, and be blocked for it."""
    matches = (match("film", intervals=intervals or MATCH.intervals),)
    model.apply(
        libraries=[Library(name=LIBRARY, purpose=purpose)],
        items=[item("film", duration=1200.0)],
        jobs=[found("j1", {"film": Action.BLOCK}, matches=matches)],
    )


async def shown(client: Client, case_id: str = FILM, query: str = "") -> str:
    answer = await client.get(f"/cases/{case_id}{query}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_case_shows_what_is_copied_how_surely_and_what_that_leads_to(client: Client, model: ReadModel) -> None:
    block(model, interval(0, 5, Track.BOTH, "mirrored"), interval(8, 9, Track.SOUND))
    page = await shown(client)
    for text in ("90 %", "6.0 s", "50 %", "under 1 %", "mirrored", "nobody", 'class="action block"', "to-block"):
        assert text in page
    for address in ("/media/video", "/media/film", "/libraries/films", "/jobs/j1", "/jobs/stored"):
        assert f'href="{address}"' in page


async def test_an_interval_lies_in_the_lanes_of_the_tracks_that_carry_it(client: Client, model: ReadModel) -> None:
    block(model, interval(0, 5), interval(6, 7, Track.PICTURE), interval(8, 9, Track.SOUND))
    page = await shown(client)
    bands = page.split('<g class="band ')[1:]
    assert [one.split("</g>")[0].count("<rect") for one in bands] == [4, 2, 2]
    assert 'y="0"' in bands[1]
    assert 'y="17"' in bands[2]


async def test_names_from_strangers_are_text_wherever_they_stand(client: Client, model: ReadModel) -> None:
    names = [match(HOSTILE, HOSTILE)]
    case_id = id_of(HOSTILE, HOSTILE, HOSTILE)
    job = found("j1", {HOSTILE: Action.BLOCK}, media_id=HOSTILE, matches=tuple(names))
    rulings = tuple(msgspec.structs.replace(one, library=HOSTILE, policy=HOSTILE) for one in job.rulings)
    model.apply(
        libraries=[Library(name=HOSTILE)],
        items=[item(HOSTILE, HOSTILE, quarantined=HOSTILE)],
        jobs=[msgspec.structs.replace(job, rulings=rulings)],
    )
    page = await shown(client, case_id)
    assert "<img src=x" not in page
    assert "49" not in page.split("<h1>")[1].split("</h1>")[0]
    assert page.count(f'<bdi class="name">{escape(HOSTILE, quote=False)}') >= 3


async def test_many_intervals_fold(client: Client, model: ReadModel) -> None:
    block(model, *(interval(n, n + 0.5) for n in range(50)))
    page = await shown(client)
    assert "<summary>42 more</summary>" in page
    before, after = page.split("<details id=")
    assert (before.count("data-choose="), after.count("data-choose=")) == (8, 42)


async def test_what_a_policy_asks_stands_beside_what_the_match_has(client: Client, model: ReadModel) -> None:
    block(model)
    when = Conditions(similarity=0.8, matched_seconds=20, track=TrackCondition.BOTH)
    model.apply(policies=[Policy(name="to-block", library=LIBRARY, when=when, action=Action.BLOCK)])
    page = await shown(client)
    for row in (
        "<td>80 %</td><td>90 %</td><td>✓ yes</td>",
        "<td>20 s</td><td>5.0 s</td><td>✕ no</td>",
        "<td>picture and sound</td><td>both</td><td>✓ yes</td>",
    ):
        assert row in page


@pytest.mark.parametrize("track", list(Track))
@pytest.mark.parametrize("asked", list(TrackCondition))
def test_a_track_that_is_asked_for_is_held_against_the_one_that_carries(track: Track, asked: TrackCondition) -> None:
    found = msgspec.structs.replace(MATCH, track=track)
    enough = asked in {TrackCondition.ANY, TrackCondition(track)} or track is Track.BOTH
    assert checks(Conditions(track=asked), found)[-1].holds is enough


async def test_decisions_are_told_with_who_when_and_why(client: Client, model: ReadModel) -> None:
    block(model)
    made = decided([DecisionKind.ESCALATE], "film")
    model.apply(decisions=[msgspec.structs.replace(one, note="<b>see the logo</b>") for one in made])
    page = await shown(client)
    for text in ("<strong>escalate</strong>", "anna", "open → escalated", "&lt;b&gt;see the logo&lt;/b&gt;"):
        assert text in page
    assert 'data-version="1"' in page
    assert 'data-decide="escalate"' not in page
    assert 'data-decide="copy"' in page
    assert 'data-decide="reopen"' in page


async def test_a_decided_case_offers_nothing_but_to_take_it_back(client: Client, model: ReadModel) -> None:
    block(model)
    model.apply(decisions=decided([DecisionKind.COPY], "film"))
    page = await shown(client)
    assert page.count("data-decide=") == 1
    assert 'data-decide="reopen"' in page


async def test_a_closed_case_says_why_and_offers_no_decision(client: Client, model: ReadModel) -> None:
    block(model)
    model.apply(items=[GoneItem(LIBRARY, "film")])
    page = await shown(client)
    assert "since the library lacks the reference" in page
    assert "data-decide=" not in page
    assert "there is nothing to play" in page


async def test_a_case_whose_job_is_gone_says_that_there_is_no_media(client: Client, model: ReadModel) -> None:
    block(model)
    model.apply(jobs=[JobTombstone("j1")])
    page = await shown(client)
    assert "the input was deleted" in page
    assert "job is gone" in page


async def test_a_reference_that_is_set_aside_is_marked(client: Client, model: ReadModel) -> None:
    block(model)
    model.apply(items=[item("film", quarantined="it matched 80 media items within an hour", update_time="2027")])
    assert "it matched 80 media items within an hour" in await shown(client)


@pytest.mark.parametrize(
    ("purpose", "hidden"), [(Purpose.BLOCKLIST, True), (Purpose.ORIGINAL, False), (Purpose.ADS, False)]
)
async def test_what_is_on_a_blocklist_is_hidden_at_first(
    client: Client, model: ReadModel, purpose: Purpose, *, hidden: bool
) -> None:
    block(model, purpose=purpose)
    page = await shown(client)
    assert ('id="reveal"' in page, "watch concealed" in page, "intervals concealed" in page) == (hidden,) * 3


async def test_the_next_case_is_the_one_of_the_list_that_somebody_came_from(client: Client, model: ReadModel) -> None:
    actions = {"film": Action.BLOCK, "other": Action.REVIEW}
    model.apply(
        items=[item("film"), item("other")],
        jobs=[found("j1", actions), found("j2", {"film": Action.BLOCK}, media_id="upload")],
    )
    neighbours = {case.case_id for case in model.cases.page().cases if case.action is Action.BLOCK} - {FILM}
    (other,) = neighbours
    page = await shown(client, FILM, "?action=block&order=time")
    assert f"/cases/{other}?state=undecided&amp;action=block&amp;order=time" in page
    assert id_of("other") not in page
    assert 'href="/cases?state=undecided&amp;action=block&amp;order=time"' in page


async def test_behind_the_last_case_comes_the_first_that_nobody_has_dealt_with(
    client: Client, model: ReadModel
) -> None:
    references = [f"film-{number}" for number in range(4)]
    model.apply(
        items=[item(name) for name in references],
        jobs=[found("j1", dict.fromkeys(references, Action.BLOCK))],
    )
    first, second, third, last = [case.case_id for case in model.cases.page().cases]
    references = [case.reference for case in model.cases.page().cases]

    async def goes_on_with(case_id: str, query: str = "") -> str:
        (address,) = re.findall('data-next="([^"]*)"', await shown(client, case_id, query))
        return str(address.partition("?")[0].removeprefix("/cases/"))

    assert await goes_on_with(third) == last
    assert await goes_on_with(last) == first  # a case more severe may come in at any time
    model.apply(decisions=decided([DecisionKind.ESCALATE], references[0]))
    assert await goes_on_with(last) == second
    for name in references[1:3]:
        model.apply(decisions=decided([DecisionKind.ESCALATE], name))
    assert await goes_on_with(last) == ""
    assert await goes_on_with(third, "?state=escalated") == first


async def test_the_live_part_alone_is_answered_without_players(client: Client, model: ReadModel) -> None:
    block(model)
    part = await shown(client, FILM, "?rows=")
    assert 'class="headline"' in part
    assert 'class="decide"' in part
    for absent in ("<video", "<html", 'id="timelines"'):
        assert absent not in part


async def test_a_case_that_is_not_there_is_404(client: Client) -> None:
    assert (await client.get("/cases/unknown")).status_code == 404


class TestRoles:
    """Who may look, and who may watch and decide."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        tokens = tmp_path / "tokens"
        tokens.write_text("".join(f"the-token-of-{name} {role} {name}\n" for name, role in TOKENS.items()))
        tokens.chmod(0o600)
        return Settings(state=tmp_path, tokens=tokens)

    @pytest.fixture
    async def client(self, services: Services, inline: InlineService) -> AsyncIterator[Client]:
        await asyncio.to_thread(block, inline.model)
        async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
            yield client

    async def read(self, client: Client, name: str) -> str:
        answer = await client.get(f"/cases/{FILM}", headers={"Authorization": f"Bearer the-token-of-{name}"})
        assert answer.status_code == 200
        return answer.text

    async def test_a_reader_neither_watches_nor_decides(self, client: Client) -> None:
        page = await self.read(client, "rita")
        assert "Watching needs the role moderator; yours is reader." in page
        assert "Deciding needs the role moderator; yours is reader." in page
        for absent in ("<video", "<img", "data-decide=", "data-assign"):
            assert absent not in page
        assert "to-block" in page

    async def test_a_moderator_watches_and_decides(self, client: Client) -> None:
        page = await self.read(client, "anna")
        for there in ("<video", "/api/v1/jobs/stored/frame?at=65.000", 'data-decide="copy"', 'data-assign="anna"'):
            assert there in page
