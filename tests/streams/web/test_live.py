"""Live changes: nothing is missed, and a slow reader hurts nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from support.cases import decided, id_of
from support.examples import TIME, job
from support.inline import InlineService
from support.read_model import JobTombstone, ReadModel

from schemas.backward import BackwardSearch
from schemas.cases import DecisionKind
from schemas.jobs import JobStatus
from schemas.policies import Action, Outcome
from streams.readmodel import changes as change_log
from streams.readmodel.changes import Change
from streams.settings import Settings
from streams.web import live as live_changes
from streams.web.live import PAGE, QUEUED, LiveChanges
from streams.web.server import WebServer
from streams.web.services import Services

#: When a state that follows another one came to be.
LATER = "2026-11-23T08:00:01.000Z"
SEARCH = BackwardSearch(
    search_id="s1",
    media_id="film",
    library="films",
    version=1,
    status=JobStatus.SUCCESS,
    creation_time=TIME,
    update_time=TIME,
)
RESET = {"event": "reset", "data": "{}"}


def jobs(first: int, count: int) -> list[Any]:
    """Return jobs, each of which is one change."""
    return [job(f"j{number}") for number in range(first, first + count)]


def place(model: ReadModel, number: int) -> str:
    """Return the id of an event of a read model's log."""
    return f"{model.changes.log_id}-{number}"


def fields(event: bytes) -> dict[str, str]:
    """Return the fields of an event; none of a comment."""
    lines = [line.partition(": ") for line in event.decode().splitlines() if line and not line.startswith(":")]
    return {name: value for name, _, value in lines}


class Reader:
    """Reads as a browser does: keeps the id of the last event, and sends it when it comes back."""

    def __init__(self, live: LiveChanges, last_id: str | None = None) -> None:
        self.live = live
        self.last_id = last_id
        self.seen: list[str] = []
        self.resets = 0

    async def read(self, events: AsyncIterator[bytes], *, until: str | None = None) -> None:
        """Read events, to the end or to that of a job."""
        async for event in events:
            found = fields(event)
            self.last_id = found.get("id", self.last_id)
            if found.get("event") == "reset":
                self.resets += 1
            elif "data" in found:
                self.seen.append(json.loads(found["data"])["job_id"])
                if self.seen[-1] == until:
                    return

    async def come(self, *, until: str) -> None:
        """Connect, and read until the change of a job."""
        async with asyncio.timeout(300), aclosing(self.live.follow(self.last_id)) as events:
            await self.read(events, until=until)


async def test_a_change_of_a_case_names_the_case(model: ReadModel) -> None:
    live = LiveChanges(model)
    inline = InlineService(model)
    inline.subscribe(live.publish)
    async with aclosing(live.follow(None)) as events:
        await anext(events)
        inline.apply(decisions=decided([DecisionKind.COPY], "film"))
        told = fields(await anext(events))
    data = {"kind": "case", "case_id": id_of("film"), "library": "films", "state": "closed"}
    assert (told["event"], json.loads(told["data"])) == ("case", data)


async def test_a_change_says_where_it_is_and_what_the_state_is_now(model: ReadModel) -> None:
    outcome = Outcome(media_id="video", action=Action.BLOCK, job_id="j1", event_time=TIME)
    model.apply(jobs=[job("j1", JobStatus.FAIL, library="films")], outcomes=[outcome], searches=[SEARCH])
    model.apply(jobs=[JobTombstone("j1")])
    reader = LiveChanges(model).follow(place(model, 0))
    async with asyncio.timeout(300), aclosing(reader) as events:
        await anext(events)
        told = [json.loads(fields(await anext(events))["data"]) for _ in range(3)]
    assert told == [
        {"kind": "outcome", "media_id": "video", "state": "block"},
        {"kind": "search", "search_id": "s1"},
        {"kind": "job", "job_id": "j1"},  # it is gone
    ]


async def test_many_changes_of_one_thing_in_one_batch_are_told_once(model: ReadModel) -> None:
    live = LiveChanges(model)
    async with asyncio.timeout(300), aclosing(live.follow(None)) as events:
        await anext(events)
        begun = job("j1", JobStatus.PROCESSING)
        states = [msgspec.structs.replace(begun, chunks_done=number, chunks_total=9) for number in range(9)]
        changes = model.apply(jobs=[*states, job("j2"), msgspec.structs.replace(begun, chunks_done=9, chunks_total=9)])
        assert len(changes) == 11
        live.publish(changes)
        told = [fields(await anext(events)) for _ in range(2)]
        assert [json.loads(one["data"])["job_id"] for one in told] == ["j2", "j1"]
        assert told[-1]["id"] == place(model, changes[-1].id)
        live.publish(model.apply(jobs=[job("j1", update_time=LATER)]))
        assert json.loads(fields(await anext(events))["data"]) == {
            "kind": "job",
            "job_id": "j1",
            "library": "default",
            "state": "success",
        }


async def test_a_reader_that_was_away_gets_what_it_missed_and_then_what_comes(model: ReadModel) -> None:
    changes = model.apply(jobs=[job("j1"), job("j2")])
    live = LiveChanges(model)
    events = live.follow(place(model, changes[0].id))
    await anext(events)
    assert b'"job_id":"j2"' in await anext(events)
    waiting = asyncio.create_task(anext(events))
    await asyncio.sleep(0)
    live.publish(model.apply(jobs=[job("j3")]))
    assert b'"job_id":"j3"' in await waiting
    await events.aclose()


@pytest.mark.parametrize("behind", [1, PAGE - 1, PAGE, PAGE + 1, 3000])
async def test_a_reader_that_is_far_behind_gets_every_change_once_and_in_order(model: ReadModel, behind: int) -> None:
    model.apply(jobs=jobs(0, behind + 1))
    reader = Reader(LiveChanges(model), place(model, 1))
    await reader.come(until=f"j{behind}")
    assert reader.seen == [f"j{number}" for number in range(1, behind + 1)]
    assert (reader.resets, reader.last_id) == (0, place(model, behind + 1))


async def test_what_changes_while_a_reader_catches_up_comes_once_and_in_order(model: ReadModel) -> None:
    model.apply(jobs=jobs(0, 1500))
    live = LiveChanges(model)
    reader = Reader(live, place(model, 0))
    async with asyncio.timeout(300), aclosing(live.follow(reader.last_id)) as events:
        for number in range(1500, 1500 + 2 * QUEUED):  # more than waits for one reader
            await reader.read(events, until=f"j{number - 1500}")
            live.publish(model.apply(jobs=jobs(number, 1)))
        await reader.read(events, until=f"j{1500 + 2 * QUEUED - 1}")
        live.publish(model.apply(jobs=[job("live")]))
        await reader.read(events, until="live")
    assert reader.seen == [*(f"j{number}" for number in range(1500 + 2 * QUEUED)), "live"]
    assert reader.resets == 0


async def test_what_changes_between_the_last_page_and_the_live_ones_comes_once(
    model: ReadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.apply(jobs=jobs(0, 3))
    live = LiveChanges(model)
    asked = 0
    changes_since = model.changes.since

    def with_news(change_id: int, *, limit: int) -> list[Change] | None:
        """Apply a change right after each page is read, and hand it to the readers before the page is."""
        nonlocal asked
        page = changes_since(change_id, limit=limit)
        if asked < 4:
            loop.call_soon_threadsafe(live.publish, model.apply(jobs=jobs(3 + asked, 1)))
        asked += 1
        return page

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(model.changes, "since", with_news)
    reader = Reader(live, place(model, 0))
    await reader.come(until="j6")
    assert reader.seen == [f"j{number}" for number in range(7)]


async def test_a_reader_that_does_not_keep_up_is_let_go_while_others_go_on(model: ReadModel) -> None:
    live = LiveChanges(model)
    slow, quick = live.follow(None), live.follow(None)
    await anext(slow)
    await anext(quick)
    received = 0
    for number in range(QUEUED + 10):
        live.publish(model.apply(jobs=[job(f"j{number}")]))
        await anext(quick)
        received += 1
    assert received == QUEUED + 10
    assert [event async for event in slow] == []
    await quick.aclose()


async def test_a_reader_that_was_let_go_has_missed_nothing_when_it_comes_back(model: ReadModel) -> None:
    live = LiveChanges(model)
    reader = Reader(live)
    async with aclosing(live.follow(None)) as events:
        reader.last_id = fields(await anext(events))["id"]
        live.publish(model.apply(jobs=jobs(0, 1)))
        await reader.read(events, until="j0")
        for number in range(1, 3 * QUEUED):
            live.publish(model.apply(jobs=jobs(number, 1)))
        await reader.read(events)
    await reader.come(until=f"j{3 * QUEUED - 1}")
    assert reader.seen == [f"j{number}" for number in range(3 * QUEUED)]
    assert reader.resets == 0


async def test_one_large_batch_lets_no_reader_go(model: ReadModel) -> None:
    live = LiveChanges(model)
    reader = Reader(live)
    async with asyncio.timeout(300), aclosing(live.follow(None)) as events:
        await anext(events)
        live.publish(model.apply(jobs=jobs(0, 3 * QUEUED)))
        await reader.read(events, until=f"j{3 * QUEUED - 1}")
    assert reader.seen == [f"j{number}" for number in range(3 * QUEUED)]


async def test_a_reader_that_was_away_too_long_is_told_to_read_anew(model: ReadModel) -> None:
    changes = model.apply(jobs=[job(f"j{number}") for number in range(3)])
    with model._database.write() as writer:
        writer.execute("DELETE FROM changes WHERE id <= ?", (changes[1].id,))
    events = LiveChanges(model).follow(place(model, 0))
    await anext(events)
    assert b"event: reset" in await anext(events)
    await events.aclose()


async def test_a_reader_that_is_overtaken_while_it_catches_up_is_told_so_once_and_goes_on_from_there(
    model: ReadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_changes, "PAGE", 10)
    monkeypatch.setattr(change_log, "KEPT_CHANGES", 50)
    model.apply(jobs=jobs(0, 50))
    live = LiveChanges(model)
    reader = Reader(live, place(model, 0))
    async with asyncio.timeout(300), aclosing(live.follow(reader.last_id)) as events:
        await reader.read(events, until="j4")
        live.publish(model.apply(jobs=jobs(50, 200)))
        await reader.read(events, until="j9")
        told = fields(await anext(events))
        live.publish(model.apply(jobs=jobs(250, 1)))
        await reader.read(events, until="j250")
    assert told == {"id": place(model, 250), **RESET}
    assert (reader.seen[-2:], reader.resets) == (["j9", "j250"], 0)


@pytest.fixture
def other(tmp_path: Path) -> Any:
    """The read model of another worker, which has seen as much."""
    with closing(ReadModel(tmp_path / "other.sqlite")) as other:
        other.apply(jobs=jobs(0, 5))
        yield other


def unknown_ids(model: ReadModel, other: ReadModel) -> dict[str, str]:
    """Return ids that are of no event of the read model's log, by what they are."""
    return {
        "of another worker, or of a state folder that was made anew": place(other, 3),
        "of the future": place(model, 60),
        "of a far future": place(model, 10**17),
        "larger than any number": place(model, int("9" * 40)),
        "bare number": "3",
        "empty": "",
        "no number": f"{model.changes.log_id}-",
        "below nothing": f"{model.changes.log_id}--1",
        "other digits": f"{model.changes.log_id}-٣",
        "garbage": "' OR 1=1 --\x00\ud800",
        "very long": "a" * 100_000,
    }


async def test_an_id_that_is_of_no_event_here_leads_to_one_reset_and_on_from_now(
    model: ReadModel, other: ReadModel
) -> None:
    model.apply(jobs=jobs(0, 5))
    live = LiveChanges(model)
    for number, (what, last_id) in enumerate(unknown_ids(model, other).items(), start=5):
        async with asyncio.timeout(300), aclosing(live.follow(last_id)) as events:
            told = fields(await anext(events))
            assert told == {"retry": "2000", "id": place(model, number), **RESET}, what
            live.publish(model.apply(jobs=jobs(number, 1)))
            assert fields(await anext(events))["id"] == place(model, number + 1), what


async def test_the_id_of_the_newest_event_leads_to_no_reset(model: ReadModel) -> None:
    model.apply(jobs=jobs(0, 5))
    live = LiveChanges(model)
    async with asyncio.timeout(300), aclosing(live.follow(place(model, 5))) as events:
        assert fields(await anext(events)) == {"retry": "2000", "id": place(model, 5)}
        live.publish(model.apply(jobs=jobs(5, 1)))
        assert fields(await anext(events))["id"] == place(model, 6)


async def test_the_same_file_has_the_same_log_after_a_restart(tmp_path: Path) -> None:
    with closing(ReadModel(tmp_path / "one.sqlite")) as before:
        before.apply(jobs=jobs(0, 3))
        last_id = place(before, 1)
    with closing(ReadModel(tmp_path / "one.sqlite")) as after:
        reader = Reader(LiveChanges(after), last_id)
        await reader.come(until="j2")
    assert (reader.seen, reader.resets) == (["j1", "j2"], 0)


async def test_closing_lets_readers_go_whatever_they_are_at(model: ReadModel) -> None:
    model.apply(jobs=jobs(0, 3))
    live = LiveChanges(model)
    following, behind = live.follow(None), live.follow(place(model, 0))
    await anext(following)
    await anext(behind)
    live.close()
    async with asyncio.timeout(300):
        assert [event async for event in following] == []
        assert len([event async for event in behind]) == 3
        assert len([event async for event in live.follow(None)]) == 1


async def test_a_reader_that_comes_back_over_http_sends_the_id_it_was_given(
    services: Services, inline: InlineService, settings: Settings
) -> None:
    services.settings = settings.model_copy(update={"web": "127.0.0.1:0"})
    server = WebServer(services, inline)
    await server.start()
    try:
        first = await read_over_http(server.address, None, events=1)
        inline.apply(jobs=jobs(0, 1200))
        missed = await read_over_http(server.address, first[0]["id"], events=1201)
        strange = await read_over_http(server.address, "no such id", events=1)
    finally:
        await server.stop()
    assert [json.loads(event["data"])["job_id"] for event in missed[1:]] == [f"j{number}" for number in range(1200)]
    assert strange[0]["event"] == "reset"


async def read_over_http(address: str, last_id: str | None, *, events: int) -> list[dict[str, str]]:
    """Return the first events that a reader gets."""
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    found: list[dict[str, str]] = []
    text = ""
    async with (
        httpx.AsyncClient(trust_env=False, timeout=20) as client,
        client.stream("GET", f"{address}/api/v1/events", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        async for piece in answer.aiter_text():
            *whole, text = f"{text}{piece}".split("\n\n")
            found += [fields(event.encode()) for event in whole]
            if len(found) >= events:
                break
    return found[:events]


async def test_a_reader_whose_token_is_taken_back_hears_no_more(
    model: ReadModel, inline: InlineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_changes, "CHECK_S", 0.01)
    live, allowed = LiveChanges(model), [True]
    inline.subscribe(live.publish)
    reader = Reader(live)
    events = live.follow(None, may_read=lambda: allowed[0])
    reading = asyncio.create_task(reader.read(events))
    async with asyncio.timeout(300):
        while reader.last_id is None:  # its place is known from then on
            await asyncio.sleep(0.01)
        inline.apply(jobs=[job("j1")])
        while reader.seen != ["j1"]:
            await asyncio.sleep(0.01)
        allowed[0] = False
        inline.apply(jobs=[job("j2")])
        await reading  # the stream ends by itself
    assert reader.seen == ["j1"]
    assert live._queues == set()


async def test_a_reader_that_is_behind_and_whose_token_is_taken_back_hears_no_more(model: ReadModel) -> None:
    model.apply(jobs=jobs(0, 5))
    allowed = iter([True, True, False])
    live = LiveChanges(model)
    seen = [event async for event in live.follow(place(model, 0), may_read=lambda: next(allowed, False))]
    assert [fields(event).get("event") for event in seen] == [None, "job", "job"]


async def test_a_stream_ends_within_moments_of_the_token_that_opened_it(
    inline: InlineService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_changes, "CHECK_S", 0.01)
    tokens = tmp_path / "tokens"
    tokens.write_text("token-of-a-reader reader\ntoken-of-another reader\n")
    services = inline.services(Settings(state=tmp_path, tokens=tokens, web="127.0.0.1:0"))
    server = WebServer(services, inline)
    await server.start()
    try:
        headers = {"Authorization": "Bearer token-of-a-reader"}
        async with (
            httpx.AsyncClient(timeout=20) as client,
            client.stream("GET", f"{server.address}/api/v1/events", headers=headers) as answer,
        ):
            assert answer.status_code == 200
            chunks = answer.aiter_bytes()
            await anext(chunks)
            tokens.write_text("token-of-another reader\n")
            assert [chunk async for chunk in chunks] == []
            again = await client.get(f"{server.address}/api/v1/events", headers=headers)
            assert again.status_code == 401
    finally:
        await server.stop()
