"""What the REST API shows of a job, and takes to make one."""

from __future__ import annotations

from typing import Annotated, Any, Self

import msgspec

from schemas.boilerplate import SharedSpan
from schemas.coverage import Coverage, Unsearched
from schemas.jobs import Job, JobSource, JobStatus, Lane, SaveType
from schemas.libraries import Share
from schemas.limits import (
    LARGEST_METADATA,
    LONGEST_MEDIA_ID,
    LONGEST_NAME,
    LONGEST_TARGET,
    LONGEST_URL,
    LONGEST_WORD,
    MOST_SEARCHED,
)
from schemas.matches import best_first
from schemas.names import NO_CONTROL, NO_CONTROL_OR_SLASH
from schemas.policies import Action, Outcome, RuledMatch
from schemas.result import action_of
from schemas.verdicts import Verdict
from streams.redaction import check_of, redacted, without_secrets

__all__ = [
    "JobList",
    "JobView",
    "LibraryName",
    "MediaId",
    "Metadata",
    "NewJob",
    "OutcomeView",
    "PublishTime",
    "ResultView",
    "Url",
]

#: Names become part of keys and of addresses.
MediaId = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=LONGEST_MEDIA_ID,
        pattern=NO_CONTROL,
        description="name of the media item",
    ),
]
LibraryName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=LONGEST_NAME,
        pattern=NO_CONTROL_OR_SLASH,
        description="name of a library",
    ),
]
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_URL, description="where the media is")]
CallbackUrl = Annotated[
    str, msgspec.Meta(max_length=LONGEST_TARGET, description="where the job's complete event is posted to")
]
Searched = Annotated[
    bool,
    msgspec.Meta(
        description="whether libraries are searched: with `onlysave` they are not, and no `matches` says nothing"
    ),
]
LeadsTo = Annotated[
    Action | None,
    msgspec.Meta(description="the strongest action of the matches; `allow` where nothing matched; null: not searched"),
]
Judged = Annotated[
    Verdict | None,
    msgspec.Meta(description="whether the media is an original or a copy, and why; null: not searched, or not known"),
]
Boilerplate = Annotated[
    tuple[SharedSpan, ...],
    msgspec.Meta(description="spans of the media that many references share, such as titles: they link nothing"),
]
StartTime = Annotated[
    str,
    msgspec.Meta(
        description="when the medium was broadcast, from its first second on, so that airings in it have a clock: "
        "ISO 8601 with a zone",
        examples=["2026-11-23T20:15:00+01:00"],
    ),
]
Metadata = Annotated[
    dict[str, Any],
    msgspec.Meta(description=f"what the library item carries: {LARGEST_METADATA} bytes of JSON at most"),
]


PublishTime = Annotated[
    str,
    msgspec.Meta(
        max_length=LONGEST_WORD,
        description="when the media was published, ISO 8601 with a zone: of two that are alike the older one is the "
        "original; empty: what `PublishTime` in `metadata` says counts, else when it was first seen here",
    ),
]


class NewJob(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A job to be made."""

    media_id: MediaId
    url: Url
    library: LibraryName = "default"
    search: Annotated[
        list[LibraryName],
        msgspec.Meta(max_length=MOST_SEARCHED, description="libraries to search; empty: all active ones"),
    ] = []
    save_type: SaveType = SaveType.FORCESAVE
    similarity_threshold: Share = 0.8
    extend: Annotated[str, msgspec.Meta(max_length=512)] | None = None
    callback_url: CallbackUrl | None = None
    metadata: Metadata = {}
    publish_time: PublishTime = ""
    lane: Annotated[Lane, msgspec.Meta(description="`import` gives way to everything on the `live` lane")] = Lane.LIVE
    start_time: StartTime | None = None


class JobView(msgspec.Struct, kw_only=True):
    """A job."""

    job_id: str
    media_id: str
    status: JobStatus
    library: str
    source: JobSource
    publish_time: PublishTime = ""
    url: Annotated[str, msgspec.Meta(description="where the media was read, without what may be secret in it")]
    url_check: Annotated[
        str, msgspec.Meta(description="four hex digits: others mean another address, also where `url` is shown alike")
    ]
    save_type: SaveType
    created: str
    updated: str
    completed: str | None
    code: str
    message: str
    version: int
    chunks_done: int
    chunks_total: int
    duration: float
    cpu_seconds: float
    digest: str
    algorithm: str
    matches: list[RuledMatch]
    action: LeadsTo = None
    verdict: Judged = None
    boilerplate: Boilerplate = ()
    searched: Searched = True
    coverage: Coverage = Coverage()
    unsearched: list[Unsearched] = []

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return what to show of a job."""
        return cls(
            job_id=job.job_id,
            media_id=job.media_id,
            status=job.status,
            library=job.request.library,
            source=job.request.source,
            publish_time=job.request.published,
            url=redacted(job.request.file_url),
            url_check=check_of(job.request.file_url),
            save_type=job.request.save_type,
            created=job.creation_time,
            updated=job.update_time,
            completed=job.complete_time,
            code=job.code,
            message=without_secrets(job.message),
            version=job.version,
            chunks_done=job.chunks_done,
            chunks_total=job.chunks_total,
            duration=job.metrics.duration,
            cpu_seconds=job.metrics.cpu_seconds,
            digest=job.digest,
            algorithm=job.algorithm,
            matches=_ruled(job),
            action=action_of(job),
            verdict=job.verdict,
            boilerplate=job.boilerplate,
            searched=job.request.save_type.searches,
            coverage=job.coverage,
            unsearched=list(job.unsearched),
        )


class JobList(msgspec.Struct, kw_only=True):
    """A page of jobs, newest first; `next` is the cursor of the page that follows."""

    jobs: list[JobView]
    next: str | None = None


class ResultView(msgspec.Struct, kw_only=True):
    """The newest result of a media item."""

    media_id: str
    job_id: str
    completed: str | None
    duration: float
    digest: str
    algorithm: str
    matches: list[RuledMatch]
    action: LeadsTo = None
    verdict: Judged = None
    boilerplate: Boilerplate = ()
    searched: Searched = True
    coverage: Coverage = Coverage()
    unsearched: list[Unsearched] = []

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return what to show of a job that has succeeded."""
        view = JobView.of(job)
        return cls(**{name: getattr(view, name) for name in cls.__struct_fields__})


class OutcomeView(msgspec.Struct, kw_only=True):
    """What a media item's matches lead to together."""

    media_id: str
    job_id: str
    action: Action
    policy: str
    cases: Annotated[list[str], msgspec.Meta(description="the cases that people decide on")]
    final: Annotated[bool, msgspec.Meta(description="whether the job has ended; until then it can grow stronger")]
    seen: Annotated[float, msgspec.Meta(description="which share of the input had been looked at by then, 0..1")]
    updated: str

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """Return what to show of an outcome."""
        return cls(
            media_id=outcome.media_id,
            job_id=outcome.job_id,
            action=outcome.action,
            policy=outcome.policy,
            cases=list(outcome.cases),
            final=outcome.final,
            seen=outcome.seen,
            updated=outcome.event_time,
        )


def _ruled(job: Job) -> list[RuledMatch]:
    """Return the matches of a job, the surest first, each with what it leads to."""
    rulings = {(one.library, one.reference): one for one in job.rulings}
    shown = []
    for match in best_first(job.matches):
        ruling = rulings.get((match.library, match.media_id))
        fields = msgspec.structs.asdict(match)
        if ruling is not None:
            fields |= {
                "action": ruling.effective,
                "policy": ruling.policy,
                "suppressed": ruling.dismissed,
                "retroactive": ruling.retroactive,
                "younger": ruling.younger,
            }
        shown.append(RuledMatch(**fields))
    return shown
