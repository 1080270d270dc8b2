"""Matches that people decide on, as tests of cases need them: a test names what matters to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from schemas.cases import Decision, DecisionKind
from schemas.commands import DecideCase
from schemas.ids import case_id
from schemas.jobs import Job, JobStatus, LiveMatch
from schemas.libraries import LibraryItem
from schemas.matches import Match
from schemas.policies import Action, RuledBy, Ruling
from streams.domain.cases import decide
from streams.readmodel.model import ReadModel
from support.examples import MATCH, TIME, job

LIBRARY = "films"


def item(reference: str, library: str = LIBRARY, **fields: Any) -> LibraryItem:
    """Return a reference that a library holds."""
    return LibraryItem(**{"library": library, "media_id": reference, "version": 1, "job_id": "stored", **fields})


def match(reference: str, library: str = LIBRARY, **fields: Any) -> Match:
    """Return a match with a reference."""
    return msgspec.structs.replace(MATCH, **{"media_id": reference, "library": library, **fields})


def ruling(reference: str, action: Action, library: str = LIBRARY, **fields: Any) -> Ruling:
    """Return what a match with a reference leads to."""
    return Ruling(**{"library": library, "reference": reference, "action": action, "policy": f"to-{action}", **fields})


def found(job_id: str, actions: dict[str, Action], *, media_id: str = "video", version: int = 1, **fields: Any) -> Job:
    """Return a job that has found references, each of which leads to an action."""
    known = {
        "version": version,
        "matches": tuple(map(match, actions)),
        "rulings": tuple(ruling(reference, action) for reference, action in actions.items()),
    }
    return job(job_id, JobStatus.SUCCESS, media_id=media_id, **{**known, **fields})


def seen(
    job_id: str, reference: str, action: Action | None = None, *, media_id: str = "video", **fields: Any
) -> LiveMatch:
    """Return a live match, and what it leads to."""
    known = {"event_time": TIME, "job_id": job_id, "media_id": media_id, "chunk": 0, "match": match(reference)}
    outcome = None if action is None else RuledBy(action=action, policy=f"to-{action}")
    return LiveMatch(**{**known, "outcome": outcome, **fields})


def id_of(reference: str, media_id: str = "video", library: str = LIBRARY) -> str:
    """Return the id of a pair's case."""
    return case_id(media_id, library, reference)


def command(
    reference: str,
    decision: DecisionKind,
    number: int = 1,
    *,
    media_id: str = "video",
    who: str = "anna",
    **fields: Any,
) -> DecideCase:
    """Return what a moderator asks for."""
    known = {"job_id": f"{who}-{media_id}-{reference}-{number}", "media_id": media_id, "library": LIBRARY}
    asked = {"reference": reference, "decision": decision, "number": number, "who": who, "requested_time": TIME}
    return DecideCase(**{**known, **asked, **fields})


def decided(kinds: Iterable[DecisionKind], reference: str, *, media_id: str = "video") -> list[Decision]:
    """Return the decisions that moderators have made one after the other, without those that cannot be made."""
    made: list[Decision] = []
    for kind in kinds:
        decision = decide(command(reference, kind, len(made) + 1, media_id=media_id), made)
        made += [] if decision is None else [decision]
    return made


def forget_everything(model: ReadModel) -> None:
    """Empty a read model: for tests that need thousands of them, of which each takes long to make."""
    with model._database.write() as writer:
        names = [row["name"] for row in writer.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = {"schema_versions", "sqlite_sequence", "change_log"}
        for _ in range(2):  # what goes from one table can leave something in another, where something is kept of it
            for name in (one for one in names if one not in kept and not one.startswith("media_name_parts")):
                writer.execute(f"DELETE FROM {name}")  # noqa: S608 (names of tables)
