"""One task of a backward search: holds a reference against stored fingerprints, for as long as there is time.

Nothing of any media is read. The reference is in an index of its own, in memory: it shares no limit of hits or
candidates with other references, so that the sixtieth edit of a clip is found as the first one is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

import structlog

from fingerprint.codec import BadFingerprintError
from fingerprint.engine import match
from fingerprint.index.memory import MemoryIndex
from fingerprint.model import Fingerprint
from fingerprint.query import Query
from fingerprint.types import ReferenceKey
from schemas.backward import BackwardBatch, BackwardHit
from schemas.errors import ErrorCode
from schemas.limits import LARGEST_MATCH
from schemas.result import match_size
from schemas.tasks import ChunkResult, TaskOutcome
from streams.domain.largest_answer import capped
from streams.pipeline.tasks.search import is_wanted
from streams.ports.task_report import TaskReport, failed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.matches import Match
    from schemas.tasks import SearchBackwards
    from streams.domain.search_scope import SearchedLibrary
    from streams.pipeline.tasks.context import TaskContext

__all__ = ["search_backwards"]

log = structlog.get_logger(__name__)


@dataclass
class _Found:
    """What a task has come by so far."""

    items: int = 0
    unreadable: int = 0
    hits: list[BackwardHit] = field(default_factory=list)
    hit_bytes: int = 0

    def add(self, media_id: str, found: Match) -> None:
        (kept,), _ = capped((found,))
        self.hits.append(BackwardHit(media_id=media_id, match=kept))
        self.hit_bytes += match_size(kept)


def search_backwards(task: SearchBackwards, context: TaskContext) -> TaskReport:
    """Hold the task's reference against what its scope names, until the time is up or a result is full."""
    scope = context.scope.backward
    deadline = time.monotonic() + scope.budget_s
    key = ReferenceKey(task.library, task.media_id, task.version)
    try:
        reference = context.references.read(key)
    except BadFingerprintError as error:
        return _no_reference(task, f"cannot be read ({error})")
    if reference is None:
        return _no_reference(task, "is not in the store")
    index = MemoryIndex()
    index.add(key.media_id, reference, library=key.library, version=key.version)
    (library,) = context.scope.search
    found, last = _Found(), task.cursor
    left_out = False
    for media_id, held in groupby(scope.items, key=lambda item: item[1]):
        if found.items and (time.monotonic() >= deadline or found.hit_bytes >= LARGEST_MATCH):
            left_out = True
            break  # never between what two libraries hold of one media item: it is told once
        keys = [ReferenceKey(*item) for item in held]
        if (best := _surest(keys, index, library, context, found)) is not None:
            found.add(media_id, best)
        last = (keys[-1].library, media_id)
    batch = BackwardBatch(
        cursor=last if left_out or scope.more else None,
        items=found.items,
        unreadable=found.unreadable,
        hits=tuple(found.hits),
    )
    return TaskReport(result=ChunkResult(task=task, outcome=TaskOutcome.DONE, backward=batch))


def _surest(
    keys: Iterable[ReferenceKey], index: MemoryIndex, library: SearchedLibrary, context: TaskContext, found: _Found
) -> Match | None:
    """Return how a media item copies the reference, by whichever library shows it best; None where it does not."""
    matches = []
    for key in keys:
        found.items += 1
        stored = _stored(key, context)
        if stored is None:
            found.unreadable += 1
            continue
        copied = match(Query.of_fingerprint(stored), index, index, exclude_media=key.media_id)
        matches += [one for one in copied if is_wanted(one, library)]
    return max(matches, key=lambda one: one.similarity, default=None)


def _stored(key: ReferenceKey, context: TaskContext) -> Fingerprint | None:
    """Return a stored item's fingerprint; not by way of those that are kept decoded, which jobs need again."""
    data = context.store.get(key)
    if data is None:
        log.warning(
            "stored_item_not_usable", library=key.library, media_id=key.media_id, reason="it is not in the store"
        )
        return None
    try:
        return Fingerprint.from_bytes(data)
    except BadFingerprintError as error:
        log.warning("stored_item_not_usable", library=key.library, media_id=key.media_id, reason=str(error))
        return None


def _no_reference(task: SearchBackwards, why: str) -> TaskReport:
    return failed(
        task,
        TaskOutcome.FAILED,
        ErrorCode.RESOURCE_NOT_FOUND,
        f"the reference's fingerprint {why}: add the reference anew",
    )
