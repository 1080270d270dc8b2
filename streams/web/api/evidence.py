"""Why a match matches, over REST."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from schemas.evidence import Evidence
from streams.web.api.etag import UNCHANGED, with_etag
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.services import Services

__all__ = ["EVIDENCE_ROUTES"]


@get(
    "/cases/{case_id:str}/evidence",
    summary="Show why a case's pair matches",
    responses=UNCHANGED,
    opt=needs(Role.READER),
)
async def show_case_evidence(
    case_id: FromPath[str], services: NamedDependency[Services], request: Request[Any, Any, Any]
) -> Response[Evidence | None]:
    """Show what the stored fingerprints show of a case's newest match; worked out on demand, in seconds at the most."""
    return with_etag(request, await services.evidence.of_case(case_id))


@get(
    "/jobs/{job_id:str}/matches/{library:str}/{reference:str}/evidence",
    summary="Show why a job's input matches a reference",
    responses=UNCHANGED,
    opt=needs(Role.READER),
)
async def show_match_evidence(
    job_id: FromPath[str],
    library: FromPath[str],
    reference: FromPath[str],
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
) -> Response[Evidence | None]:
    """Show what the stored fingerprints show of a match that a job has found."""
    return with_etag(request, await services.evidence.of_match(job_id, library, reference))


EVIDENCE_ROUTES = (show_case_evidence, show_match_evidence)
