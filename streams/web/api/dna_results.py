"""The file that `DNAResult` of `QueryDNAJobList` leads to."""

from __future__ import annotations

import asyncio

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from schemas.jobs import JobStatus
from schemas.result import result_of
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import UNKNOWN_JOB
from streams.web.services import Services

__all__ = ["show_dna_result"]


@get(
    "/jobs/{job_id:str}/dna-result",
    summary="Show what a job found, in the form of the complete event's Data",
    opt=needs(Role.READER),
)
async def show_dna_result(job_id: FromPath[str], services: NamedDependency[Services]) -> Response[bytes]:
    """Show what a job found, in the form of the complete event's `Data`, without pairs dismissed since."""
    job = await asyncio.to_thread(services.model.jobs.get, job_id)
    if job is None or job.status is not JobStatus.SUCCESS:
        raise ProblemError(UNKNOWN_JOB, f"there is no job {job_id!r} that has succeeded")
    told = await asyncio.to_thread(services.results.told, job)
    return Response(result_of(told).to_json().encode(), media_type=MediaType.JSON)
