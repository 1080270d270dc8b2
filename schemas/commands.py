"""What is asked for on `job-requests`: a job, its end, or a change to what libraries hold of a media item.

Each command is a type of its own, told by `Action`, and holds what it needs and nothing else. All are keyed by MediaId:
one worker decides on a media item's commands in the order in which they came.

`schemas.earlier` says how workers of this version and of the one before it read each other's commands.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from schemas.cases import LONGEST_NOTE, DecisionKind
from schemas.events import MediaId
from schemas.jobs import JobRequest
from schemas.limits import LONGEST_CALLER, LONGEST_NAME
from schemas.matches import Match

__all__ = [
    "AddMatch",
    "CancelBackwardSearch",
    "CancelJob",
    "Command",
    "DecideCase",
    "DeleteMedia",
    "ForgetItem",
    "ItemMarks",
    "MarkItem",
    "RemoveItem",
    "ReviseOutcome",
    "StartBackwardSearch",
    "SubmitJob",
]


class ItemMarks(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """What a person says of a library's item; what is absent stays as it is."""

    #: A disabled item is kept and never matched.
    disabled: bool | None = None
    #: Takes the place of all that was there.
    metadata: dict[str, Any] | None = None
    #: Why the item's matches are for people alone; empty: a person lifts that.
    quarantined: str | None = None
    #: When it was published, UTC; empty: that is not known any more.
    publish_time: str | None = None


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


class DecideCase(_Command, kw_only=True, omit_defaults=True, frozen=True, tag="decide"):
    """Decide on the case of the media item and a reference, unless somebody else has decided first."""

    #: Where the reference is.
    library: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    #: The reference.
    reference: MediaId
    #: What is decided.
    decision: DecisionKind
    #: What is written beside it.
    note: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)] = ""
    #: Who decides.
    who: Annotated[str, msgspec.Meta(max_length=LONGEST_CALLER)]
    #: Which of the case's decisions it is to be, from 1 on: another one with this number has come first.
    number: Annotated[int, msgspec.Meta(ge=1)]
    #: When it was asked for, UTC.
    requested_time: str = ""


class AddMatch(_Command, kw_only=True, omit_defaults=True, frozen=True, tag="add-match"):
    """Add a match to what is known of the media item: a reference that came later was held against it."""

    #: The match, as its newest job would have found it.
    match: Match
    #: When it was found, UTC.
    requested_time: str = ""


class ReviseOutcome(_Command, kw_only=True, omit_defaults=True, frozen=True, tag="revise-outcome"):
    """Tell what the media item's pairs lead to now: somebody has decided on a pair from its other side."""


class StartBackwardSearch(_ItemCommand, kw_only=True, omit_defaults=True, frozen=True, tag="search-backwards"):
    """Hold a library's item against everything that was stored before it. Its `job_id` is the id of the search.

    One that is under way is taken up again, where it has come to; one that has ended stays so.
    """

    #: Who asks.
    caller: Annotated[str, msgspec.Meta(max_length=LONGEST_CALLER)] = ""


class CancelBackwardSearch(_Command, kw_only=True, omit_defaults=True, frozen=True, tag="cancel-search-backwards"):
    """End a backward search; what it has found stays. Its `job_id` is the id of the search."""


#: Any command.
Command = (
    SubmitJob
    | CancelJob
    | MarkItem
    | RemoveItem
    | DeleteMedia
    | ForgetItem
    | DecideCase
    | AddMatch
    | ReviseOutcome
    | StartBackwardSearch
    | CancelBackwardSearch
)


def _fields(request: JobRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in JobRequest.__struct_fields__}
