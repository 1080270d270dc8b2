"""The facts that cases follow from, and what follows: the same, in whatever order the topics were read.

Each fact is kept as it came, and what follows from all of them is worked out anew whenever one is added. So it does not
matter which topic is ahead of which, nor that one is read again:

- that there is a case of a pair: never taken back, and as old as the oldest fact that says so
- matches of such pairs, one by each job that has ended and one by each before it ends. Those that open a case stay for
  good; others go with their job, since a reader that comes later never hears of them
- how far each input's jobs have come; those of media that was deleted are gone
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.cases import CaseState, Decision, DecisionKind, Pair
from schemas.ids import case_id
from schemas.jobs import Job, JobStatus
from schemas.matches import Match
from schemas.policies import Action
from streams.domain.cases import closed_reason, state_of
from streams.domain.policies import matched_s

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from schemas.cases import Assignment
    from schemas.jobs import LiveMatch
    from schemas.policies import Ruling

__all__ = ["add_job", "add_live_match", "assign", "derive", "forget_job", "id_of", "open_cases"]

#: Stages of a job, as its row says them.
UNDER_WAY, FAILED, STORED, SEARCHED = "under_way", "failed", "stored", "searched"

#: Parts of a text that sorts like the numbers in it: none may be larger than this.
LARGEST_PART = 10**10
PER_SHARE, PER_SECOND = 1_000_000, 1000

#: The match that a case shows: of the newest job that has ended with one, or is under way and has shown one; else what
#: the last job had shown that ended without.
_CHOSEN = """
SELECT found.job_id, found.ended, found.time, found.action, found.policy, found.doc
FROM case_matches AS found LEFT JOIN case_jobs AS job ON job.job_id = found.job_id
WHERE found.case_id = ?
ORDER BY
    found.ended OR coalesce(job.stage, '') = 'under_way' DESC,
    CASE WHEN found.ended THEN found.version WHEN job.stage = 'under_way' THEN job.version ELSE 0 END DESC,
    found.ended DESC, found.time DESC, found.job_id DESC
LIMIT 1
"""
#: Whether one of the jobs since the newest search has found the pair, or is under way and has shown it.
_MATCHED = """
SELECT
    EXISTS (
        SELECT 1 FROM case_matches AS found JOIN case_jobs AS job ON job.job_id = found.job_id
        WHERE found.case_id = :case_id AND found.ended AND found.there
            AND job.stage IN ('searched', 'stored') AND job.version >= :since
    ) OR EXISTS (
        SELECT 1 FROM case_jobs AS job JOIN live_matches AS live ON live.job_id = job.job_id
        WHERE job.media_id = :media_id AND job.stage = 'under_way' AND job.version > :since
            AND live.library = :library AND live.reference = :reference
    ) AS matched
"""


class _Chosen(NamedTuple):
    job_id: str = ""
    ended: int = 0
    time: str = ""
    action: str = ""
    policy: str = ""
    doc: bytes = b""


class _Assigned(NamedTuple):
    assignee: str = ""
    time: str = ""


def id_of(media_id: str, match: Match) -> str:
    """Return the id of the case of an input and the reference of a match."""
    return case_id(media_id, match.library, match.media_id)


def open_cases(writer: sqlite3.Connection, media_id: str, pairs: Iterable[Pair], opened: str) -> None:
    """Note that there are cases of some of an input's pairs, and since when.

    What earlier jobs have found of a new one is looked up: as long as there was no case, nobody took it down.
    """
    added = 0
    for pair in pairs:
        subject = case_id(media_id, pair.library, pair.reference)
        added += writer.execute(
            "INSERT OR IGNORE INTO cases (case_id, media_id, library, reference, opened) VALUES (?, ?, ?, ?, ?)",
            (subject, media_id, pair.library, pair.reference, opened),
        ).rowcount
        writer.execute("UPDATE cases SET opened = ? WHERE case_id = ? AND opened > ?", (opened, subject, opened))
    if added:
        for job in _succeeded(writer, media_id):
            _take_down(writer, job)


def add_job(writer: sqlite3.Connection, job: Job) -> list[str]:
    """Take down how far a job has come, and what it has found; return the cases that this may concern."""
    stage = _stage_of(job)
    row = writer.execute("SELECT stage FROM case_jobs WHERE job_id = ?", (job.job_id,)).fetchone()
    if row is not None and row["stage"] == stage == UNDER_WAY:
        return []
    writer.execute(
        "INSERT OR REPLACE INTO case_jobs VALUES (?, ?, ?, ?)", (job.job_id, job.media_id, job.version, stage)
    )
    if job.status is JobStatus.SUCCESS:
        open_cases(writer, job.media_id, _opened_by(job), job.update_time)
        _take_down(writer, job)
    return _cases_of(writer, job.media_id)


def add_live_match(writer: sqlite3.Connection, live: LiveMatch) -> list[str]:
    """Take down what a job has shown on its way; return the case that this may concern.

    One that was found later opens nothing by itself: the newest job's state says what it leads to.
    """
    subject = id_of(live.media_id, live.match)
    if live.outcome is not None and live.outcome.action.goes_to_people and not live.retroactive:
        pair = Pair(media_id=live.media_id, library=live.match.library, reference=live.match.media_id)
        open_cases(writer, live.media_id, [pair], live.event_time)
        _keep_live(writer, subject, live, live.outcome.action, live.outcome.policy)
    return [subject]


def forget_job(writer: sqlite3.Connection, job_id: str) -> list[str]:
    """Forget a job; return the cases that this may concern. What has opened a case stays to be seen."""
    row = writer.execute("SELECT media_id FROM case_jobs WHERE job_id = ?", (job_id,)).fetchone()
    writer.execute("DELETE FROM case_jobs WHERE job_id = ?", (job_id,))
    writer.execute("DELETE FROM case_matches WHERE job_id = ? AND NOT opens", (job_id,))
    return [] if row is None else _cases_of(writer, row["media_id"])


def assign(writer: sqlite3.Connection, assignment: Assignment) -> list[str]:
    """Take down who has a case, which need not be known yet; return the case."""
    row = (assignment.case_id, assignment.assignee, assignment.when)
    writer.execute("INSERT OR REPLACE INTO case_assignments VALUES (?, ?, ?)", row)
    return [assignment.case_id]


def derive(writer: sqlite3.Connection, subjects: Iterable[str]) -> Iterator[str]:
    """Work out what follows for some cases from all that is known; yield those that are other than before."""
    for subject in subjects:
        case = writer.execute("SELECT * FROM cases WHERE case_id = ?", (subject,)).fetchone()
        if case is not None and (changes := _changes(case, _following(writer, case))):
            columns = ", ".join(f"{name} = ?" for name in changes)
            writer.execute(
                f"UPDATE cases SET {columns} WHERE case_id = ?",  # noqa: S608 (names of columns)
                (*changes.values(), subject),
            )
            yield subject


def _changes(case: sqlite3.Row, newest: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in newest.items() if case[name] != value}


def _following(writer: sqlite3.Connection, case: sqlite3.Row) -> dict[str, object]:
    subject = case["case_id"]
    chosen = _Chosen(*(writer.execute(_CHOSEN, (subject,)).fetchone() or ()))
    decisions = _decisions(writer, subject)
    assigned = _Assigned(
        *(writer.execute("SELECT assignee, time FROM case_assignments WHERE case_id = ?", (subject,)).fetchone() or ())
    )
    held = _is_held(writer, case)
    has_jobs = _exists(writer, "case_jobs WHERE media_id = ?", case["media_id"])
    matched = held and has_jobs and _is_matched(writer, case)
    state = state_of(decisions, matched=matched)
    permitted = bool(decisions) and decisions[-1].decision is DecisionKind.ALLOW
    action = Action.ALLOW if permitted else chosen.action
    match = msgspec.json.decode(chosen.doc, type=Match) if chosen.doc else None
    reason = closed_reason(has_jobs=has_jobs, held=held) if state is CaseState.CLOSED else ""
    return {
        "state": state.value,
        "closed_because": reason,
        "held": int(held),
        "action": str(action),
        "policy": chosen.policy,
        "assignee": assigned.assignee,
        "decisions": len(decisions),
        "job_id": chosen.job_id,
        "ended": chosen.ended,
        "updated": max(case["opened"], chosen.time, assigned.time, decisions[-1].when if decisions else ""),
        "severity": _severity(str(action), match, case["opened"]),
        "similarity": 0.0 if match is None else match.similarity,
    }


def _is_held(writer: sqlite3.Connection, case: sqlite3.Row) -> bool:
    return _exists(writer, "items WHERE library = ? AND media_id = ?", case["library"], case["reference"])


def _is_matched(writer: sqlite3.Connection, case: sqlite3.Row) -> bool:
    newest = writer.execute(
        "SELECT max(version) AS version FROM case_jobs WHERE media_id = ? AND stage = ?", (case["media_id"], SEARCHED)
    ).fetchone()
    values = {name: case[name] for name in ("case_id", "media_id", "library", "reference")}
    return bool(writer.execute(_MATCHED, {**values, "since": newest["version"] or 0}).fetchone()["matched"])


def _decisions(writer: sqlite3.Connection, subject: str) -> list[Decision]:
    rows = writer.execute("SELECT doc FROM decisions WHERE case_id = ? ORDER BY number", (subject,))
    return [msgspec.json.decode(row["doc"], type=Decision) for row in rows]


def _exists(writer: sqlite3.Connection, what: str, *values: str) -> bool:
    found = writer.execute(f"SELECT EXISTS (SELECT 1 FROM {what})", values).fetchone()  # noqa: S608 (our own words)
    return bool(found[0])


def _cases_of(writer: sqlite3.Connection, media_id: str) -> list[str]:
    rows = writer.execute("SELECT case_id FROM cases WHERE media_id = ? ORDER BY case_id", (media_id,))
    return [row["case_id"] for row in rows]


def _stage_of(job: Job) -> str:
    if not job.status.ended:
        return UNDER_WAY
    if job.status is not JobStatus.SUCCESS:
        return FAILED
    return SEARCHED if job.request.save_type.searches else STORED


def _succeeded(writer: sqlite3.Connection, media_id: str) -> Iterator[Job]:
    rows = writer.execute("SELECT doc FROM jobs WHERE media_id = ? AND status = ?", (media_id, JobStatus.SUCCESS))
    return (msgspec.json.decode(row["doc"], type=Job) for row in rows.fetchall())


def _opened_by(job: Job) -> Iterator[Pair]:
    found = {(match.library, match.media_id) for match in job.matches}
    for ruling in job.rulings:
        if _opens(ruling) and (ruling.library, ruling.reference) in found:
            yield Pair(media_id=job.media_id, library=ruling.library, reference=ruling.reference)


def _opens(ruling: Ruling | None) -> bool:
    """Whether people are to look at a pair; one of which they have said that it is no match is not reported to them."""
    return ruling is not None and ruling.action.goes_to_people and not ruling.dismissed


def _take_down(writer: sqlite3.Connection, job: Job) -> None:
    """Keep what a job has found of the pairs that are cases, and note of which of them it finds nothing any more."""
    rulings = {(one.library, one.reference): one for one in job.rulings}
    matches = {id_of(job.media_id, match): match for match in job.matches}
    for subject in _cases_of(writer, job.media_id):
        match = matches.get(subject)
        if match is not None:
            _keep_ended(writer, subject, job, match, rulings.get((match.library, match.media_id)))
            continue
        key = (subject, job.job_id)
        writer.execute("DELETE FROM case_matches WHERE case_id = ? AND job_id = ? AND ended AND NOT opens", key)
        writer.execute("UPDATE case_matches SET there = 0 WHERE case_id = ? AND job_id = ? AND ended", key)


def _keep_ended(writer: sqlite3.Connection, subject: str, job: Job, match: Match, ruling: Ruling | None) -> None:
    """Keep what a job that has ended says of a pair; jobs of before there were policies say no more than that."""
    values = (
        subject,
        job.job_id,
        1,
        job.version,
        job.update_time,
        _opens(ruling),
        1,
        ruling.action if ruling is not None else Action.TRACK,
        ruling.policy if ruling is not None else "",
        ruling is not None and ruling.retroactive,
        msgspec.json.encode(match),
    )
    writer.execute(
        "INSERT INTO case_matches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (case_id, job_id, ended) "
        "DO UPDATE SET version = excluded.version, time = excluded.time, opens = max(opens, excluded.opens), "
        "there = 1, action = excluded.action, policy = excluded.policy, retroactive = excluded.retroactive, "
        "doc = excluded.doc",
        values,
    )


def _keep_live(writer: sqlite3.Connection, subject: str, live: LiveMatch, action: Action, policy: str) -> None:
    """Keep the strongest of what a job has shown of a pair on its way; of equals the newest."""
    doc = msgspec.json.encode(live.match)
    key = (subject, live.job_id)
    known = writer.execute("SELECT * FROM case_matches WHERE case_id = ? AND job_id = ? AND NOT ended", key).fetchone()
    if known is None or _rank(known["action"], known["time"], known["doc"]) < _rank(action, live.event_time, doc):
        writer.execute(
            "INSERT OR REPLACE INTO case_matches VALUES (?, ?, 0, 0, ?, 1, 0, ?, ?, 0, ?)",
            (*key, live.event_time, action, policy, doc),
        )


def _rank(action: str, time: str, doc: bytes) -> tuple[int, str, bytes]:
    return Action(action).strength, time, doc


def _severity(action: str, match: Match | None, opened: str) -> str:
    """Return a text that sorts cases: the strongest action first, then the surest, longest, fullest and oldest.

    One column can be indexed beside any filter, and names a place in a list; five of them in two directions cannot.
    """
    strength = Action(action).strength if action else 0
    parts = (
        (0, 0, 0)
        if match is None
        else (
            round(match.similarity * PER_SHARE),
            round(matched_s(match) * PER_SECOND),
            round(match.input_coverage * PER_SHARE),
        )
    )
    return "-".join((*(f"{LARGEST_PART - part:011}" for part in (strength, *parts)), opened))
