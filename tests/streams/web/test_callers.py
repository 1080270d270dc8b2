"""Who asked is on every request for a job, and in no view of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar.testing import AsyncTestClient
from support.inline import InlineService
from support.read_model import ReadModel
from support.web_app import shared_app

from schemas.jobs import JobRequest
from streams.settings import Settings
from streams.web.auth.authenticator import COOKIE
from streams.web.auth.callers import caller_of_token

TOKEN, OTHER = "token-of-one-caller-123", "token-of-another-456789"
ITEM = {"media_id": "clip", "url": "file:///clip.mp4"}

Ask = Callable[[AsyncTestClient[Any], dict[str, str]], Awaitable[Response]]


async def job(client: AsyncTestClient[Any], headers: dict[str, str]) -> Response:
    return await client.post("/api/v1/jobs", json=ITEM, headers=headers)


async def import_job(client: AsyncTestClient[Any], headers: dict[str, str]) -> Response:
    return await client.post("/api/v1/jobs", json={**ITEM, "lane": "import"}, headers=headers)


async def keyed_job(client: AsyncTestClient[Any], headers: dict[str, str]) -> Response:
    return await client.post("/api/v1/jobs", json=ITEM, headers={**headers, "Idempotency-Key": "k"})


async def item(client: AsyncTestClient[Any], headers: dict[str, str]) -> Response:
    return await client.post("/api/v1/libraries/default/items", json=ITEM, headers=headers)


async def upload(client: AsyncTestClient[Any], headers: dict[str, str]) -> Response:
    files = {"file": ("a.mp4", b"content")}
    return await client.post("/api/v1/uploads", data={"media_id": "clip"}, files=files, headers=headers)


WAYS = [job, import_job, keyed_job, item, upload]


def request_of(model: ReadModel, answer: Response) -> JobRequest:
    found = model.jobs.get(answer.json()["job_id"])
    assert found is not None
    return found.request


@pytest.fixture
def protected(tmp_path: Path) -> Settings:
    (tmp_path / "tokens").write_text(f"{TOKEN} submitter\n{OTHER} admin\n")
    return Settings(state=tmp_path, tokens=tmp_path / "tokens")


@pytest.mark.parametrize("ask", WAYS)
async def test_programs_of_this_machine_are_one_caller_where_no_tokens_are_asked_for(
    client: AsyncTestClient[Any], model: ReadModel, ask: Ask
) -> None:
    assert request_of(model, await ask(client, {})).caller == "local"
    assert request_of(model, await ask(client, {"Authorization": f"Bearer {TOKEN}"})).caller == "local"


@pytest.mark.parametrize("ask", WAYS)
async def test_a_token_is_a_caller_however_it_is_sent_and_is_told_nowhere(
    inline: InlineService, model: ReadModel, protected: Settings, ask: Ask
) -> None:
    async with AsyncTestClient(shared_app(inline.services(protected)), base_url="http://127.0.0.1:6066") as client:
        by_header = await ask(client, {"Authorization": f"Bearer {TOKEN}"})
        by_cookie = await ask(client, {"Cookie": f"{COOKIE}={TOKEN}", "Origin": "http://127.0.0.1:6066"})
        by_other = await ask(client, {"Authorization": f"Bearer {OTHER}"})
    callers = [request_of(model, answer).caller for answer in (by_header, by_cookie, by_other)]
    assert callers == [caller_of_token(TOKEN), caller_of_token(TOKEN), caller_of_token(OTHER)]
    assert callers[0] not in by_header.text
    assert TOKEN not in repr(model.jobs.page().jobs)


async def test_who_has_a_job_done_again_is_its_caller(
    inline: InlineService, model: ReadModel, protected: Settings
) -> None:
    async with AsyncTestClient(shared_app(inline.services(protected)), base_url="http://127.0.0.1:6066") as client:
        first = await job(client, {"Authorization": f"Bearer {TOKEN}"})
        await inline.work()
        path = f"/api/v1/jobs/{first.json()['job_id']}/rerun"
        again = await client.post(path, headers={"Authorization": f"Bearer {OTHER}"})
    assert request_of(model, again).caller == caller_of_token(OTHER)
