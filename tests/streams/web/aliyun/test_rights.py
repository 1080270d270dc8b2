"""What needs a right of its own over REST needs it with the vendor's calls as well."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from support.inline import InlineService, done
from support.read_model import ReadModel

from schemas.errors import ErrorCode
from schemas.jobs import Job, JobStatus
from schemas.libraries import Library, LibraryItem, Purpose
from schemas.tasks import ChunkResult, JobTask, Task
from streams.web.aliyun.operations import IMS

REPLACE, CURATE = "submitter+replace", "submitter+curate"
FIRST, OTHER = "https://media.example/first.mp4", "https://media.example/other.mp4"


def by_address(task: Task) -> ChunkResult:
    """Do a task: the digest of a fingerprint is made of the address."""
    return msgspec.structs.replace(done(task), digest=task.request.file_url if isinstance(task, JobTask) else "")


@pytest.fixture
async def inline(model: ReadModel) -> InlineService:
    inline = InlineService(model, run_task=by_address)
    await inline.libraries.ensure()
    inline.apply(libraries=[Library(name="blocked", purpose=Purpose.BLOCKLIST)])
    return inline


async def ims(caller: Any, key: str, url: str, **fields: str) -> Any:
    given = json.dumps({"Type": "OSS", "Media": url})
    parameters = {"PrimaryKey": "clip", "DBId": "default", "Input": given, "Config": '{"SaveType":"forcesave"}'}
    return await caller.v3("SubmitDNAJob", version=IMS, key=key, **(parameters | fields))


async def vod(caller: Any, key: str, url: str, **fields: str) -> Any:
    return await caller.v3("SubmitAIJob", key=key, MediaId=url, **fields)


def job_of(model: ReadModel, answer: Any) -> Job:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    job_id = body["JobId"] if "JobId" in body else body["AIJobList"]["AIJob"][0]["JobId"]
    found = model.jobs.get(job_id)
    assert found is not None
    return found


def held(model: ReadModel, media_id: str = "clip", library: str = "default") -> LibraryItem:
    found = model.libraries.item(library, media_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("ask", "fields"), [(ims, {"DBId": "blocked"}), (vod, {"Config": '{"AIMediaDNA":{"DNADBId":"blocked"}}'})]
)
async def test_only_a_curators_key_stores_where_that_decides_about_videos(
    caller: Any, model: ReadModel, ask: Any, fields: dict[str, str]
) -> None:
    for key in ("submitter", "moderator", REPLACE):
        answer = await ask(caller, key, FIRST, **fields)
        assert (answer.status_code, answer.json()["Code"]) == (403, "Forbidden.RAM")
        assert "curate" in answer.json()["Message"]
    assert model.jobs.page().jobs == []
    for key in (CURATE, "admin"):
        job_of(model, await ask(caller, key, FIRST, **fields))


async def test_a_key_that_may_not_replace_is_told_that_the_primary_key_is_taken(
    caller: Any, inline: InlineService, model: ReadModel
) -> None:
    job_of(model, await ims(caller, "submitter", FIRST))
    await inline.work()
    before = held(model)
    for key in ("submitter", "moderator", CURATE):
        answer = await ims(caller, key, OTHER)
        assert (answer.status_code, answer.json()["Code"]) == (403, "Forbidden.RAM")
        assert "replace" in answer.json()["Message"]
        again = job_of(model, await ims(caller, key, FIRST))
        await inline.work()
        assert model.jobs.get(again.job_id).status is JobStatus.SUCCESS  # type: ignore[union-attr] # it is there
    assert held(model) == before
    job_of(model, await ims(caller, REPLACE, OTHER))
    await inline.work()
    assert held(model).digest == OTHER


async def test_a_media_id_leads_to_what_a_library_holds_and_not_to_what_somebody_else_has_matched_under_it(
    caller: Any, inline: InlineService, model: ReadModel
) -> None:
    job_of(model, await ims(caller, "admin", FIRST))
    await inline.work()
    job_of(model, await ims(caller, "submitter", OTHER, Config='{"SaveType":"nosave"}'))
    await inline.work()
    again = job_of(model, await vod(caller, "admin", "clip"))
    assert again.request.file_url == FIRST


async def test_what_changes_at_the_address_fails_the_job_of_a_key_that_may_not_replace(
    caller: Any, inline: InlineService, model: ReadModel
) -> None:
    job_of(model, await vod(caller, "submitter", FIRST))
    await inline.work()
    before = held(model, FIRST)

    def changed(task: Task) -> ChunkResult:
        return msgspec.structs.replace(done(task), digest="changed")

    inline.run_task = changed
    again = job_of(model, await vod(caller, "submitter", FIRST))
    await inline.work()
    ended = model.jobs.get(again.job_id)
    assert ended is not None
    assert (ended.status, ended.code) == (JobStatus.FAIL, ErrorCode.RESOURCE_ACCESS)
    assert held(model, FIRST) == before


async def test_a_curators_job_is_ended_by_curators_only(caller: Any, model: ReadModel) -> None:
    curated = job_of(model, await ims(caller, CURATE, FIRST, DBId="blocked"))
    for key in ("submitter", "moderator", REPLACE):
        answer = await caller.v3("CancelDNAJob", version=IMS, key=key, JobId=curated.job_id)
        assert (answer.status_code, answer.json()["Code"]) == (403, "Forbidden.RAM")
    assert (await caller.v3("CancelDNAJob", version=IMS, key=CURATE, JobId=curated.job_id)).status_code == 200
