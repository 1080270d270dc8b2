"""Replacing what a library holds, and storing where that decides about videos, need a right of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import AsyncTestClient
from support.inline import InlineService, done
from support.read_model import ReadModel
from support.web_app import shared_app

from schemas.errors import ErrorCode
from schemas.events import Rendition
from schemas.jobs import Job, JobRequest, JobSource, JobStatus
from schemas.libraries import Library, LibraryItem, Purpose
from schemas.tasks import ChunkResult, JobTask, Task
from streams.settings import Settings
from streams.web.services import Services

PLAIN = ("submitter", "moderator")
REPLACE, CURATE = "submitter+replace", "submitter+curate"
BOTH = ("submitter+replace,curate", "admin")
TOKENS = {grant: f"token-of-the-{grant}" for grant in (*PLAIN, REPLACE, CURATE, *BOTH)}
#: The libraries into which not everybody stores, by their purposes.
CURATED = tuple(purpose.value for purpose in Purpose if purpose is not Purpose.GENERAL)
#: Two addresses of one place, which signatures tell apart, and another place.
FIRST, SIGNED_ANEW = "https://media.example/first.mp4?signature=1", "https://media.example/first.mp4?signature=2"
OTHER = "https://media.example/other.mp4"

Ask = Callable[..., Awaitable[Response]]
Client = AsyncTestClient[Litestar]


def bearer(grant: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[grant]}"}


class Contents:
    """What is at each address: the digest of a fingerprint is made of it."""

    def __init__(self) -> None:
        self.at: dict[str, str] = {}

    def __call__(self, task: Task) -> ChunkResult:
        url = task.request.file_url if isinstance(task, JobTask) else ""
        return msgspec.structs.replace(done(task), digest=self.at.get(url, url))


@pytest.fixture
def contents() -> Contents:
    return Contents()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "tokens").write_text("".join(f"{token} {grant}\n" for grant, token in TOKENS.items()))
    return Settings(state=tmp_path, tokens=tmp_path / "tokens", rate_limit="1000000/second")


@pytest.fixture
async def inline(model: ReadModel, contents: Contents) -> InlineService:
    inline = InlineService(model, run_task=contents)
    await inline.libraries.ensure()
    inline.apply(libraries=[Library(name=name, purpose=Purpose(name)) for name in CURATED])
    return inline


@pytest.fixture
async def client(services: Services) -> AsyncIterator[Client]:
    async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
        yield client


async def job(client: Client, grant: str, url: str = FIRST, **fields: Any) -> Response:
    body = {"media_id": "clip", "url": url, **fields}
    return await client.post("/api/v1/jobs", json=body, headers=bearer(grant))


async def import_job(client: Client, grant: str, url: str = FIRST, **fields: Any) -> Response:
    return await job(client, grant, url, lane="import", **fields)


async def keyed_job(client: Client, grant: str, url: str = FIRST, **fields: Any) -> Response:
    body = {"media_id": "clip", "url": url, **fields}
    key = {"Idempotency-Key": f"{grant} {url} {fields}"}
    return await client.post("/api/v1/jobs", json=body, headers=bearer(grant) | key)


async def item(client: Client, grant: str, url: str = FIRST, **fields: Any) -> Response:
    path = f"/api/v1/libraries/{fields.pop('library', 'default')}/items"
    return await client.post(path, json={"media_id": "clip", "url": url, **fields}, headers=bearer(grant))


async def upload(client: Client, grant: str, url: str = "", **fields: Any) -> Response:
    files = {"file": ("a.mp4", url.encode() or b"content")}
    return await client.post("/api/v1/uploads", data={"media_id": "clip", **fields}, files=files, headers=bearer(grant))


BY_ADDRESS: list[Ask] = [job, import_job, keyed_job, item]


def held(model: ReadModel, library: str = "default") -> LibraryItem:
    found = model.libraries.item(library, "clip")
    assert found is not None
    return found


def job_of(model: ReadModel, answer: Response) -> Job:
    assert answer.status_code == 202, answer.text
    found = model.jobs.get(answer.json()["job_id"])
    assert found is not None
    return found


@pytest.mark.parametrize("library", CURATED)
@pytest.mark.parametrize("ask", [*BY_ADDRESS, upload])
async def test_who_may_not_curate_stores_nothing_into_a_library_that_decides_about_videos(
    client: Client, model: ReadModel, ask: Ask, library: str
) -> None:
    for grant in (*PLAIN, REPLACE):
        refused = await ask(client, grant, library=library)
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "application/problem+json"
        assert "curate" in refused.json()["detail"]
    assert model.jobs.page().jobs == []
    for grant in (CURATE, *BOTH):
        assert (await ask(client, grant, library=library)).status_code == 202


@pytest.mark.parametrize("ask", [job, import_job, upload])
async def test_matching_only_needs_no_right(client: Client, inline: InlineService, model: ReadModel, ask: Ask) -> None:
    await inline.store("clip", "blocklist")
    before = held(model, "blocklist")
    answer = await ask(client, "submitter", OTHER, library="blocklist", save_type="nosave")
    assert job_of(model, answer).request.rights == ()
    assert held(model, "blocklist") == before


@pytest.mark.parametrize("ask", BY_ADDRESS)
async def test_who_may_not_replace_is_told_at_the_door_that_the_media_id_is_taken(
    client: Client, inline: InlineService, model: ReadModel, ask: Ask
) -> None:
    job_of(model, await job(client, "admin"))
    await inline.work()
    before, jobs = held(model), len(model.jobs.page().jobs)
    for grant in (*PLAIN, CURATE):
        refused = await ask(client, grant, OTHER)
        assert refused.status_code == 403
        assert "replace" in refused.json()["detail"]
    assert len(model.jobs.page().jobs) == jobs
    for grant in (REPLACE, *BOTH):
        assert (await ask(client, grant, OTHER)).status_code == 202
    await inline.work()
    assert held(model).digest == OTHER
    assert held(model).version > before.version


@pytest.mark.parametrize("ask", [job, upload])
async def test_other_content_that_shows_only_when_it_is_looked_at_fails_its_job_and_touches_nothing(
    client: Client, inline: InlineService, model: ReadModel, contents: Contents, ask: Ask
) -> None:
    contents.at = dict.fromkeys((FIRST, "upload://"), "first")
    job_of(model, await ask(client, "submitter", FIRST))
    await inline.work()
    before = held(model)
    contents.at = dict.fromkeys((FIRST, "upload://"), "other")
    for grant in (*PLAIN, CURATE):
        answer = await ask(client, grant, FIRST)
        await inline.work()
        refused = job_of(model, answer)
        assert (refused.status, refused.code) == (JobStatus.FAIL, ErrorCode.RESOURCE_ACCESS)
        assert "replace" in refused.message
        assert (refused.stored, refused.matches) == (False, ())
        assert held(model) == before
    answer = await ask(client, REPLACE, FIRST)
    await inline.work()
    assert job_of(model, answer).status is JobStatus.SUCCESS
    assert held(model).digest == "other"


@pytest.mark.parametrize("ask", [job, item])
async def test_the_same_content_again_is_no_replacement_and_leaves_the_item_as_it_is(
    client: Client, inline: InlineService, model: ReadModel, contents: Contents, ask: Ask
) -> None:
    contents.at = dict.fromkeys((FIRST, SIGNED_ANEW), "first")
    job_of(model, await ask(client, "admin", FIRST, metadata={"title": "first"}))
    await inline.work()
    before = held(model)
    for grant in PLAIN:
        answer = await ask(client, grant, SIGNED_ANEW, metadata={"title": "other"})
        await inline.work()
        again = job_of(model, answer)
        assert (again.status, again.stored) == (JobStatus.SUCCESS, False)
        assert "stays as it is" in again.message
        assert held(model) == before


async def test_of_two_that_come_at_once_one_has_the_media_id_and_the_other_fails(
    client: Client, inline: InlineService, model: ReadModel
) -> None:
    first = await job(client, "submitter", FIRST)
    other = await job(client, "moderator", OTHER)
    await inline.work()
    jobs = [job_of(model, first), job_of(model, other)]
    assert sorted(one.status for one in jobs) == [JobStatus.FAIL, JobStatus.SUCCESS]
    winner = next(one for one in jobs if one.status is JobStatus.SUCCESS)
    assert (held(model).job_id, held(model).version) == (winner.job_id, winner.version)


async def test_a_job_that_is_done_again_is_done_with_the_rights_of_who_asks_again(
    client: Client, inline: InlineService, model: ReadModel
) -> None:
    first = job_of(model, await job(client, "admin", FIRST))
    await inline.work()
    job_of(model, await job(client, "admin", OTHER))
    await inline.work()
    before = held(model)
    path = f"/api/v1/jobs/{first.job_id}/rerun"
    assert (await client.post(path, headers=bearer("submitter"))).status_code == 403
    assert held(model) == before
    again = job_of(model, await client.post(path, headers=bearer(REPLACE)))
    assert again.request.rights == ("replace",)


async def test_what_no_caller_asks_for_replaces_as_before(inline: InlineService, model: ReadModel) -> None:
    await inline.store("clip")
    before = held(model)
    rendition = Rendition(status="success", file_url=OTHER, format="mp4")
    await inline.store("clip", source=JobSource.EVENT, renditions=(rendition,))
    assert held(model).version > before.version


def test_a_request_of_before_there_were_rights_may_do_what_it_did() -> None:
    request = JobRequest(job_id="j", media_id="clip", file_url="file:///a")
    assert b"Rights" not in msgspec.json.encode(request)
    for rights in (None, ()):
        sent = msgspec.json.encode(msgspec.structs.replace(request, rights=rights))
        assert msgspec.json.decode(sent, type=JobRequest).rights == rights


async def test_what_others_store_into_a_library_that_decides_about_videos_is_ended_by_curators_only(
    client: Client, model: ReadModel
) -> None:
    curated = job_of(model, await job(client, CURATE, library="blocklist"))
    path = f"/api/v1/jobs/{curated.job_id}/cancel"
    for grant in (*PLAIN, REPLACE):
        assert (await client.post(path, headers=bearer(grant))).status_code == 403
    assert (await client.post(path, headers=bearer("submitter+replace,curate"))).status_code == 202
    general = job_of(model, await job(client, "admin", media_id="another"))
    assert (await client.post(f"/api/v1/jobs/{general.job_id}/cancel", headers=bearer("submitter"))).status_code == 202


async def test_a_caller_ends_their_own_job_whatever_has_become_of_its_library(
    client: Client, inline: InlineService, model: ReadModel
) -> None:
    own = job_of(model, await job(client, "submitter"))
    inline.apply(libraries=[Library(name="default", purpose=Purpose.BLOCKLIST)])
    path = f"/api/v1/jobs/{own.job_id}/cancel"
    assert (await client.post(path, headers=bearer("moderator"))).status_code == 403
    assert (await client.post(path, headers=bearer("submitter"))).status_code == 202
