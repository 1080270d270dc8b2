"""The last task of a job: put the chunks together, store the fingerprint, align over all windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.codec import BadFingerprintError
from fingerprint.engine import ALGORITHM, assemble, find_repeats
from fingerprint.file import read_fingerprint
from fingerprint.media.errors import MediaError
from fingerprint.model import Chunk
from fingerprint.query import Query
from fingerprint.types import ReferenceKey
from schemas.coverage import shortfalls
from schemas.errors import ErrorCode
from schemas.jobs import Metrics, SaveType
from schemas.limits import cut
from schemas.tasks import ChunkResult, TaskOutcome
from streams.domain.largest_answer import capped
from streams.domain.library_errors import HELD_ALREADY, not_replacer
from streams.pipeline.tasks.context import NotedFingerprints
from streams.pipeline.tasks.search import checked_windows, find_matches, unsearched, upsert_windows
from streams.pipeline.tasks.source import open_input
from streams.ports.task_report import TaskReport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fingerprint.model import Fingerprint
    from fingerprint.types import Windows
    from schemas.coverage import Unsearched
    from schemas.matches import Match, Track
    from schemas.tasks import FinishJob
    from streams.pipeline.tasks.context import TaskContext

__all__ = ["PartMissingError", "finish"]


#: A job of these kinds stores whatever it finds.
STORES_ANYWAY = frozenset({SaveType.FORCESAVE, SaveType.ONLYSAVE})


class PartMissingError(LookupError):
    """A part of the job is not in the store: its job has ended meanwhile, or it has to be made anew."""


def finish(task: FinishJob, context: TaskContext) -> TaskReport:
    """Store the whole fingerprint as the job's save type says, and report what the media copies.

    A job that stores in any case does so *before* it searches: of two copies that come in at the same time, at
    least the one that finishes last then sees the other.

    Raises:
        MediaError: A submitted fingerprint file cannot be had, or the job may not store what it has made.
        MediaError: Too little of the media could be looked at for an answer.
        PartMissingError: A chunk's part is missing from the store, or damaged there.
    """
    query = _query(task, context)
    query.coverage.require(context.limits.least_coverage)
    windows = checked_windows(query.fingerprint.windows(), query.fingerprint.duration)
    data = query.fingerprint.to_bytes()
    matches: tuple[Match, ...] = ()
    left: tuple[Unsearched, ...] = ()
    stored = False
    save_type = task.request.save_type
    if save_type in STORES_ANYWAY:
        stored = _save(task, query.fingerprint, windows, data, context)
    if save_type is not SaveType.ONLYSAVE:
        references = NotedFingerprints(context.references)
        matches = find_matches(task, query, context, references=references)
        left = unsearched(context, references)
    if save_type is SaveType.SAVE and not _is_duplicate(task, matches, context):
        stored = _save(task, query.fingerprint, windows, data, context)
    repeats = find_repeats(query.fingerprint) if stored and save_type.searches else ()
    kept, left_out = capped(matches)
    coverage = query.coverage.told()
    same = task.request.stores and not stored and context.scope.protected == query.fingerprint.digest
    return TaskReport(
        result=ChunkResult(
            task=task,
            outcome=TaskOutcome.DONE,
            message=cut("; ".join(filter(None, (*shortfalls(coverage, left), left_out, *_notes(task, same=same))))),
            matches=kept,
            digest=query.fingerprint.digest,
            algorithm=ALGORITHM,
            stored=stored,
            coverage=coverage,
            unsearched=left,
            repeats=repeats,
            metrics=Metrics(
                duration=query.fingerprint.duration,
                windows=sum(len(rows.numbers) for rows in windows.values()),
                fingerprint_bytes=len(data),
            ),
        )
    )


def _is_duplicate(task: FinishJob, matches: Iterable[Match], context: TaskContext) -> bool:
    """Whether a library holds the media already; what a person has called no match of it is none."""
    threshold, dismissed = task.request.similarity_threshold, context.scope.dismissed
    return any(match.similarity >= threshold and match.media_id not in dismissed for match in matches)


def _notes(task: FinishJob, *, same: bool) -> list[str]:
    """Return what else a person should know of a job that went well."""
    clocks = "the media's clock starts anew or jumps on the way: times are those that a player shows"
    return [clocks] * task.several_clocks + [HELD_ALREADY] * same


def _query(task: FinishJob, context: TaskContext) -> Query:
    if not task.chunks_total:
        with open_input(task, context) as source:
            return Query.of_fingerprint(read_fingerprint(source, context.limits))

    def load(number: int) -> Chunk:
        part = context.store.get_part(task.job_id, number)
        if part is None:
            raise PartMissingError(
                f"part {number} of job {task.job_id} is missing: is MEDIADNA_STORE the same for all workers?"
            )
        try:
            return Chunk.from_bytes(part)
        except BadFingerprintError as error:
            raise PartMissingError(
                f"part {number} of job {task.job_id} cannot be used, and is made anew: {error}"
            ) from error

    return assemble(task.chunks_total, load)


def _save(
    task: FinishJob, fingerprint: Fingerprint, windows: dict[Track, Windows], data: bytes, context: TaskContext
) -> bool:
    """Store windows and fingerprint beside what the library holds; do not when a newer version is there.

    Nor is the same content stored anew whose caller may not replace what is there. Until the job has ended the library
    holds the older version: it is removed after that (`clean`), so that a job that is cancelled at the last moment has
    taken nothing away.

    Raises:
        MediaError: The library holds other content, which the caller may not replace.
    """
    key = ReferenceKey(task.request.library, task.media_id, task.version)
    protected = context.scope.protected
    if protected is not None:
        if protected != fingerprint.digest:
            raise MediaError(ErrorCode.RESOURCE_ACCESS, str(not_replacer(key.library, key.media_id)))
        return False
    if any(stored.version > key.version for stored in context.store.versions(key.library, key.media_id)):
        return False
    upsert_windows(context.vectors, key, windows)
    context.store.put(key, data)
    return True
