"""A job from the moment it is asked for to the moment it ends, and the pieces of work it is cut into."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import msgspec

from schemas.coverage import Coverage, Unsearched
from schemas.errors import ErrorCode
from schemas.events import MediaId, Rendition
from schemas.limits import LONGEST_CALLER, LONGEST_DIGEST, LONGEST_MEDIA_S, LONGEST_NAME
from schemas.matches import Match
from schemas.rights import Right

__all__ = [
    "EVENT_CALLER",
    "LOCAL_CALLER",
    "UPLOADED",
    "ChunkResult",
    "ChunkTask",
    "ItemMarks",
    "Job",
    "JobRequest",
    "JobStatus",
    "LiveMatch",
    "Metrics",
    "RequestAction",
    "SaveType",
    "TaskKind",
    "TaskOutcome",
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


class RequestAction(StrEnum):
    """What a request wants done about its media item."""

    #: Do a job.
    SUBMIT = "submit"
    #: End the job.
    CANCEL = "cancel"
    #: Set the marks of the library's item.
    MARK = "mark"
    #: Take the media item out of the library.
    REMOVE = "remove"
    #: Take the media item out of all libraries, and forget its jobs.
    DELETE = "delete"
    #: Forget the library's item: what was stored of it is gone already.
    FORGET = "forget"


class ItemMarks(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """What a person says of a library's item; what is absent stays as it is."""

    #: A disabled item is kept and never matched.
    disabled: bool | None = None
    #: Takes the place of all that was there.
    metadata: dict[str, Any] | None = None


class JobRequest(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
    """A job that somebody, or an event, asks for. Keyed by MediaId on `job-requests`.

    Two requests with one JobId are the same request, however often they come.
    """

    #: 32 hex digits; derived from the event where an event asked.
    job_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    #: The input.
    media_id: MediaId
    #: Where the media, or a fingerprint file, is (http, https, s3 or file); `upload://` when it was sent along.
    file_url: str
    #: What asked: "event", "api" (the command line goes there too), "import", "recovery".
    source: str = "api"
    #: Who asked: a digest of a token, an AccessKeyId, "local" for programs of this machine that need neither, "event";
    #: empty where the service asks itself.
    caller: Annotated[str, msgspec.Meta(max_length=LONGEST_CALLER)] = ""
    #: What the caller may do beyond asking: checked again where the work is done, since others may have stored in the
    #: meantime. None: everything, as an admin, an event, and messages of before there were rights.
    rights: tuple[Right, ...] | None = None
    #: Digest of all that was asked for under an idempotency key: tells whether a later call asks for the same.
    request_digest: Annotated[str, msgspec.Meta(max_length=LONGEST_DIGEST)] = ""
    #: Where the fingerprint is stored.
    library: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)] = "default"
    #: Libraries to search; empty: all active ones.
    search: tuple[str, ...] = ()
    #: What to do with the fingerprint besides matching.
    save_type: SaveType = SaveType.FORCESAVE
    #: For `save`: from which similarity on a match is a duplicate, which is not stored again.
    similarity_threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.8
    #: When the job was asked for, UTC.
    requested_time: str = ""
    #: Echoed on the complete event, as it came.
    extend: str | None = None
    #: Kept for the one who asked.
    user_data: str | None = None
    #: Where the complete event is posted to; the configured place when it is not given.
    callback_url: str | None = None
    #: W3C trace context that came in; goes out on every event of the job.
    traceparent: str | None = None
    #: The renditions that an event named; the first is the one that `file_url` points to.
    renditions: tuple[Rendition, ...] = ()
    #: What the library item carries besides its fingerprint.
    metadata: dict[str, Any] = {}
    #: What to do.
    action: RequestAction = RequestAction.SUBMIT
    #: For `mark`: what to say of the item.
    marks: ItemMarks = ItemMarks()

    def may(self, right: Right) -> bool:
        """Whether the caller has a right."""
        return self.rights is None or right in self.rights

    @property
    def stores(self) -> bool:
        """Whether the job may put something into its library."""
        return self.save_type is not SaveType.NOSAVE


class Metrics(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
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


class Job(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
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
    #: What the work amounted to.
    metrics: Metrics = msgspec.field(default_factory=Metrics)


class TaskKind(StrEnum):
    """The kinds of work on the `chunks` topic."""

    #: Look at the media and cut it into chunks.
    PLAN = "plan"
    #: Fingerprint one chunk, store its windows and match them.
    FINGERPRINT = "fingerprint"
    #: Put the chunks together, align over all windows, store the fingerprint.
    FINISH = "finish"
    #: Remove what an ended job leaves behind.
    CLEAN = "clean"
    #: Remove what is stored of a media item, up to the task's version.
    REMOVE = "remove"
    #: Remove everything in a library, up to the task's version.
    EMPTY = "empty"
    #: Remove a library with everything in it.
    DROP = "drop"
    #: List what store and index have places for: libraries, parts of jobs, writes that were cut off.
    SURVEY = "survey"
    #: List what store and index hold of a library, a page of it.
    INVENTORY = "inventory"
    #: Put back, or remove, what store and index lack, or have too much.
    REPAIR = "repair"


class ChunkTask(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
    """One piece of work that any worker may take. Keyed by JobId + chunk on `chunks`."""

    #: The job that the task is a part of.
    job_id: str
    #: The input.
    media_id: str
    #: What to do.
    kind: TaskKind
    #: What was asked for.
    request: JobRequest
    #: Of the input's content.
    version: int = 1
    #: Number of the chunk, from 0.
    chunk: int = 0
    #: Where the chunk begins in the media, seconds.
    start: float = 0.0
    #: Where the chunk ends in the media, seconds.
    end: float = 0.0
    #: All chunks of the job (for `finish`).
    chunks_total: int = 0
    #: The media's clock starts anew or jumps, as looking at it has shown.
    several_clocks: bool = False
    #: How often this very task has been tried before.
    attempt: int = 0
    #: When the job was asked for.
    started: str = ""


class TaskOutcome(StrEnum):
    """How a task ended."""

    DONE = "done"
    #: Failed in a way that another try may cure.
    RETRY = "retry"
    #: Failed for good.
    FAILED = "failed"


class ChunkResult(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
    """What became of a task. Keyed by MediaId on `chunk-results`."""

    #: The task, as it was handed out.
    task: ChunkTask
    #: How it ended.
    outcome: TaskOutcome
    #: `0`, or an error code of the contract.
    code: str = ErrorCode.OK
    #: What the code means here, for a person; of a task that is done, what there is to say of its job nevertheless.
    message: str = ""
    #: For `plan`: the spans of the chunks, seconds.
    spans: tuple[tuple[float, float], ...] = ()
    #: For `plan`: whether the media's clock starts anew or jumps, so that its spans are those of a player's time.
    several_clocks: bool = False
    #: For `finish`: what was found.
    matches: tuple[Match, ...] = ()
    #: For `finish`: of the fingerprint, hex.
    digest: str = ""
    #: For `finish`: name and version of the algorithm that made the fingerprint.
    algorithm: str = ""
    #: For `finish`: whether the fingerprint was stored in the library.
    stored: bool = False
    #: For `finish`: which share of the media was looked at.
    coverage: Coverage = Coverage()
    #: For `finish`: what was to be searched, and was not.
    unsearched: tuple[Unsearched, ...] = ()
    #: What the work amounted to.
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    #: Name of the worker that did it.
    worker: str = ""

    def __post_init__(self) -> None:
        """Refuse what no media amounts to: it would be billed.

        Raises:
            ValueError: A number is negative, not finite or beyond what media can have.
        """
        self.metrics.check()
        if not all(0 <= start <= end <= MOST for start, end in self.spans):
            raise ValueError("a chunk lies outside of any media")


class LiveMatch(msgspec.Struct, rename="pascal", kw_only=True):
    """A match seen while the video is still being processed; superseded by the complete event."""

    #: When the match was seen, UTC.
    event_time: str
    #: The job that is under way.
    job_id: str
    #: The input.
    media_id: str
    #: Number of the chunk in which the match was seen.
    chunk: int
    #: The match, as far as this chunk shows it; times are the whole item's.
    match: Match
