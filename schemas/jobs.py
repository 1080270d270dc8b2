"""A job from the moment it is asked for to the moment it ends, and the pieces of work it is cut into."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from schemas.errors import ErrorCode
from schemas.events import Rendition
from schemas.matches import Match

__all__ = [
    "ChunkResult",
    "ChunkTask",
    "Job",
    "JobRequest",
    "JobStatus",
    "LiveMatch",
    "Metrics",
    "SaveType",
    "TaskKind",
    "TaskOutcome",
]


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


class JobRequest(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
    """A job that somebody, or an event, asks for. Keyed by MediaId on `job-requests`.

    Two requests with one JobId are the same request, however often they come.
    """

    job_id: str
    media_id: str
    #: Where the media is (http, https, s3 or file), or a stored fingerprint with `mediadna` as its format.
    file_url: str
    #: What asked: "event", "api", "cli", "import", "recovery".
    source: str = "api"
    library: str = "default"
    #: Libraries to search; empty: all active ones.
    search: tuple[str, ...] = ()
    save_type: SaveType = SaveType.FORCESAVE
    similarity_threshold: float = 0.8
    requested_time: str = ""
    #: Echoed on the complete event, at most 512 bytes.
    extend: str | None = None
    user_data: str | None = None
    traceparent: str | None = None
    #: The renditions that an event named; the first is the one that `file_url` points to.
    renditions: tuple[Rendition, ...] = ()
    metadata: dict[str, Any] = {}
    #: "submit" asks for the job, "cancel" ends it.
    action: str = "submit"


class Metrics(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
    """What a job's work amounted to."""

    duration: float = 0.0
    windows: int = 0
    fingerprint_bytes: int = 0
    processing_seconds: float = 0.0


class Job(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
    """The newest state of a job: the value on the compacted `jobs` topic and the row of the read model."""

    job_id: str
    media_id: str
    status: JobStatus
    request: JobRequest
    creation_time: str
    update_time: str
    complete_time: str | None = None
    code: str = ErrorCode.OK
    message: str = ""
    #: Rises with each new content of one MediaId; windows of older versions are removed.
    version: int = 1
    chunks_done: int = 0
    #: 0 until the media has been looked at.
    chunks_total: int = 0
    #: Renditions noted after the job had started.
    renditions: tuple[Rendition, ...] = ()
    matches: tuple[Match, ...] = ()
    digest: str = ""
    algorithm: str = ""
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


class ChunkTask(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
    """One piece of work that any worker may take. Keyed by JobId + chunk on `chunks`."""

    job_id: str
    media_id: str
    kind: TaskKind
    request: JobRequest
    version: int = 1
    chunk: int = 0
    #: The chunk's span of the media, seconds.
    start: float = 0.0
    end: float = 0.0
    #: All chunks of the job (for `finish`).
    chunks_total: int = 0
    #: How often this very task has been tried before.
    attempt: int = 0
    #: For `clean`: whether the windows and the fingerprint stay, since the job ended well.
    keep_windows: bool = False
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

    task: ChunkTask
    outcome: TaskOutcome
    code: str = ErrorCode.OK
    message: str = ""
    #: For `plan`: the spans of the chunks, seconds.
    spans: tuple[tuple[float, float], ...] = ()
    #: For `finish`: what was found.
    matches: tuple[Match, ...] = ()
    digest: str = ""
    algorithm: str = ""
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    worker: str = ""


class LiveMatch(msgspec.Struct, rename="pascal", kw_only=True):
    """A match seen while the video is still being processed; superseded by the complete event."""

    event_time: str
    job_id: str
    media_id: str
    chunk: int
    match: Match
