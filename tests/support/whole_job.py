"""Runs whole jobs in this process: the state machine decides, the tasks are done at once, one after the other."""

from __future__ import annotations

from pathlib import Path

import msgspec

from fingerprint.media.limits import MediaLimits
from schemas.commands import SubmitJob
from schemas.jobs import Job, JobRequest, SaveType
from streams.adapters.milvus.memory import MemoryVectors
from streams.adapters.storage.fsspec_store import open_store
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.state_machine import on_request, on_result
from streams.domain.search_scope import Assignment, Scope, SearchedLibrary
from streams.egress.policy import SourcePolicy
from streams.pipeline.tasks.context import StoredFingerprints, TaskContext
from streams.pipeline.tasks.run import run_task
from streams.ports.decoder import MediaDecoder
from support.decoders import InlineDecoder

SCOPE = Scope(search=(SearchedLibrary(name="default"),))
NOW = "2026-11-24T20:00:00.000Z"


def make_context(
    state: Path, *places: Path, limits: MediaLimits | None = None, decoder: MediaDecoder | None = None
) -> TaskContext:
    """Return what tasks work with: a window index in memory, a store below `state`, media from the places alone."""
    store = open_store(str(state / "fingerprints"))
    return TaskContext(
        vectors=MemoryVectors(),
        store=store,
        references=StoredFingerprints(store),
        policy=SourcePolicy.parse(" ".join(map(str, places)), max_bytes=1 << 30),
        limits=limits or MediaLimits(),
        decoder=decoder or InlineDecoder(),
    )


def run_job(
    context: TaskContext, media: Path, *, media_id: str | None = None, save_type: SaveType = SaveType.FORCESAVE
) -> Job:
    """Return the ended job over a file."""
    name = media_id or media.stem
    request = JobRequest(job_id=f"job-{name}", media_id=name, file_url=media.as_uri(), save_type=save_type)
    step = on_request(MediaRecord(), SubmitJob.of(request), now=NOW)
    tasks, jobs = list(step.tasks), list(step.jobs)
    while tasks:
        item = step.record.items.get(request.library)
        scope = msgspec.structs.replace(SCOPE, held=0 if item is None else item.version)
        report = run_task(Assignment(task=tasks.pop(0), scope=scope), context)
        step = on_result(step.record, report.result, now=NOW, tries=1)
        tasks += step.tasks
        jobs += step.jobs
    assert jobs[-1].status.ended
    return jobs[-1]
