"""Dead letters over REST: seen, and sent again once."""

from __future__ import annotations

import base64

import pytest
from litestar.testing import AsyncTestClient
from support.inline import InlineService
from support.read_model import ReadModel

from schemas.deadletter import DeadLetterReplay, dead_letter_headers, letter_of
from schemas.limits import EXCERPT
from streams.readmodel.dead_letters import DeadLetter

API = "/api/v1/dead-letters"


def letter(offset: int = 1, topic: str = "mediadna.transcode-complete") -> DeadLetter:
    headers = dead_letter_headers(
        [("traceparent", b"00-a-b-01")],
        topic=topic,
        partition=0,
        offset=offset,
        code="InvalidEvent",
        reason="the field is wrong",
        time=f"2026-11-23T08:00:{offset:02}.000Z",
    )
    return DeadLetter(key=b"video", value=b"\xff{", headers=tuple(headers))


async def test_letters_are_listed_newest_first_and_shown_as_they_came(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(dead_letters=[letter(1), letter(2), letter(1)])
    listed = (await client.get(API)).json()["letters"]
    assert [one["time"][17:19] for one in listed] == ["02", "01"]
    assert (listed[0]["topic"], listed[0]["reason"]) == ("mediadna.transcode-complete", "the field is wrong")
    shown = (await client.get(f"{API}/{listed[0]['letter_id']}")).json()
    assert (base64.b64decode(shown["value"]), shown["key"]) == (b"\xff{", "video")


async def test_a_letter_is_sent_again_as_it_came_and_once(client: AsyncTestClient, inline: InlineService) -> None:
    inline.model.apply(dead_letters=[letter()])
    place = f"{API}/{letter().id}/replay"
    answer = await client.post(place)
    assert (answer.status_code, bool(answer.json()["replayed"])) == (202, True)
    assert (await client.post(place)).status_code == 409
    headers = [("traceparent", b"00-a-b-01"), ("x-replay-count", b"1")]
    assert inline.replays == [("mediadna.transcode-complete", b"video", b"\xff{", headers)]


@pytest.mark.parametrize("topic", ["", "somebody.elses"])
async def test_a_letter_from_elsewhere_is_not_sent(client: AsyncTestClient, inline: InlineService, topic: str) -> None:
    inline.model.apply(dead_letters=[letter(topic=topic)])
    assert (await client.post(f"{API}/{letter(topic=topic).id}/replay")).status_code == 409
    assert inline.replays == []


async def test_a_letter_that_another_worker_has_sent_is_known_whichever_is_read_first(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(replays=[DeadLetterReplay(letter_id=letter().id, replay_time="2026-11-23T09:00:00.000Z")])
    model.apply(dead_letters=[letter()])
    assert (await client.post(f"{API}/{letter().id}/replay")).status_code == 409


def large() -> DeadLetter:
    """A letter that holds a large input by reference."""
    key, value, headers = letter_of(b"video", b"x" * 10_430_001, letter(7).headers)
    return DeadLetter(key=key, value=value, headers=tuple(headers))


async def test_a_letter_that_holds_its_input_by_reference_shows_its_first_bytes_and_where_the_whole_is(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(dead_letters=[letter(), large()])
    shown = (await client.get(f"{API}/{large().id}")).json()
    assert (shown["truncated"], base64.b64decode(shown["value"])) == (True, b"x" * EXCERPT)
    assert shown["place"] == "topic mediadna.transcode-complete, partition 0, offset 7"
    assert [one["truncated"] for one in (await client.get(API)).json()["letters"]] == [True, False]
    page = (await client.get("/dead-letters")).text
    assert "10430028 bytes is on topic mediadna.transcode-complete, partition 0, offset 7" in page
    assert page.count("first bytes") == 1


async def test_a_letter_that_holds_its_input_by_reference_is_not_sent_again(
    client: AsyncTestClient, inline: InlineService
) -> None:
    inline.model.apply(dead_letters=[large()])
    answer = await client.post(f"{API}/{large().id}/replay")
    assert answer.status_code == 409
    assert "topic mediadna.transcode-complete, partition 0, offset 7" in answer.json()["detail"]
    assert inline.replays == []
