"""The pieces of work on the topics of tasks, and what became of them.

Each kind of work is a type of its own, told by `Kind`, and holds what that work needs and nothing else. What a worker
has to know of a job is in its `JobSpec`: of what was asked for, only that travels with each of a video's chunks.

`schemas.earlier` says how workers of this version and of the one before it read each other's tasks.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import msgspec

from schemas.backward import BackwardBatch, Cursor
from schemas.coverage import Coverage, Unsearched
from schemas.errors import ErrorCode
from schemas.jobs import MOST, JobSpec, Lane, Metrics
from schemas.matches import Interval, Match

__all__ = [
    "ChunkResult",
    "CleanUp",
    "DropLibrary",
    "EmptyLibrary",
    "FingerprintChunk",
    "FinishJob",
    "JobTask",
    "LibraryTask",
    "ListLibrary",
    "Probe",
    "RemoveMedia",
    "RepairLibrary",
    "SearchBackwards",
    "SurveyStores",
    "Task",
    "TaskKind",
    "TaskOutcome",
    "chunk_of",
]


class TaskKind(StrEnum):
    """The kinds of work, as `Kind` tells them."""

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
    #: Hold a reference against some of what was stored before it.
    BACKWARD = "backward"


class _Task(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True, tag_field="Kind"):
    #: The job that the task is a part of; of a task that is part of none, an id of its own.
    job_id: str
    #: How often this very task has been tried before.
    attempt: int = 0
    #: When the job was asked for, or what else the task does, UTC.
    started: str = ""

    @property
    def subject(self) -> str:
        """What the result is keyed by: one worker decides on all that concerns it."""
        return self.job_id

    @property
    def lane(self) -> Lane:
        """Where the task waits."""
        return Lane.LIVE

    @property
    def caller(self) -> str:
        """Whose turn the task takes; empty: the service's own."""
        return ""


class _JobTask(_Task, kw_only=True, omit_defaults=True, frozen=True):
    #: The input.
    media_id: str
    #: What the work needs to know of what was asked for.
    request: JobSpec
    #: Of the input's content.
    version: int = 1

    @property
    def subject(self) -> str:
        """See `_Task`."""
        return self.media_id

    @property
    def lane(self) -> Lane:
        """See `_Task`."""
        return self.request.lane

    @property
    def caller(self) -> str:
        """See `_Task`."""
        return self.request.caller


class Probe(_JobTask, kw_only=True, omit_defaults=True, frozen=True, tag="plan"):
    """Look at a job's media and cut it into chunks."""

    kind: ClassVar[TaskKind] = TaskKind.PLAN


class FingerprintChunk(_JobTask, kw_only=True, omit_defaults=True, frozen=True, tag="fingerprint"):
    """Fingerprint one chunk of a job's media, store its windows, and look at once for what it copies."""

    kind: ClassVar[TaskKind] = TaskKind.FINGERPRINT

    #: Number of the chunk, from 0.
    chunk: int = 0
    #: Where the chunk begins in the media, seconds.
    start: float = 0.0
    #: Where the chunk ends in the media, seconds.
    end: float = 0.0
    #: The media's clock starts anew or jumps, as looking at it has shown.
    several_clocks: bool = False


class FinishJob(_JobTask, kw_only=True, omit_defaults=True, frozen=True, tag="finish"):
    """Put the chunks of a job together, align over all windows, store the fingerprint."""

    kind: ClassVar[TaskKind] = TaskKind.FINISH

    #: All chunks of the job; 0: a fingerprint file was sent in place of media.
    chunks_total: int = 0
    #: The media's clock starts anew or jumps, as looking at it has shown.
    several_clocks: bool = False


class CleanUp(_JobTask, kw_only=True, omit_defaults=True, frozen=True, tag="clean"):
    """Remove what an ended job leaves behind."""

    kind: ClassVar[TaskKind] = TaskKind.CLEAN


class RemoveMedia(_Task, kw_only=True, omit_defaults=True, frozen=True, tag="remove"):
    """Remove what is stored of a media item, up to a version: from one library, or from all."""

    kind: ClassVar[TaskKind] = TaskKind.REMOVE

    #: The media item.
    media_id: str
    #: The library; null: all of them. Always said, so that nothing is removed everywhere by an omission.
    library: str | None
    #: What is newer stays.
    version: int

    @property
    def subject(self) -> str:
        """See `_Task`."""
        return self.media_id


class _LibraryTask(_Task, kw_only=True, omit_defaults=True, frozen=True):
    #: Name of the library.
    library: str

    @property
    def subject(self) -> str:
        """See `_Task`."""
        return self.library


class EmptyLibrary(_LibraryTask, kw_only=True, omit_defaults=True, frozen=True, tag="empty"):
    """Remove everything in a library, up to a version."""

    kind: ClassVar[TaskKind] = TaskKind.EMPTY

    #: What is newer stays.
    version: int


class DropLibrary(_LibraryTask, kw_only=True, omit_defaults=True, frozen=True, tag="drop"):
    """Remove a library with everything in it."""

    kind: ClassVar[TaskKind] = TaskKind.DROP

    #: Items up to this one are forgotten with it.
    version: int


class SurveyStores(_Task, kw_only=True, omit_defaults=True, frozen=True, tag="survey"):
    """List what store and index have places for. On no topic: who asks waits for the answer."""

    kind: ClassVar[TaskKind] = TaskKind.SURVEY


class ListLibrary(_LibraryTask, kw_only=True, omit_defaults=True, frozen=True, tag="inventory"):
    """List what store and index hold of a library, a page of it. On no topic: who asks waits for the answer."""

    kind: ClassVar[TaskKind] = TaskKind.INVENTORY


class RepairLibrary(_LibraryTask, kw_only=True, omit_defaults=True, frozen=True, tag="repair"):
    """Put back, or remove, what is named. On no topic: who asks names a few at a time, and looks in between."""

    kind: ClassVar[TaskKind] = TaskKind.REPAIR


class SearchBackwards(_Task, kw_only=True, omit_defaults=True, frozen=True, tag="backward"):
    """Hold a reference against what was stored before it, from one item on: as much as there is time for.

    Its `job_id` is the id of the search.
    """

    kind: ClassVar[TaskKind] = TaskKind.BACKWARD

    #: The reference.
    media_id: str
    #: Where it is.
    library: str
    #: Of its content.
    version: int
    #: The item behind which to begin.
    cursor: Cursor = None

    @property
    def subject(self) -> str:
        """See `_Task`."""
        return self.media_id

    @property
    def lane(self) -> Lane:
        """See `_Task`. Nobody waits for it as for an upload."""
        return Lane.IMPORT


#: Tasks that are a part of a job.
JobTask = Probe | FingerprintChunk | FinishJob | CleanUp
#: Tasks that take away what a library holds.
LibraryTask = EmptyLibrary | DropLibrary
#: Any task.
Task = (
    Probe
    | FingerprintChunk
    | FinishJob
    | CleanUp
    | RemoveMedia
    | EmptyLibrary
    | DropLibrary
    | SurveyStores
    | ListLibrary
    | RepairLibrary
    | SearchBackwards
)


def chunk_of(task: Task) -> int:
    """Return the number of the chunk that a task is about; 0 where it is about none."""
    return task.chunk if isinstance(task, FingerprintChunk) else 0


class TaskOutcome(StrEnum):
    """How a task ended."""

    DONE = "done"
    #: Failed in a way that another try may cure.
    RETRY = "retry"
    #: Failed for good.
    FAILED = "failed"


class ChunkResult(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """What became of a task. Keyed by MediaId, or by the library's name, on `chunk-results`."""

    #: The task, as it was handed out.
    task: Task
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
    #: For `finish`: what was found. For `fingerprint`: what the chunk shows of it.
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
    #: For `finish`: what the media holds more than once.
    repeats: tuple[Interval, ...] = ()
    #: For `backward`: what was found, and how far the search has come.
    backward: BackwardBatch | None = None
    #: What the work amounted to.
    metrics: Metrics = Metrics()
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
