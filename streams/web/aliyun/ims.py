"""The operations of Intelligent Media Services, version 2020-11-09, on jobs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec

from schemas.ids import new_job_id
from schemas.jobs import Job, JobRequest, JobSource, JobStatus, SaveType
from schemas.limits import LONGEST_URL
from streams.redaction import redacted, without_secrets
from streams.web.aliyun.call import Call
from streams.web.aliyun.errors import VendorError, invalid, missing, no_such_resource
from streams.web.aliyun.jobs import address_of_media, found_jobs, seconds_only, submit
from streams.web.aliyun.media import address_of
from streams.web.api.submission import check_cancel
from streams.web.services import Services

__all__ = ["cancel_dna_job", "query_dna_job_list", "submit_dna_job"]

#: Bytes of `UserData`: the vendor's figure.
MOST_USER_DATA = 128
#: What the vendor's own examples of `Config` say.
USUAL_SAVE_TYPE = SaveType.SAVE
#: From which similarity on a match is a duplicate, when the caller does not say: the figure of the contract.
USUAL_THRESHOLD = 0.8
#: What `Config` may say that the media is. Picture and sound are taken from either.
MEDIA_TYPES = ("video", "audio")

_STATUS = {
    JobStatus.INIT: "Queuing",
    JobStatus.PROCESSING: "Analysing",
    JobStatus.SUCCESS: "Success",
    JobStatus.FAIL: "Fail",
    JobStatus.CANCELLED: "Fail",
}


async def submit_dna_job(call: Call, services: Services) -> dict[str, Any]:
    """Ask for a job over a media item against one library."""
    media_id, library = call.text("PrimaryKey"), call.text("DBId")
    save_type, threshold = _config(call)
    user_data = call.optional("UserData")
    if user_data is not None and len(user_data.encode()) > MOST_USER_DATA:
        raise invalid("UserData", f"it is longer than {MOST_USER_DATA} bytes")
    request = JobRequest(
        job_id=new_job_id(),
        media_id=media_id,
        file_url=await _address(call, services),
        source=JobSource.API,
        caller=call.caller,
        rights=call.grant.beyond,
        library=library,
        search=(library,),
        save_type=save_type,
        similarity_threshold=threshold,
        user_data=user_data,
    )
    job = await submit(request, services)
    return {"JobId": job.job_id}


async def query_dna_job_list(call: Call, services: Services) -> dict[str, Any]:
    """Show jobs by their ids; the vendor has no word for ids that are not known, and leaves them out."""
    job_ids = call.ids("JobIds")
    found = await found_jobs(job_ids, services)
    return {"JobList": [_shown(found[job_id], call) for job_id in job_ids if job_id in found]}


async def cancel_dna_job(call: Call, services: Services) -> dict[str, Any]:
    """Ask for the end of a job that has not ended."""
    job_id = call.text("JobId")
    job = (await found_jobs([job_id], services)).get(job_id)
    if job is None:
        raise no_such_resource(f"there is no job {job_id!r}")
    if job.status.ended:
        code = "JobInComplete" if job.status is JobStatus.SUCCESS else "JobInFailure"
        message = f"The job has ended already, with status {job.status}."
        raise VendorError(f"PermissionDenied.{code}", HTTPStatus.FORBIDDEN, message)
    await check_cancel(services, job, call.caller, call.grant)
    await services.commands.cancel(job)
    return {"JobId": job.job_id}


async def _address(call: Call, services: Services) -> str:
    """Return where the input is, which `Input` says by an address or by the id of a media item."""
    given = call.fields("Input")
    kind, media = given.get("Type"), given.get("Media")
    for name, value in (("Input", given), ("Input.Type", kind), ("Input.Media", media)):
        if not value:
            raise missing(name)
    if not isinstance(media, str) or len(media) > LONGEST_URL:
        raise invalid("Input.Media", f"it is no text of at most {LONGEST_URL} characters")
    if kind == "Media":
        return await address_of_media(media, services)
    if kind != "OSS":
        raise invalid("Input.Type", "it is neither OSS nor Media")
    if "://" not in media:
        raise invalid("Input.Media", "it is no address such as oss://bucket/object or https://host/file")
    return address_of(media)


def _config(call: Call) -> tuple[SaveType, float]:
    """Return what to do with the fingerprint, and from which similarity on a match is a duplicate."""
    config = call.fields("Config")
    save_type = config.get("SaveType", USUAL_SAVE_TYPE)
    if save_type not in list(SaveType):
        raise invalid("Config", f"SaveType is none of {', '.join(SaveType)}")
    threshold = config.get("SimilarityThreshold", USUAL_THRESHOLD)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise invalid("Config", "SimilarityThreshold is no number from 0 to 1")
    if config.get("MediaType", MEDIA_TYPES[0]) not in MEDIA_TYPES:
        raise invalid("Config", f"MediaType is none of {', '.join(MEDIA_TYPES)}")
    return SaveType(save_type), float(threshold)


def _shown(job: Job, call: Call) -> dict[str, Any]:
    request = job.request
    config = {"SaveType": request.save_type, "MediaType": MEDIA_TYPES[0]}
    shown = {
        "Id": job.job_id,
        "Status": _STATUS[job.status],
        "CreationTime": seconds_only(job.creation_time),
        "DBId": request.library,
        "PrimaryKey": job.media_id,
        "Config": msgspec.json.encode(config).decode(),
        "UserData": request.user_data or "",
        "Input": {"Type": "OSS", "Media": redacted(request.file_url)},
    }
    if job.status.ended:
        shown |= {
            "Code": job.code,
            "Message": without_secrets(job.message),
            "FinishTime": seconds_only(job.complete_time or job.update_time),
        }
    if job.status is JobStatus.SUCCESS:
        shown["DNAResult"] = f"{call.base_url}api/v1/jobs/{job.job_id}/dna-result"
    return shown
