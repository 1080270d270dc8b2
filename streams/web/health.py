"""What monitoring asks for: is the process alive, does it take events, and how much has it done."""

from __future__ import annotations

import asyncio

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest

from streams.web.auth.authenticator import HEALTH, PUBLIC, needs
from streams.web.auth.roles import Role
from streams.web.services import Services

__all__ = ["healthz", "metrics", "readyz"]

JOBS = Gauge("mediadna_jobs", "Jobs in the read model, by status.", ["status"])
CALLBACKS = Gauge("mediadna_callbacks", "Callbacks in the delivery log, by status.", ["status"])

SEARCHES = Gauge("mediadna_backward_searches", "Backward searches in the read model, by status.", ["status"])
ACCESS_FILES = Gauge(
    "mediadna_access_file_usable",
    "Whether a file of tokens, access keys or callback secrets is as it should be.",
    ["file"],
)


@get("/healthz", opt=PUBLIC | HEALTH, media_type=MediaType.TEXT, include_in_schema=False)
async def healthz() -> str:
    """Answer as long as the event loop turns."""
    return "alive"


@get("/readyz", opt=PUBLIC | HEALTH, media_type=MediaType.TEXT, include_in_schema=False)
async def readyz(services: NamedDependency[Services]) -> Response[str]:
    """Answer 200 when the worker takes events and can do its work, else 503 and why.

    That is who is away since when, or which topic is held and what to do. A file of tokens, of keys or of
    secrets that is not as it should be is told as well; work goes on without.
    """
    missing = [f"{one.neighbour} is away since {one.since}: {one.reason}" for one in services.neighbours.away()]
    missing += services.held()
    if not services.ready():
        missing.append("this worker is taking its place in the group")
    notes = [f"degraded: {problem}" for problem in services.authenticator.files.problems().values() if problem]
    return Response("\n".join([*(missing or ["ready"]), *notes]), status_code=503 if missing else 200)


@get("/metrics", opt=needs(Role.READER) | HEALTH, include_in_schema=False)
async def metrics(services: NamedDependency[Services]) -> Response[bytes]:
    """Show Prometheus metrics."""
    for status, jobs in (await asyncio.to_thread(services.model.jobs.counts)).items():
        JOBS.labels(status).set(jobs)
    for status, searches in (await asyncio.to_thread(services.model.backward_searches.counts)).items():
        SEARCHES.labels(status).set(searches)
    for name, problem in services.authenticator.files.problems().items():
        ACCESS_FILES.labels(name).set(not problem)
    for standing, callbacks in (await asyncio.to_thread(services.model.deliveries.counts)).items():
        CALLBACKS.labels(standing.value).set(callbacks)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
