"""Ids of jobs: derived from the event where an event made the job, so that a replay names the same job."""

from __future__ import annotations

import hashlib
import uuid

from schemas.jobs import LOCAL_CALLER

__all__ = [
    "backward_hit_id",
    "backward_search_id",
    "boilerplate_ruling_id",
    "case_id",
    "event_job_id",
    "flood_mark_id",
    "keyed_job_id",
    "new_job_id",
    "repair_job_id",
    "revision_id",
]

#: Hex digits of a job id, as in ApsaraVideo VOD.
JOB_ID_LENGTH = 32


def event_job_id(video_id: str, file_url: str | None, size: int | None, run_id: str | None) -> str:
    """Return the id of the job that an event of this rendition makes: the same for the same rendition, always."""
    content = "\x1f".join((video_id, file_url or "", str(size or ""), run_id or ""))
    return _digest(content)


def keyed_job_id(key: str, *, caller: str = LOCAL_CALLER) -> str:
    """Return the id of the job that a caller asks for under a key of theirs: the same for the same two, always.

    Keys are each caller's own: two that happen to choose the same one ask for two jobs.
    """
    # The form for this machine's own programs is older than callers are: imports that began then are still known.
    return _digest(f"key\x1f{key}" if caller == LOCAL_CALLER else f"key-of\x1f{caller}\x1f{key}")


def repair_job_id(library: str, media_id: str, version: int) -> str:
    """Return the id of the job that stores what a library has lost of a media item: one job, whoever finds out."""
    return _digest("\x1f".join(("repair", library, media_id, str(version), "")))


def case_id(media_id: str, library: str, reference: str) -> str:
    """Return the id of the case of an input and a reference: the same however often the pair is matched."""
    return _digest(f"case\x1f{media_id}\x1f{library}\x1f{reference}")


def backward_search_id(library: str, media_id: str, version: int) -> str:
    """Return the id of the backward search that a stored version of a reference makes by itself: always the same."""
    return _digest("\x1f".join(("backward", library, media_id, str(version))))


def backward_hit_id(search_id: str, media_id: str) -> str:
    """Return the id of the command that tells a media item what a backward search has found of it: always the same."""
    return _digest(f"backward-hit\x1f{search_id}\x1f{media_id}")


def boilerplate_ruling_id(library: str, media_id: str, span: tuple[float, float] | None) -> str:
    """Return the id of what people say of a reference, or of a span of it in seconds: by the millisecond the same."""
    where = ("", "") if span is None else tuple(f"{one:.3f}" for one in span)
    return _digest("\x1f".join(("boilerplate", library, media_id, *where)))


def flood_mark_id(library: str, media_id: str, job_id: str) -> str:
    """Return the id of the command that sets a reference aside after a job has matched it: always the same."""
    return _digest(f"flood\x1f{library}\x1f{media_id}\x1f{job_id}")


def revision_id(decision_id: str, media_id: str) -> str:
    """Return the id of the command to look at a media item's outcome again after a decision: always the same."""
    return _digest(f"revision\x1f{decision_id}\x1f{media_id}")


def new_job_id() -> str:
    """Return an id for a job that somebody asks for."""
    return uuid.uuid4().hex


def _digest(content: str) -> str:
    return hashlib.blake2b(content.encode(), digest_size=JOB_ID_LENGTH // 2).hexdigest()
