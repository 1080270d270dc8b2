"""Tasks that say what is stored, and mend what does not fit what libraries hold. Each may be done again.

They decide nothing: what differs is found where jobs and items are known, and what is to be mended comes named one by
one. Each returns before its time is up, with what it has done so far: a library may be larger than a task's time limit.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from fingerprint.codec import BadFingerprintError
from fingerprint.engine import ALGORITHM
from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from schemas.tasks import ChunkResult, TaskOutcome
from streams.domain.inventory import Inventory, Page, Place, Repairs, Survey
from streams.pipeline.tasks.search import upsert_windows
from streams.ports.task_report import TaskReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.tasks import ListLibrary, RepairLibrary, SurveyStores, Task
    from streams.pipeline.tasks.context import TaskContext

__all__ = ["inventory", "repair", "survey"]

#: MediaIds and versions that one report lists at the most: a message of some hundred kilobytes, which is read in the
#: process that answers requests.
ENTRIES_A_REPORT = 5_000


def survey(task: SurveyStores, context: TaskContext) -> TaskReport:
    """List the libraries that store and index have, the jobs that have parts, and the writes that were cut off."""
    store = context.store
    written = ((job_id, store.parts_written(job_id)) for job_id in store.jobs_with_parts())
    found = Survey(
        libraries=tuple(sorted({*context.vectors.libraries(), *store.libraries()})),
        parts=tuple((job_id, when) for job_id, when in written if when is not None),
        writes=tuple(store.abandoned_writes(context.scope.inspection.writes_before)),
        algorithm=ALGORITHM,
    )
    return TaskReport(result=_done(task), survey=found)


def inventory(task: ListLibrary, context: TaskContext) -> TaskReport:
    """List windows and fingerprints of the task's library, from a page on, for as long as there is time."""
    deadline = time.monotonic() + context.scope.inspection.budget_s
    library = task.library
    page: Page | None = context.scope.inspection.page
    windows: Counter[tuple[str, int]] = Counter()
    fingerprints: list[tuple[str, int]] = []
    while page is not None:
        if page.place is Place.INDEX:
            counted = context.vectors.count_versions(library, cursor=page.after)
            windows.update(counted.windows)
            page = Page(place=Place.INDEX, after=counted.next) if counted.next else Page(place=Place.STORE)
        else:
            page = _list_store(library, page, context, fingerprints, deadline)
        if time.monotonic() >= deadline or len(windows) + len(fingerprints) >= ENTRIES_A_REPORT:
            break
    found = Inventory(
        windows=tuple((media_id, version, count) for (media_id, version), count in windows.items()),
        fingerprints=tuple(fingerprints),
        next=page,
    )
    return TaskReport(result=_done(task), inventory=found)


def repair(task: RepairLibrary, context: TaskContext) -> TaskReport:
    """Put back and remove what the task's inspection names, for as long as there is time."""
    inspection = context.scope.inspection
    library = task.library
    deadline = time.monotonic() + inspection.budget_s
    restored: list[tuple[str, int]] = []
    unusable: list[tuple[str, int, str]] = []
    for media_id, version in _while_there_is_time(inspection.restore, deadline):
        reason = _restore(ReferenceKey(library, media_id, version), context)
        if reason:
            unusable.append((media_id, version, reason))
        else:
            restored.append((media_id, version))
    removed = []
    for media_id, version in _while_there_is_time(inspection.remove, deadline):
        key = ReferenceKey(library, media_id, version)
        context.vectors.delete_version(key)
        context.store.delete(key)
        removed.append((media_id, version))
    if inspection.drop_empty:
        _drop_empty(library, context)
    parts = [job_id for job_id, before in inspection.parts if _remove_parts(job_id, before, context)]
    if inspection.writes_before:
        context.store.delete_abandoned_writes(inspection.writes_before)
    found = Repairs(restored=tuple(restored), unusable=tuple(unusable), removed=tuple(removed), parts=tuple(parts))
    return TaskReport(result=_done(task), repairs=found)


def _list_store(
    library: str, page: Page, context: TaskContext, found: list[tuple[str, int]], deadline: float
) -> Page | None:
    """Add what the store has behind a page; return the page that follows, None when that was all."""
    last = page.after
    for key in context.store.keys(library, after=page.after):
        if found and key.media_id != last and (time.monotonic() >= deadline or len(found) >= ENTRIES_A_REPORT):
            return Page(place=Place.STORE, after=last)  # never between two versions of one media item
        found.append((key.media_id, key.version))
        last = key.media_id
    return None


def _restore(key: ReferenceKey, context: TaskContext) -> str:
    """Put a version's windows back into the index; return why that cannot be, empty when it is done."""
    data = context.store.get(key)
    if data is None:
        return "its fingerprint is not in the store"
    try:
        fingerprint = Fingerprint.from_bytes(data)
    except BadFingerprintError as error:
        return f"its fingerprint cannot be used: {error}"
    upsert_windows(context.vectors, key, fingerprint.windows())
    if key not in context.store.versions(key.library, key.media_id):
        # Removed meanwhile, windows first: those that were just put back have to go as well.
        context.vectors.delete_version(key)
        return "it was removed meanwhile"
    return ""


def _drop_empty(library: str, context: TaskContext) -> None:
    """Remove the library's place where nothing is in it any more."""
    if not context.vectors.count(library):
        context.vectors.delete_library(library)
    if next(context.store.keys(library), None) is None:
        context.store.delete_library(library)


def _remove_parts(job_id: str, before: float, context: TaskContext) -> bool:
    """Remove a job's parts unless one was written since; return whether there are none now."""
    written = context.store.parts_written(job_id)
    if written is not None and written > before:
        return False
    context.store.delete_parts(job_id)
    return True


def _while_there_is_time(keys: Iterable[tuple[str, int]], deadline: float) -> Iterator[tuple[str, int]]:
    """Return the first key in any case, so that asking again gets on, and the others while there is time."""
    for number, key in enumerate(keys):
        if number and time.monotonic() >= deadline:
            return
        yield key


def _done(task: Task) -> ChunkResult:
    return ChunkResult(task=task, outcome=TaskOutcome.DONE)
