"""What is asked for on `job-requests`: a job, its end, or a change to what libraries hold of a media item.

Each command is a type of its own, told by `Action`, and holds what it needs and nothing else. All are keyed by MediaId:
one worker decides on a media item's commands in the order in which they came.

`schemas.earlier` says how workers of this version and of the one before it read each other's commands.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from schemas.events import MediaId
from schemas.jobs import JobRequest
from schemas.limits import LONGEST_NAME

__all__ = [
    "CancelJob",
    "Command",
    "DeleteMedia",
    "ForgetItem",
    "ItemMarks",
    "MarkItem",
    "RemoveItem",
    "SubmitJob",
]


class ItemMarks(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """What a person says of a library's item; what is absent stays as it is."""

    #: A disabled item is kept and never matched.
    disabled: bool | None = None
    #: Takes the place of all that was there.
    metadata: dict[str, Any] | None = None


class SubmitJob(JobRequest, kw_only=True, omit_defaults=True, frozen=True, tag_field="Action", tag="submit"):
    """Do a job. Two commands with one JobId ask for the same job, however often they come."""

    @classmethod
    def of(cls, request: JobRequest) -> SubmitJob:
        """Return the command that asks for a job."""
        return cls(**_fields(request))

    @property
    def request(self) -> JobRequest:
        """What is asked for, as the job keeps it."""
        return JobRequest(**_fields(self))


class _Command(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True, tag_field="Action"):
    #: The job, or an id of the command's own: what is sent twice has the same one.
    job_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    #: The media item.
    media_id: MediaId


class CancelJob(_Command, kw_only=True, omit_defaults=True, frozen=True, tag="cancel"):
    """End a job; what it has stored is removed."""


class _ItemCommand(_Command, kw_only=True, omit_defaults=True, frozen=True):
    #: Name of the library.
    library: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)] = "default"
    #: When it was asked for, UTC.
    requested_time: str = ""


class MarkItem(_ItemCommand, kw_only=True, omit_defaults=True, frozen=True, tag="mark"):
    """Set what a person says of a library's item."""

    #: What to say of it.
    marks: ItemMarks = ItemMarks()


class RemoveItem(_ItemCommand, kw_only=True, omit_defaults=True, frozen=True, tag="remove"):
    """Take a media item out of a library; jobs that would store it there are ended."""


class ForgetItem(_ItemCommand, kw_only=True, omit_defaults=True, frozen=True, tag="forget"):
    """Forget a library's item of which nothing is stored any more, since the library was emptied."""


class DeleteMedia(_Command, kw_only=True, omit_defaults=True, frozen=True, tag="delete"):
    """Take a media item out of all libraries, and forget its jobs."""

    #: When it was asked for, UTC.
    requested_time: str = ""


#: Any command.
Command = SubmitJob | CancelJob | MarkItem | RemoveItem | DeleteMedia | ForgetItem


def _fields(request: JobRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in JobRequest.__struct_fields__}
