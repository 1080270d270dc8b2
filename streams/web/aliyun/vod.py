"""The operations of ApsaraVideo VOD, version 2017-03-21."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from schemas.ids import new_job_id
from schemas.jobs import Job, JobRequest, JobSource, JobStatus
from schemas.limits import LONGEST_NAME, LONGEST_USER_DATA
from schemas.result import result_of
from streams.adapters.webhooks.targets import Targets
from streams.redaction import without_secrets
from streams.web.aliyun.background import in_time
from streams.web.aliyun.call import Call
from streams.web.aliyun.errors import invalid, no_such_media, no_such_resource
from streams.web.aliyun.jobs import address_of_media, found_jobs, seconds_only, submit
from streams.web.aliyun.userdata import UserData
from streams.web.services import Services

__all__ = ["get_media_dna_result", "list_ai_job", "submit_ai_job", "submit_media_dna_delete_job"]

#: The one kind of AI job that is done here.
DNA = "AIMediaDNA"


async def submit_ai_job(call: Call, services: Services) -> dict[str, Any]:
    """Ask for a job over a media item that is known by its id."""
    media_id = call.text("MediaId")
    for kind in (call.optional("Types") or DNA).split(","):
        if kind.strip() != DNA:
            raise invalid("Types", f"it names another kind of job than {DNA}, which is the one that is offered")
    library = _library(call)
    user_data = UserData.of(call, Targets.of(services.settings))
    request = JobRequest(
        job_id=new_job_id(),
        media_id=media_id,
        file_url=await address_of_media(media_id, services),
        source=JobSource.API,
        caller=call.caller,
        rights=call.grant.beyond,
        library=library or services.settings.library,
        search=(library,) if library else (),
        extend=user_data.extend,
        user_data=_user_data(call),
        callback_url=user_data.callback_url,
    )
    job = await submit(request, services)
    return {"AIJobList": {"AIJob": [{"JobId": job.job_id, "MediaId": job.media_id, "Type": DNA}]}}


async def list_ai_job(call: Call, services: Services) -> dict[str, Any]:
    """Show jobs by their ids."""
    job_ids = call.ids("JobIds")
    found = await found_jobs(job_ids, services)
    return {
        "AIJobList": {"AIJob": [_shown(found[job_id]) for job_id in job_ids if job_id in found]},
        "NonExistAIJobIds": {"String": [job_id for job_id in job_ids if job_id not in found]},
    }


async def get_media_dna_result(call: Call, services: Services) -> dict[str, Any]:
    """Show what a media item copies, by its newest job that succeeded."""
    media_id = call.text("MediaId")
    jobs = await asyncio.to_thread(services.model.jobs.of_media, media_id)
    if not jobs:
        raise no_such_media(media_id)
    newest = next((job for job in jobs if job.status is JobStatus.SUCCESS), None)
    if newest is None:
        raise no_such_resource(f"no job of media item {media_id!r} has succeeded yet")
    told = await asyncio.to_thread(services.results.told, newest)
    return {"DNAResult": msgspec.json.decode(result_of(told).to_json())}


async def submit_media_dna_delete_job(call: Call, services: Services) -> dict[str, Any]:
    """Take a media item out of all libraries, and forget its jobs."""
    media_id = call.text("MediaId")
    try:
        request_id = await in_time(services.libraries.delete_media(media_id))
    except LookupError:
        raise no_such_media(media_id) from None
    return {"JobId": request_id or new_job_id()}


def _library(call: Call) -> str | None:
    """Return the library that `Config` names, beside the name of the job's kind or below it."""
    config = call.fields("Config")
    below = config.get(DNA)
    name = (below if isinstance(below, dict) else config).get("DNADBId")
    if name is not None and (not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME):
        raise invalid("Config", "DNADBId is no name of a library")
    return name


def _user_data(call: Call) -> str | None:
    """Return what the caller wants kept, as it came."""
    text = call.optional("UserData")
    if text is not None and len(text) > LONGEST_USER_DATA:
        raise invalid("UserData", f"it is longer than {LONGEST_USER_DATA} characters")
    return text


def _shown(job: Job) -> dict[str, Any]:
    shown = {
        "JobId": job.job_id,
        "MediaId": job.media_id,
        "Type": DNA,
        # The vendor has no word for a job that was cancelled.
        "Status": JobStatus.FAIL if job.status is JobStatus.CANCELLED else job.status,
        "CreationTime": seconds_only(job.creation_time),
    }
    if job.status.ended:
        shown |= {
            "Code": job.code,
            "Message": without_secrets(job.message),
            "CompleteTime": seconds_only(job.complete_time or job.update_time),
        }
    if job.status is JobStatus.SUCCESS:
        shown["Data"] = result_of(job).to_json()
    return shown
