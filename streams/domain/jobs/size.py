"""Whether what a message leads to can be written: an event that no topic takes would stop the worker for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.errors import ErrorCode, TooLargeError
from schemas.limits import LARGEST_INPUT, LARGEST_RECORD, LARGEST_VALUE
from schemas.result import complete_event
from schemas.tasks import ChunkResult, TaskOutcome

if TYPE_CHECKING:
    from schemas.commands import Command
    from schemas.jobs import Job
    from streams.domain.jobs.state_machine import Step

__all__ = ["check_command", "fits", "has_room", "is_writable", "without_room"]


def check_command(command: Command) -> None:
    """Check that what is asked for can be a part of a job. The doors let in none of more than a part of this.

    Raises:
        TooLargeError: Somebody else has written it, past the doors.
    """
    size = _size(command)
    if size > LARGEST_INPUT:
        raise TooLargeError(f"the request has {size} bytes, and {LARGEST_INPUT} are the most: ask through the API")


def has_room(step: Step) -> bool:
    """Whether what is remembered of a media item may take in what a request adds: jobs under way will need more."""
    return _size(step.record) <= LARGEST_RECORD


def fits(step: Step) -> bool:
    """Whether topics take what a result leads to: the record, the jobs, and their complete events."""
    return _size(step.record) <= LARGEST_VALUE and all(is_writable(job) for job in step.jobs)


def is_writable(job: Job) -> bool:
    """Whether a topic takes a job's state, and one that has ended its complete event too."""
    return _size(job) <= LARGEST_VALUE and (not job.status.ended or _size(complete_event(job)) <= LARGEST_VALUE)


def without_room(result: ChunkResult) -> ChunkResult:
    """Return what stands in for a result that leads to more than can be written: its job ends, and says why."""
    return ChunkResult(
        task=result.task,
        outcome=TaskOutcome.FAILED,
        code=ErrorCode.RESOURCE_TOO_LARGE,
        message="what came of this media is more than one event holds: send it in pieces",
    )


def _size(what: msgspec.Struct) -> int:
    return len(msgspec.json.encode(what))
