"""The pages for those who run the service: callbacks, dead letters, usage."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from litestar.testing import AsyncTestClient
from support.examples import TIME, job
from support.people import seen, token_of, write_tokens
from support.read_model import ReadModel

from schemas.deadletter import DeadLetterReplay, dead_letter_headers
from schemas.deliveries import Attempt, Delivery, DeliveryStatus
from schemas.jobs import Metrics
from streams.readmodel.dead_letters import DeadLetter
from streams.settings import Settings
from streams.web.pages.operations import SHOWN_INPUT
from streams.web.pages.rendering import PAGE

URL = "https://user:word@receiver.example/copies?token=5d67"
HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, tokens=write_tokens(tmp_path))


def delivery(model: ReadModel, job_id: str, status: DeliveryStatus, *attempts: Attempt) -> Delivery:
    """Have a job's delivery come to a status."""
    before = model.deliveries.get(job_id)
    assert before is not None
    after = msgspec.structs.replace(before, status=status, attempts=attempts, revision=before.revision + 1)
    model.apply(deliveries=[after])
    return after


def letter(
    offset: int = 1, *, value: bytes = b"\xff{", reason: str = "the field is wrong", **fields: str
) -> DeadLetter:
    known = {
        "topic": "mediadna.transcode-complete",
        "code": "InvalidEvent",
        "time": f"2026-11-23T08:00:{offset:02}.000Z",
    }
    headers = dead_letter_headers([], partition=0, offset=offset, reason=reason, **{**known, **fields})
    return DeadLetter(key=b"video", value=value, headers=tuple(headers))


# ---- callbacks


async def test_callbacks_show_where_they_stand_and_what_the_receiver_said(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(jobs=[job("j1", media_id="clip", callback_url=URL), job("j2", media_id="waiting", callback_url=URL)])
    error = "the receiver answered 503: only 2xx counts"
    delivery(model, "j1", DeliveryStatus.FAILED, *[Attempt(time=TIME, status=503, error=error, seconds=0.1)] * 2)
    page = await seen(client, "/deliveries")
    for text in ("clip", error, "2 tries", "not tried yet", "https://***@receiver.example/copies?token=***"):
        assert text in page
    assert "word@" not in page
    assert "5d67" not in page
    assert "waiting" not in (failed := await seen(client, "/deliveries", status="failed"))
    assert "clip" in failed
    assert "waiting" in await seen(client, "/deliveries", media_id="waiting")
    assert "No deliveries with this filter" in await seen(client, "/deliveries", status="delivered")


@pytest.mark.parametrize(("role", "may"), [("reader", False), ("submitter", True), ("admin", True)])
async def test_delivering_again_is_for_those_who_may(
    client: AsyncTestClient, model: ReadModel, role: str, *, may: bool
) -> None:
    model.apply(jobs=[job("j1", callback_url=URL)])
    delivery(model, "j1", DeliveryStatus.FAILED)
    page = await seen(client, "/deliveries", role)
    assert ('data-do="deliver"' in page) is may
    assert ('data-do="deliverAll"' in page) is may


async def test_an_open_list_is_answered_with_those_rows_that_belong_on_it(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(jobs=[job(job_id, callback_url=URL) for job_id in ("j1", "j2", "j3")])
    delivery(model, "j2", DeliveryStatus.DELIVERED)
    part = await seen(client, "/deliveries", status="pending", rows="j1,j2,none")
    assert [name in part for name in ('id="row-j1"', 'id="row-j2"', 'id="row-j3"', "<html")] == [
        True,
        False,
        False,
        False,
    ]
    assert 'id="counts"' in part


async def test_older_callbacks_are_on_the_next_page_under_the_same_filter(
    client: AsyncTestClient, model: ReadModel
) -> None:
    times = [f"2026-11-23T08:00:{number:02}.000Z" for number in range(PAGE + 1)]
    model.apply(jobs=[job(f"j{n}-", callback_url=URL, time=time) for n, time in enumerate(times)])
    first = await seen(client, "/deliveries", status="pending")
    assert "j0-" not in first
    address = next(part for part in first.split('href="') if "cursor=" in part).split('"')[0].replace("&amp;", "&")
    assert "status=pending" in address
    assert "j0-" in await seen(client, f"/deliveries{address}")


async def test_where_nobody_is_called_back_the_page_says_how(client: AsyncTestClient) -> None:
    assert "MEDIADNA_CALLBACK_URL" in await seen(client, "/deliveries")


# ---- dead letters


async def test_dead_letters_say_why_and_are_chosen_by_admins(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(dead_letters=[letter(1), letter(2, reason=f"no address: {URL}")])
    page = await seen(client, "/dead-letters")
    for text in ("2 letters are kept", "the field is wrong", "mediadna.transcode-complete", "replayChosen"):
        assert text in page
    assert "5d67" not in page
    page = await seen(client, "/dead-letters", "moderator")
    assert "replayChosen" not in page
    assert 'type="checkbox"' not in page


async def test_one_that_was_sent_again_cannot_be_chosen_once_more(client: AsyncTestClient, model: ReadModel) -> None:
    sent = letter(1)
    model.apply(dead_letters=[sent, letter(2)], replays=[DeadLetterReplay(letter_id=sent.id, replay_time=TIME)])
    page = await seen(client, "/dead-letters")
    assert page.count('type="checkbox"') == 1
    page = await seen(client, f"/dead-letters/{sent.id}")
    assert "Send again" not in page
    assert "sent again once" in page


async def test_a_letter_shows_what_it_holds_without_secrets_and_without_running_it(
    client: AsyncTestClient, model: ReadModel
) -> None:
    value = json.dumps({"FileUrl": URL, "VideoId": HOSTILE}).encode() + b"\xff\x00"
    model.apply(dead_letters=[one := letter(value=value, reason=HOSTILE)])
    page = await seen(client, f"/dead-letters/{one.id}")
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "5d67" not in page
    assert "https://***@receiver.example/copies?token=***" in page
    assert "Send again" in page
    assert "Send again</button>" not in await seen(client, f"/dead-letters/{one.id}", "moderator")


async def test_of_a_large_letter_the_beginning_is_shown(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(dead_letters=[one := letter(value=b"x" * (SHOWN_INPUT + 5))])
    page = await seen(client, f"/dead-letters/{one.id}")
    assert "x" * SHOWN_INPUT in page
    assert "x" * (SHOWN_INPUT + 1) not in page
    assert "of which the first are shown" in page


async def test_a_letter_without_a_value_has_a_page(client: AsyncTestClient, model: ReadModel) -> None:
    one = DeadLetter(key=None, value=None, headers=())
    model.apply(dead_letters=[one])
    assert "a message without a value" in await seen(client, f"/dead-letters/{one.id}")
    assert one.id in await seen(client, "/dead-letters")


async def test_a_letter_that_is_not_there_is_404(client: AsyncTestClient) -> None:
    headers = {"Authorization": f"Bearer {token_of('reader')}", "Accept": "text/html"}
    assert (await client.get("/dead-letters/none", headers=headers)).status_code == 404


# ---- usage


async def test_usage_is_summed_by_library_and_period(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(
        jobs=[
            job("j1", library="films", metrics=Metrics(duration=90.0)),
            job("j2", library="films", metrics=Metrics(duration=45.0)),
            job("j3", metrics=Metrics(duration=600.0), time="2026-11-22T08:00:00.000Z"),
        ]
    )
    span = {"from": "2026-11-20", "to": "2026-11-25"}
    page = await seen(client, "/usage", "reader", **span)
    for text in ("<b>12</b> billed minutes", "<b>3</b> jobs", "2026-11-23", "2026-11-22", ">2.2<", ">10.0<"):
        assert text in page
    assert page.index("2026-11-23<") < page.index("2026-11-22<")
    assert "10.0" not in await seen(client, "/usage", library="films", **span)
    assert "2026-11-23 08:00" in await seen(client, "/usage", interval="hour", **span)


@pytest.mark.parametrize(
    "wrong", [{"from": "yesterday"}, {"from": "2026-11-25", "to": "2026-11-20"}, {"from": "0001-01-01"}]
)
async def test_what_is_wrong_with_a_span_is_said_on_the_page(client: AsyncTestClient, wrong: dict[str, str]) -> None:
    page = await seen(client, "/usage", **wrong)
    assert "This span cannot be shown" in page
    assert f'value="{wrong["from"]}"' in page


async def test_where_nothing_was_processed_the_page_says_so(client: AsyncTestClient) -> None:
    assert "Nothing was processed then" in await seen(client, "/usage", interval="century")
