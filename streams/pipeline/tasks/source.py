"""Where a task gets its media from: its place, or what was sent along with the job."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from schemas.jobs import UPLOADED
from streams.adapters.sources.opener import open_media

if TYPE_CHECKING:
    from schemas.tasks import JobTask
    from streams.pipeline.tasks.context import TaskContext

__all__ = ["open_input"]


def open_input(task: JobTask, context: TaskContext) -> BinaryIO:
    """Return the task's media as a seekable file.

    Raises:
        MediaError: It cannot be had.
    """
    if task.request.file_url != UPLOADED:
        return open_media(task.request.file_url, context.policy)
    upload = context.store.open_upload(task.job_id)
    if upload is None:
        raise MediaError(ErrorCode.RESOURCE_NOT_FOUND, "what was sent along with this job is gone: send it again")
    return upload
