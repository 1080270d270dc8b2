"""The first task of a job: look at the media and cut it into chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.codec import is_fingerprint
from fingerprint.engine import plan_chunks
from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from schemas.jobs import Metrics
from schemas.limits import MOST_CHUNKS
from schemas.tasks import ChunkResult, TaskOutcome
from streams.pipeline.tasks.source import open_input
from streams.ports.task_report import TaskReport

if TYPE_CHECKING:
    from schemas.tasks import Probe
    from streams.pipeline.tasks.context import TaskContext

__all__ = ["plan"]


def plan(task: Probe, context: TaskContext) -> TaskReport:
    """Return the spans of the media's chunks; none when the file is a fingerprint already.

    Raises:
        MediaError: The media cannot be had, or cannot be used.
    """
    with open_input(task, context) as source:
        head = source.read(64)
        source.seek(0)
        if is_fingerprint(head):
            return TaskReport(result=ChunkResult(task=task, outcome=TaskOutcome.DONE))
        info = context.decoder.probe(source, context.limits)
    spans = tuple(plan_chunks(info))
    if len(spans) > MOST_CHUNKS:
        raise MediaError(
            ErrorCode.RESOURCE_TOO_LARGE,
            f"the media would be cut into {len(spans)} chunks, and {MOST_CHUNKS} are the most: send it in pieces",
        )
    return TaskReport(
        result=ChunkResult(
            task=task,
            outcome=TaskOutcome.DONE,
            spans=spans,
            several_clocks=info.several_clocks,
            metrics=Metrics(duration=info.duration),
        )
    )
