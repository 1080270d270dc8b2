"""A job from the moment it is asked for to the moment it ends. The work it is cut into is in `schemas.tasks`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import msgspec

from schemas.boilerplate import SharedSpan
from schemas.coverage import Coverage, Unsearched
from schemas.errors import ErrorCode
from schemas.events import MediaId, Rendition
from schemas.limits import LONGEST_CALLER, LONGEST_DIGEST, LONGEST_MEDIA_S, LONGEST_NAME
from schemas.matches import Interval, Match
from schemas.policies import RuledBy, Ruling
from schemas.publication import published
from schemas.rights import Right
from schemas.verdicts import Verdict

__all__ = [
    "EVENT_CALLER",
    "LOCAL_CALLER",
    "UPLOADED",
    "Job",
    "JobRequest",
    "JobSource",
    "JobSpec",
    "JobStatus",
    "Lane",
    "LiveMatch",
    "Metrics",
    "SaveType",
]

#: The caller where an event asked, and where programs of the service's own machine need no token.
EVENT_CALLER, LOCAL_CALLER = "event", "local"
#: Stands for the place of media that was sent along with the job.
UPLOADED = "upload://"

#: The most of anything that a job's work amounts to: bytes, windows, seconds. Sums of millions of such numbers fit
#: where they are kept.
MOST = 1e12


class JobStatus(StrEnum):
    """Where a job stands."""

    INIT = "init"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAIL = "fail"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the job."""
        return self in {JobStatus.SUCCESS, JobStatus.FAIL, JobStatus.CANCELLED}


class JobSource(StrEnum):
    """Where a job comes from."""

    #: A transcode-complete event.
    EVENT = "event"
    #: A call: the REST API, the vendor's calls, the command line.
    API = "api"
    #: The import of a library.
    IMPORT = "import"
    #: The comparison of libraries with what is stored, which has found that something was lost.
    REPAIR = "repair"
    #: None of a job: a request that asks again for one that has not ended.
    RECOVERY = "recovery"


class Lane(StrEnum):
    """Which of the queues a job's tasks wait in. Each has worker processes of its own."""

    #: What somebody waits for.
    LIVE = "live"
    #: What takes the processor time that the other lane leaves.
    IMPORT = "import"


class SaveType(StrEnum):
    """What a job does with the fingerprint besides matching."""

    #: Match; store unless a duplicate at or above the similarity threshold is already there.
    SAVE = "save"
    #: Match and store.
    FORCESAVE = "forcesave"
    #: Match only.
    NOSAVE = "nosave"
    #: Store only.
    ONLYSAVE = "onlysave"

    @property
    def searches(self) -> bool:
        """Whether the job looks for what its media item copies: of one that does not, nobody may say "no copies"."""
        return self is not SaveType.ONLYSAVE


class JobSpec(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """What the work of a job needs to know of what was asked for: it travels with each of the job's tasks."""

    #: Where the media, or a fingerprint file, is (http, https, s3 or file); `upload://` when it was sent along.
    file_url: str
    #: Where the job comes from.
    source: JobSource = JobSource.API
    #: Where its tasks wait. Requests of before there was this field say it by their source: imports are on a lane.
    lane: Lane = Lane.LIVE
    #: Who asked: a digest of a token, an AccessKeyId, "local" for programs of this machine that need neither, "event";
    #: empty where the service asks itself.
    caller: Annotated[str, msgspec.Meta(max_length=LONGEST_CALLER)] = ""
    #: What the caller may do beyond asking: checked again where the work is done, since others may have stored in the
    #: meantime. None: everything, as an admin, an event, and messages of before there were rights.
    rights: tuple[Right, ...] | None = None
    #: Where the fingerprint is stored.
    library: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)] = "default"
    #: Libraries to search; empty: all active ones.
    search: tuple[str, ...] = ()
    #: What to do with the fingerprint besides matching.
    save_type: SaveType = SaveType.FORCESAVE
    #: For `save`: from which similarity on a match is a duplicate, which is not stored again.
    similarity_threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.8
    #: W3C trace context that came in; goes out on every event of the job.
    traceparent: str | None = None

    def __post_init__(self) -> None:
        """Put an import on its lane, whoever has written the request."""
        if self.source is JobSource.IMPORT and self.lane is not Lane.IMPORT:
            msgspec.structs.force_setattr(self, "lane", Lane.IMPORT)

    def may(self, right: Right) -> bool:
        """Whether the caller has a right."""
        return self.rights is None or right in self.rights

    @property
    def stores(self) -> bool:
        """Whether the job may put something into its library."""
        return self.save_type is not SaveType.NOSAVE


class JobRequest(JobSpec, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """What is asked for with a job, by somebody or by an event."""

    #: 32 hex digits; derived from the event where an event asked.
    job_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    #: The input.
    media_id: MediaId
    #: Digest of all that was asked for under an idempotency key: tells whether a later call asks for the same.
    request_digest: Annotated[str, msgspec.Meta(max_length=LONGEST_DIGEST)] = ""
    #: When the job was asked for, UTC.
    requested_time: str = ""
    #: Echoed on the complete event, as it came.
    extend: str | None = None
    #: Kept for the one who asked.
    user_data: str | None = None
    #: Where the complete event is posted to; the configured place when it is not given.
    callback_url: str | None = None
    #: The renditions that an event named; the first is the one that `file_url` points to.
    renditions: tuple[Rendition, ...] = ()
    #: What the library item carries besides its fingerprint.
    metadata: dict[str, Any] = {}
    #: When the media was published, as its owner says, UTC; empty: nobody has said.
    publish_time: str = ""

    @property
    def published(self) -> str:
        """When it was published, UTC: what was said by itself counts before what metadata says; empty: not known."""
        return published(self.publish_time, self.metadata)

    #: When the input was broadcast, from its first second on, UTC: airings in it are told by the clock then. Empty: it
    #: is no broadcast, or nobody has said when.
    start_time: str = ""

    @property
    def spec(self) -> JobSpec:
        """What the job's tasks need to know."""
        return JobSpec(**{name: getattr(self, name) for name in JobSpec.__struct_fields__})


class Metrics(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """What a job's work amounted to."""

    #: Of the media, seconds.
    duration: float = 0.0
    #: Stored in the library.
    windows: int = 0
    #: Size of the stored fingerprint.
    fingerprint_bytes: int = 0
    #: Time that workers spent on it, all together.
    processing_seconds: float = 0.0
    #: Of which their processors were at work.
    cpu_seconds: float = 0.0

    def check(self) -> None:
        """Let the numbers pass if media can amount to them. Old messages with others stay readable.

        Raises:
            ValueError: One is negative, not finite, or beyond what media can have.
        """
        amounts = (self.windows, self.fingerprint_bytes, self.processing_seconds, self.cpu_seconds)
        if not 0 <= self.duration <= LONGEST_MEDIA_S or not all(0 <= amount <= MOST for amount in amounts):
            raise ValueError(f"the metrics are none of media: {self}")


class Job(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """The newest state of a job: the value on the compacted `jobs` topic and the row of the read model."""

    #: 32 hex digits.
    job_id: str
    #: The input.
    media_id: str
    #: Where the job stands.
    status: JobStatus
    #: What was asked for.
    request: JobRequest
    #: When the job was asked for, UTC.
    creation_time: str
    #: When this state came to be, UTC.
    update_time: str
    #: When the job ended, UTC.
    complete_time: str | None = None
    #: `0`, or an error code of the contract.
    code: str = ErrorCode.OK
    #: What the code means here, for a person.
    message: str = ""
    #: Rises with each job of one MediaId, and is never given twice; windows of older versions are removed.
    version: int = 1
    #: Progress: how many chunks are fingerprinted.
    chunks_done: int = 0
    #: 0 until the media has been looked at.
    chunks_total: int = 0
    #: Renditions noted after the job had started.
    renditions: tuple[Rendition, ...] = ()
    #: What was found, once the job has succeeded.
    matches: tuple[Match, ...] = ()
    #: What each of them led to. Those of before there were policies have none.
    rulings: tuple[Ruling, ...] = ()
    #: Whether the media is an original or a copy, once the job has succeeded. Those that searched nothing, and those of
    #: before there were verdicts, have none.
    verdict: Verdict | None = None
    #: Spans of the media that many references share: what lies in these alone links nothing.
    boilerplate: tuple[SharedSpan, ...] = ()
    #: The same by the number of references alone; none where people had said nothing that changed it.
    counted_boilerplate: tuple[SharedSpan, ...] | None = None
    #: Of the fingerprint, hex.
    digest: str = ""
    #: Name and version of the algorithm that made the fingerprint.
    algorithm: str = ""
    #: Whether the fingerprint was stored in the library.
    stored: bool = False
    #: Which share of the media was looked at, once the job has succeeded.
    coverage: Coverage = Coverage()
    #: What was to be searched, and was not.
    unsearched: tuple[Unsearched, ...] = ()
    #: What the media holds more than once: of each the earlier span, as the input's, and the later one, as the
    #: reference's. Those of before there was this field, and those that searched nothing, have none.
    repeats: tuple[Interval, ...] = ()
    #: What the work amounted to.
    metrics: Metrics = Metrics()


class LiveMatch(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """A match seen while the video is still being processed, which the complete event supersedes, or found later."""

    #: When the match was seen, UTC.
    event_time: str
    #: The job that is under way.
    job_id: str
    #: The input.
    media_id: str
    #: Number of the chunk in which the match was seen.
    chunk: int
    #: The match, as far as this chunk shows it; times are the whole item's, coverage is of the part seen.
    match: Match
    #: Which share of the input had been looked at by then, 0..1.
    seen: float = 1.0
    #: What the matches seen so far lead to: on the first one that makes a rule hold, and on each that makes it
    #: stronger.
    outcome: RuledBy | None = None
    #: Whether it was found when its reference was held against everything that was stored before it.
    retroactive: bool = False
