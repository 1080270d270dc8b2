"""Idempotency keys over REST: a key stands for one whole request of one caller, whenever and wherever it is used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from httpx import Response
from litestar.testing import AsyncTestClient
from support.examples import job
from support.inline import InlineService
from support.read_model import ReadModel
from support.web_app import shared_app

from schemas.ids import keyed_job_id
from schemas.jobs import JobRequest, JobStatus
from schemas.keys import KeyClaim
from schemas.libraries import Library
from streams.services import jobs as commands
from streams.settings import Settings
from streams.web.api.submission import asked_by, given_fields
from streams.web.api.views import NewJob
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Grant, Role

JOBS = "/api/v1/jobs"
KEY = {"Idempotency-Key": "order-12"}
#: A request with something in every field, and something else for each of them.
WHOLE = {
    "media_id": "clip",
    "url": "https://media.example/clip.mp4",
    "library": "films",
    "search": ["films"],
    "save_type": "save",
    "similarity_threshold": 0.7,
    "extend": "case 12",
    "callback_url": "https://receiver.example/done",
    "metadata": {"title": "Original", "year": 2020},
    "publish_time": "2026-11-20T08:00:00Z",
    "lane": "live",
    "start_time": "2026-11-23T20:15:00Z",
}
OTHER = {
    "media_id": "clop",
    "url": "https://media.example/clop.mp4",
    "library": "default",
    "search": ["films", "default"],
    "save_type": "nosave",
    "similarity_threshold": 0.71,
    "extend": "case 13",
    "callback_url": "https://receiver.example/elsewhere",
    "metadata": {"title": "Original", "year": 2021},
    "publish_time": "2026-11-20T09:00:00Z",
    "lane": "import",
    "start_time": "2026-11-23T21:15:00Z",
}
NAMES = [field.name for field in msgspec.structs.fields(NewJob)]
LEAST = {"media_id": "clip", "url": "https://media.example/clip.mp4"}

CALLER = Caller("local", Grant(Role.ADMIN))

Asked = Callable[..., Any]


@pytest.fixture(autouse=True)
def films(model: ReadModel) -> None:
    """A library that jobs name."""
    model.apply(libraries=[Library(name="films")])


async def asked(client: AsyncTestClient[Any], body: dict[str, Any], **headers: str) -> Response:
    return await client.post(JOBS, json=body, headers=KEY | headers)


async def test_the_same_request_is_the_same_job_whatever_has_become_of_it(
    client: AsyncTestClient[Any], inline: InlineService, model: ReadModel
) -> None:
    first = await asked(client, WHOLE)
    again = await asked(client, WHOLE)
    await inline.work()
    ended = await asked(client, WHOLE)
    assert [answer.status_code for answer in (first, again, ended)] == [202] * 3
    assert {answer.json()["job_id"] for answer in (first, again, ended)} == {first.json()["job_id"]}
    assert ended.json()["status"] == JobStatus.SUCCESS
    assert len(model.jobs.page().jobs) == 1


def test_every_field_has_another_value_to_be_told_by() -> None:
    assert set(WHOLE) == set(OTHER) == set(NAMES)


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("name", NAMES)
async def test_whatever_field_differs_the_key_is_refused(
    client: AsyncTestClient[Any], inline: InlineService, model: ReadModel, *, name: str, ended: bool
) -> None:
    first = await asked(client, WHOLE)
    if ended:
        await inline.work()
    refused = await asked(client, {**WHOLE, name: OTHER[name]})
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert "take a new key" in refused.json()["detail"]
    assert [one.job_id for one in model.jobs.page().jobs] == [first.json()["job_id"]]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LEAST])
async def test_a_field_that_was_not_given_before_or_is_not_given_now_is_a_difference(
    client: AsyncTestClient[Any], name: str
) -> None:
    said, unsaid = {**LEAST, name: OTHER[name] if name == "lane" else WHOLE[name]}, LEAST
    for key, first, then in (("a", said, unsaid), ("b", unsaid, said)):
        assert (await asked(client, first, **{"Idempotency-Key": key})).status_code == 202
        assert (await asked(client, then, **{"Idempotency-Key": key})).status_code == 422


async def test_what_goes_without_saying_may_be_said_and_the_order_does_not_matter(
    client: AsyncTestClient[Any],
) -> None:
    usual = {
        "lane": "live",
        "publish_time": "",
        "start_time": None,
        "metadata": {},
        "callback_url": None,
        "extend": None,
        "similarity_threshold": 0.8,
        "save_type": "forcesave",
        "search": [],
        "library": "default",
    }
    first = await asked(client, LEAST)
    assert (await asked(client, {**usual, **LEAST})).json() == first.json()
    turned = {**WHOLE, "metadata": dict(reversed(WHOLE["metadata"].items()))}  # type: ignore[attr-defined] # a dict
    one = await asked(client, WHOLE, **{"Idempotency-Key": "b"})
    assert (await asked(client, turned, **{"Idempotency-Key": "b"})).json() == one.json()


async def test_the_place_of_callbacks_that_the_service_fills_in_is_no_difference(
    client: AsyncTestClient[Any], inline: InlineService, model: ReadModel
) -> None:
    inline.agent._callback_url = "https://usual.example/done"
    first = await asked(client, LEAST)
    stored = model.jobs.get(first.json()["job_id"])
    assert stored is not None
    assert stored.request.callback_url == "https://usual.example/done"
    assert (await asked(client, LEAST)).json() == first.json()
    assert (await asked(client, {**LEAST, "callback_url": "https://usual.example/done"})).status_code == 422


async def test_a_refused_request_leaves_its_key_free(client: AsyncTestClient[Any]) -> None:
    nested: dict[str, Any] = {}
    for _ in range(900):
        nested = {"deeper": nested}
    assert (await asked(client, {**LEAST, "metadata": nested})).status_code == 413
    assert (await asked(client, {**LEAST, "metadata": {"long": "x" * 100_000}})).status_code == 413
    assert (await asked(client, {**LEAST, "library": "nowhere"})).status_code == 400
    assert (await asked(client, LEAST)).status_code == 202


async def test_an_empty_key_is_refused(client: AsyncTestClient[Any]) -> None:
    assert (await asked(client, LEAST, **{"Idempotency-Key": ""})).status_code == 400


async def test_a_request_that_was_answered_is_answered_also_when_its_library_is_gone(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    first = await asked(client, WHOLE)
    await inline.work()
    await inline.libraries.delete("films")
    assert (await asked(client, WHOLE)).json()["job_id"] == first.json()["job_id"]


class SlowBroker(InlineService):
    """Takes requests up only after all claims that come at the same time were sent."""

    async def key_claim(self, claim: KeyClaim) -> None:
        await asyncio.sleep(0)
        await super().key_claim(claim)

    async def request(self, request: JobRequest) -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        await super().request(request)


@pytest.mark.parametrize("name", NAMES)
async def test_of_two_requests_that_come_at_the_same_time_one_is_done_and_the_other_refused(
    model: ReadModel, settings: Settings, name: str
) -> None:
    inline = SlowBroker(model)
    await inline.libraries.ensure()
    async with AsyncTestClient(shared_app(inline.services(settings)), base_url="http://127.0.0.1:6066") as client:
        both = await asyncio.gather(asked(client, WHOLE), asked(client, {**WHOLE, name: OTHER[name]}))
        statuses = sorted(answer.status_code for answer in both)
        assert statuses == [202, 422]
        done = next(answer for answer in both if answer.status_code == 202).json()
        await inline.work()
    (only,) = model.jobs.page().jobs
    assert (only.job_id, only.media_id) == (done["job_id"], done["media_id"])


async def test_the_same_request_twice_at_the_same_time_is_one_job(model: ReadModel, settings: Settings) -> None:
    inline = SlowBroker(model)
    await inline.libraries.ensure()
    async with AsyncTestClient(shared_app(inline.services(settings)), base_url="http://127.0.0.1:6066") as client:
        both = await asyncio.gather(asked(client, WHOLE), asked(client, WHOLE))
    assert [answer.status_code for answer in both] == [202, 202]
    assert len({answer.json()["job_id"] for answer in both}) == len(model.jobs.page().jobs) == 1


async def test_a_job_that_comes_up_under_the_key_for_another_request_is_not_taken_for_ones_own(
    model: ReadModel, settings: Settings
) -> None:
    class Stranger(InlineService):
        """Shows, in place of the job that is asked for, one of which the claim is no longer kept."""

        async def request(self, request: JobRequest) -> None:
            self.apply(jobs=[job(request.job_id, media_id="other", request_digest="of another request")])

    inline = Stranger(model)
    await inline.libraries.ensure()
    async with AsyncTestClient(shared_app(inline.services(settings)), base_url="http://127.0.0.1:6066") as client:
        assert (await asked(client, LEAST)).status_code == 422


async def test_a_key_whose_job_was_not_seen_in_time_still_stands_for_its_request(
    model: ReadModel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away(InlineService):
        """Its workers take requests up when they are back."""

        late: list[JobRequest]

        async def request(self, request: JobRequest) -> None:
            self.late.append(request)

    monkeypatch.setattr(commands, "SHOWN_S", 0.1)
    inline = Away(model)
    inline.late = []
    await inline.libraries.ensure()
    async with AsyncTestClient(shared_app(inline.services(settings)), base_url="http://127.0.0.1:6066") as client:
        assert (await asked(client, WHOLE)).status_code == 503
        assert (await asked(client, {**WHOLE, "media_id": "other"})).status_code == 422
        assert (await asked(client, WHOLE)).status_code == 503
        for late in inline.late:
            await InlineService.request(inline, late)
        answered = await asked(client, WHOLE)
    assert answered.status_code == 202
    assert [one.job_id for one in model.jobs.page().jobs] == [answered.json()["job_id"]]
    assert len(inline.late) == 2


@pytest.mark.parametrize(("body", "status"), [(LEAST, 202), ({**LEAST, "url": "file:///other.mp4"}, 422)])
async def test_a_job_from_before_digests_were_kept_is_told_by_what_was_kept(
    client: AsyncTestClient[Any], model: ReadModel, body: dict[str, Any], status: int
) -> None:
    kept = job(
        keyed_job_id("order-12"),
        media_id="clip",
        file_url=LEAST["url"],
        requested_time="2026-11-23T08:00:00.000Z",
        callback_url="https://usual.example",
    )
    model.apply(jobs=[kept])
    assert (await asked(client, body)).status_code == status


def digest(route: str, details: dict[str, Any]) -> str:
    request = JobRequest(job_id="j", media_id="clip", file_url="file:///a")
    return asked_by(CALLER, request, key="k", route=route, details=details).request_digest


def test_a_field_that_a_later_version_adds_changes_nothing_for_those_who_do_not_use_it() -> None:
    class Later(NewJob):
        priority: int = 0

    now = NewJob(media_id="clip", url="file:///a")
    assert digest("jobs", given_fields(Later(media_id="clip", url="file:///a"))) == digest("jobs", given_fields(now))
    assert digest("jobs", given_fields(Later(media_id="clip", url="file:///a", priority=1))) != digest(
        "jobs", given_fields(now)
    )
    assert digest("items", given_fields(now)) != digest("jobs", given_fields(now))


async def uploaded(client: AsyncTestClient[Any], content: bytes, **data: str) -> Response:
    fields = {"media_id": "clip", **data}
    return await client.post("/api/v1/uploads", data=fields, files={"file": ("a.mp4", content)}, headers=KEY)


async def test_an_upload_that_is_sent_again_is_the_same_job_and_another_one_is_refused(
    client: AsyncTestClient[Any], inline: InlineService, model: ReadModel, services: Any
) -> None:
    first = await uploaded(client, b"content" * 1000)
    assert (await uploaded(client, b"content" * 1000)).json() == first.json()
    for refused in (
        await uploaded(client, b"CONTENT" * 1000),
        await uploaded(client, b"content" * 1000, media_id="other"),
        await uploaded(client, b"content" * 1000, library="films"),
        await uploaded(client, b"content" * 1000, save_type="nosave"),
        await asked(client, LEAST),
    ):
        assert refused.status_code == 422
    with services.store.open_upload(first.json()["job_id"]) as kept:
        assert kept.read() == b"content" * 1000
    await inline.work()
    assert (await uploaded(client, b"content" * 1000)).json()["job_id"] == first.json()["job_id"]
    assert len(model.jobs.page().jobs) == 1


async def test_what_was_sent_along_with_a_job_that_was_not_seen_in_time_is_kept_for_it(
    client: AsyncTestClient[Any], inline: InlineService, services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[JobRequest] = []

    async def take(request: JobRequest) -> None:
        late.append(request)

    monkeypatch.setattr(commands, "SHOWN_S", 0.1)
    monkeypatch.setattr(inline, "request", take)
    answer = await client.post("/api/v1/uploads", data={"media_id": "clip"}, files={"file": ("a.mp4", b"content")})
    assert answer.status_code == 503
    with services.store.open_upload(late[0].job_id) as kept:
        assert kept.read() == b"content"


async def test_an_item_is_put_into_a_library_once_under_a_key(client: AsyncTestClient[Any], model: ReadModel) -> None:
    item = {"media_id": "clip", "url": "file:///clip.mp4", "metadata": {"title": "Original"}}
    first = await client.post("/api/v1/libraries/films/items", json=item, headers=KEY)
    again = await client.post("/api/v1/libraries/films/items", json=item, headers=KEY)
    assert (first.status_code, again.json()) == (202, first.json())
    for library, body in (
        ("default", item),
        ("films", {**item, "metadata": {}}),
        ("films", {**item, "url": "file:///b"}),
        ("films", {**item, "media_id": "other"}),
    ):
        refused = await client.post(f"/api/v1/libraries/{library}/items", json=body, headers=KEY)
        assert refused.status_code == 422
    assert len(model.jobs.page().jobs) == 1


async def test_a_job_is_done_again_once_under_a_key(client: AsyncTestClient[Any], model: ReadModel) -> None:
    model.apply(jobs=[job("j1", JobStatus.FAIL), job("j2", JobStatus.FAIL)])
    first = await client.post(f"{JOBS}/j1/rerun", headers=KEY)
    assert (await client.post(f"{JOBS}/j1/rerun", headers=KEY)).json() == first.json()
    assert (await client.post(f"{JOBS}/j2/rerun", headers=KEY)).status_code == 422
    assert len(model.jobs.page().jobs) == 3


async def test_a_job_that_was_asked_for_under_a_key_is_done_again_without_one(
    client: AsyncTestClient[Any], inline: InlineService, model: ReadModel
) -> None:
    first = (await asked(client, LEAST)).json()
    await inline.work()
    again = model.jobs.get((await client.post(f"{JOBS}/{first['job_id']}/rerun")).json()["job_id"])
    assert again is not None
    assert (again.job_id != first["job_id"], again.request.request_digest) == (True, "")


ONE, TWO = "token-of-one-caller-123", "token-of-another-456789"


@pytest.fixture
async def callers(inline: InlineService, tmp_path: Path) -> AsyncIterator[AsyncTestClient[Any]]:
    """An application that two callers have tokens for."""
    (tmp_path / "tokens").write_text(f"{ONE} submitter\n{TWO} submitter\n")
    settings = Settings(state=tmp_path, tokens=tmp_path / "tokens")
    async with AsyncTestClient(shared_app(inline.services(settings)), base_url="http://127.0.0.1:6066") as client:
        yield client


async def test_one_key_of_two_callers_is_two_keys(callers: AsyncTestClient[Any], model: ReadModel) -> None:
    bodies = {ONE: LEAST, TWO: {**LEAST, "media_id": "other"}}
    first = {token: await asked(callers, bodies[token], Authorization=f"Bearer {token}") for token in bodies}
    again = {token: await asked(callers, bodies[token], Authorization=f"Bearer {token}") for token in bodies}
    assert {answer.status_code for answer in (*first.values(), *again.values())} == {202}
    assert [again[token].json() for token in bodies] == [first[token].json() for token in bodies]
    assert len(model.jobs.page().jobs) == 2


async def test_a_caller_finds_the_job_of_its_own_key_and_of_no_other(callers: AsyncTestClient[Any]) -> None:
    made = (await asked(callers, LEAST, Authorization=f"Bearer {ONE}")).json()

    async def found(token: str, key: str) -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await callers.get(JOBS, params={"idempotency_key": key}, headers=headers)
        jobs: list[dict[str, Any]] = answer.json()["jobs"]
        return jobs

    assert [one["job_id"] for one in await found(ONE, "order-12")] == [made["job_id"]]
    assert await found(TWO, "order-12") == await found(ONE, "order-13") == []
