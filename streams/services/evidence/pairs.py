"""Which stored fingerprints a match is told by, and in words why one is not there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fingerprint.types import ReferenceKey
from schemas.jobs import SaveType

if TYPE_CHECKING:
    from schemas.jobs import Job
    from schemas.libraries import LibraryItem
    from schemas.matches import Match
    from streams.readmodel.model import ReadModel

__all__ = ["StoredPair", "stored_pair"]


@dataclass(frozen=True)
class StoredPair:
    """Where the fingerprints of a match's two sides are.

    Attributes:
        inputs: Where the input's may be, likeliest first: what was fingerprinted, in whichever library.
        reference: Where the reference's is; None: nowhere.
        input_missing: What to say where the input's is nowhere.
        reference_missing: The same of the reference's.
        input_duration: Of the input, seconds; 0: unknown.
        reference_duration: Of the reference, seconds; 0: unknown.
        notes: What else to say.
    """

    inputs: tuple[ReferenceKey, ...]
    reference: ReferenceKey | None
    input_missing: str
    reference_missing: str
    input_duration: float = 0.0
    reference_duration: float = 0.0
    notes: tuple[str, ...] = field(default=())


def stored_pair(model: ReadModel, media_id: str, job_id: str, match: Match) -> StoredPair:
    """Return where the fingerprints of a match's two sides are.

    Args:
        model: What is known.
        media_id: The input.
        job_id: The job that has found the match; it may be forgotten.
        match: The match.
    """
    job = model.jobs.get(job_id)
    items = model.libraries.items_of(media_id)
    same = [item for item in items if item.job_id == job_id or _is_of(item, job)]
    held = model.libraries.item(match.library, match.media_id)
    return StoredPair(
        inputs=tuple(ReferenceKey(one.library, one.media_id, one.version) for one in same),
        reference=None if held is None else ReferenceKey(held.library, held.media_id, held.version),
        input_missing=_input_missing(job, held=bool(items), same=bool(same)),
        reference_missing=(
            "The reference is not in its library any more: of its fingerprint nothing is left."
            if held is None
            else "The reference's fingerprint is not in the store: 'mediadna doctor' tells what is lost."
        ),
        input_duration=0.0 if job is None else job.metrics.duration,
        reference_duration=0.0 if held is None else held.duration,
        notes=_newer_reference(model, job, held, match),
    )


def _is_of(item: LibraryItem, job: Job | None) -> bool:
    """Whether what a library holds of an input is what the job has fingerprinted."""
    if job is None:
        return False
    is_own = (item.library, item.version) == (job.request.library, job.version)
    return is_own or (bool(job.digest) and item.digest == job.digest)


def _input_missing(job: Job | None, *, held: bool, same: bool) -> str:
    """Say why an input's fingerprint is not there."""
    if job is None:
        return "The job that found this match is forgotten, and with it which fingerprint it was found by."
    if not job.status.ended:
        return "The input is still being processed: its fingerprint is put together at the end."
    if same:
        return "The input's fingerprint is not in the store: 'mediadna doctor' tells what is lost."
    if held:
        return "The input has been fingerprinted anew since, with other content: what it was then is not kept."
    if job.stored:
        return "The input's fingerprint was stored, and has been removed from its library since."
    if job.request.save_type is SaveType.NOSAVE:
        return "The input was to be matched only ('nosave'): its fingerprint was not kept."
    return "The input's fingerprint was not kept: a library held the same video already."


def _newer_reference(model: ReadModel, job: Job | None, held: LibraryItem | None, match: Match) -> tuple[str, ...]:
    """Say that a reference is another one than the match was made with, where that is known."""
    if job is None or held is None or job.complete_time is None:
        return ()
    if any(one.retroactive and (one.library, one.reference) == (match.library, match.media_id) for one in job.rulings):
        return ()  # it was found when the reference came
    storing = model.jobs.get(held.job_id)
    if storing is None or storing.complete_time is None or storing.complete_time <= job.complete_time:
        return ()
    return ("The reference was stored anew after the match was found: what is told is of what is stored now.",)
