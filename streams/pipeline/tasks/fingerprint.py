"""The task of one chunk: fingerprint it, store its windows, and look at once for what it copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fingerprint.codec import BadFingerprintError
from fingerprint.engine import assemble
from fingerprint.model import Chunk
from fingerprint.types import ReferenceKey
from schemas.jobs import Metrics, SaveType
from schemas.tasks import ChunkResult, TaskOutcome
from streams.domain.largest_answer import capped
from streams.pipeline.tasks.search import checked_windows, find_matches, upsert_windows
from streams.pipeline.tasks.source import open_input
from streams.ports.task_report import TaskReport

if TYPE_CHECKING:
    from schemas.matches import Match
    from schemas.tasks import FingerprintChunk
    from streams.pipeline.tasks.context import TaskContext

__all__ = ["fingerprint"]

log = structlog.get_logger(__name__)

#: A job of these kinds stores its windows whatever is found, so they are stored as soon as they are there.
STORES_AT_ONCE = frozenset({SaveType.FORCESAVE, SaveType.ONLYSAVE})


def fingerprint(task: FingerprintChunk, context: TaskContext) -> TaskReport:
    """Fingerprint one chunk; a chunk that an earlier try has stored is not decoded again.

    Raises:
        MediaError: The media cannot be had, or does not decode.
        MemoryError: There is not the memory to look at all of the chunk.
    """
    chunk = _made_before(task, context)
    if chunk is None:
        with open_input(task, context) as source:
            chunk = context.decoder.fingerprint(
                source, task.start, task.end, context.limits, several_clocks=task.several_clocks
            )
        context.store.put_part(task.job_id, task.chunk, chunk.to_bytes())
    windows = checked_windows(chunk.windows(), task.end - task.start)
    if task.request.save_type in STORES_AT_ONCE and context.scope.protected is None:  # else the last task judges first
        key = ReferenceKey(task.request.library, task.media_id, task.version)
        upsert_windows(context.vectors, key, windows)
    live: tuple[Match, ...] = ()
    if task.request.save_type is not SaveType.ONLYSAVE:  # the last task looks thoroughly
        live, left_out = capped(find_matches(task, assemble(1, [chunk].__getitem__), context, thorough=False))
        if left_out:  # the complete event tells it of the whole job
            log.warning("live_matches_left_out", job_id=task.job_id, chunk=task.chunk, reason=left_out)
    count = sum(len(rows.numbers) for rows in windows.values())
    return TaskReport(
        result=ChunkResult(task=task, outcome=TaskOutcome.DONE, matches=live, metrics=Metrics(windows=count))
    )


def _made_before(task: FingerprintChunk, context: TaskContext) -> Chunk | None:
    """Return what an earlier try has stored; None when there is nothing of use, and the chunk has to be decoded."""
    data = context.store.get_part(task.job_id, task.chunk)
    if data is None:
        return None
    try:
        return Chunk.from_bytes(data)
    except BadFingerprintError as error:
        log.warning("part_not_usable", job_id=task.job_id, chunk=task.chunk, reason=str(error))
        return None
