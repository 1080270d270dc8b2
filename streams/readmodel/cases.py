"""What the read model knows of cases: each pair that people are to decide on, or have decided on."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from schemas.cases import Assignment, CaseState, Decision, Pair
from schemas.jobs import Job, LiveMatch
from schemas.libraries import LibraryItem, item_of_key
from schemas.matches import Match
from schemas.policies import Action
from streams.readmodel.case_facts import add_job, add_live_match, assign, derive, forget_job, open_cases
from streams.readmodel.pagination import page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["Case", "CaseFilter", "CaseOrder", "CasePage", "CaseProjection", "CaseRows"]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it stands, with the newest match of its pair and every decision on it.

    Action and match are None where only its decisions are known, since its jobs are long gone.
    """

    case_id: str
    media_id: str
    library: str
    reference: str
    state: CaseState
    closed_because: str
    action: Action | None
    policy: str
    match: Match | None
    job_id: str
    retroactive: bool
    assignee: str
    opened: str
    updated: str
    decisions: list[Decision]


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases to list; what is None does not matter. `since` asks for those opened then or later."""

    state: CaseState | None = None
    action: Action | None = None
    library: str | None = None
    reference: str | None = None
    media_id: str | None = None
    assignee: str | None = None
    since: str | None = None


class CaseOrder(StrEnum):
    """What comes first in a list."""

    #: The strongest action, then the surest, the longest and the fullest match, then the oldest case.
    SEVERITY = "severity"
    #: The newest case.
    TIME = "time"


class CasePage(msgspec.Struct, frozen=True):
    """A page of cases, and the cursor of the next one."""

    cases: list[Case]
    next: str | None = None


#: Of each order: the column that it sorts by, which way, and what follows a place in it.
_SORTED = {CaseOrder.SEVERITY: ("severity", "ASC", ">"), CaseOrder.TIME: ("opened", "DESC", "<")}
#: Columns that a filter names, those with the fewest cases for one value first: each has an index for either order.
_BY = ("media_id", "reference", "assignee", "state", "action", "library")

#: Cases with the match that each shows; what they are sorted by comes first.
_SHOWN = """
SELECT {}, cases.case_id, cases.*, found.doc AS match, found.retroactive
FROM cases LEFT JOIN case_matches AS found
    ON (found.case_id, found.job_id, found.ended) = (cases.case_id, cases.job_id, cases.ended)
"""


class CaseRows:
    """Answers about cases. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, case_id: str) -> Case | None:
        """Return a case."""
        rows = self._database.all(f"{_SHOWN.format('true')} WHERE cases.case_id = ?", case_id)
        return next(iter(self._cases(rows)), None)

    def page(
        self,
        wanted: CaseFilter = CaseFilter(),  # noqa: B008 (frozen)
        *,
        order: CaseOrder = CaseOrder.SEVERITY,
        cursor: str | None = None,
        limit: int = 50,
    ) -> CasePage:
        """Return a page of cases.

        Raises:
            BadCursor: The cursor is none of this list's in this order.
        """
        name = f"cases by {order}"
        query, values = _listed(wanted, order, None if cursor is None else read_cursor(name, cursor))
        rows = self._database.all(query, *values, limit + 1)
        rows, following = page_of(name, rows, limit)
        return CasePage(self._cases(rows), following)

    def counts(self) -> dict[str, int]:
        """Return how many cases there are in each state."""
        rows = self._database.all("SELECT state, count(*) AS cases FROM cases GROUP BY state")
        found = {row["state"]: row["cases"] for row in rows}
        return {state.value: found.get(state.value, 0) for state in CaseState}

    def _cases(self, rows: Sequence[sqlite3.Row]) -> list[Case]:
        decided = [row["case_id"] for row in rows if row["decisions"]]
        found = self._database.all(
            "SELECT case_id, doc FROM decisions WHERE case_id IN (SELECT value FROM json_each(?)) "
            "ORDER BY case_id, number",
            msgspec.json.encode(decided).decode(),
        )
        decisions: dict[str, list[Decision]] = {}
        for row in found:
            decisions.setdefault(row["case_id"], []).append(msgspec.json.decode(row["doc"], type=Decision))
        return [_case(row, decisions.get(row["case_id"], [])) for row in rows]


class CaseProjection(Projection):
    """Keeps of each pair that people are to look at what follows from matches, libraries and decisions."""

    name = "cases"
    topics = ("assignments",)
    follows = ("jobs", "matches", "libraries", "items", "decisions")
    overhears = ("matches",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take down what a message says, and work out anew what follows for the cases that it may concern."""
        return [News("case", subject) for subject in derive(writer, _concerned(writer, record))]


def _concerned(writer: sqlite3.Connection, record: Record) -> Iterable[str]:
    """Take down what a message says; return the cases that it may concern."""
    if record.is_tombstone:
        return _concerned_by_end(writer, record)
    match record.channel:
        case "jobs" if (job := record.decoded(Job)) is not None:
            return add_job(writer, job)
        case "matches" if (live := record.decoded(LiveMatch)) is not None:
            return add_live_match(writer, live)
        case "items" if (item := record.decoded(LibraryItem)) is not None:
            return _ids(writer, "library = ? AND reference = ? AND NOT held", item.library, item.media_id)
        case "decisions" if (decision := record.decoded(Decision)) is not None:
            pair = Pair(media_id=decision.media_id, library=decision.library, reference=decision.reference)
            open_cases(writer, decision.media_id, [pair], decision.when)
            return [decision.case_id]
        case "assignments" if (assignment := record.decoded(Assignment)) is not None:
            return assign(writer, assignment)
    return []


def _concerned_by_end(writer: sqlite3.Connection, record: Record) -> Iterable[str]:
    """Take down that something is gone; return the cases that it may concern."""
    match record.channel:
        case "jobs":
            return forget_job(writer, record.name)
        case "libraries":
            return _ids(writer, "library = ? AND held", record.name)
        case "items":
            return _ids(writer, "library = ? AND reference = ? AND held", *item_of_key(record.name))
    return []


def _ids(writer: sqlite3.Connection, condition: str, *values: str) -> list[str]:
    rows = writer.execute(f"SELECT case_id FROM cases WHERE {condition} ORDER BY case_id", values)  # noqa: S608 (our own words)
    return [row["case_id"] for row in rows]


def _listed(wanted: CaseFilter, order: CaseOrder, place: tuple[str, str] | None) -> tuple[str, list[str]]:
    """Return the question for a page, without its limit.

    The plus signs keep SQLite from other indexes than that of the first condition and the order: with another one it
    would sort all that it finds, of which a page shows a few.
    """
    column, direction, following = _SORTED[order]
    column = f"cases.{column}"
    given = {name: value for name in _BY if (value := getattr(wanted, name)) is not None}
    conditions = [f"{'+' if number else ''}cases.{name} = ?" for number, name in enumerate(given)]
    values: list[str] = list(given.values())
    if wanted.since is not None:
        conditions.append("cases.opened >= ?" if order is CaseOrder.TIME else "+cases.opened >= ?")
        values.append(wanted.since)
    if place is not None:
        conditions.append(f"({column}, cases.case_id) {following} (?, ?)")
        values += place
    where = " AND ".join(conditions) or "true"
    return (
        f"{_SHOWN.format(column)} WHERE {where} ORDER BY {column} {direction}, cases.case_id {direction} LIMIT ?",
        values,
    )


def _case(row: sqlite3.Row, decisions: list[Decision]) -> Case:
    return Case(
        case_id=row["case_id"],
        media_id=row["media_id"],
        library=row["library"],
        reference=row["reference"],
        state=CaseState(row["state"]),
        closed_because=row["closed_because"],
        action=Action(row["action"]) if row["action"] else None,
        policy=row["policy"],
        match=None if row["match"] is None else msgspec.json.decode(row["match"], type=Match),
        job_id=row["job_id"],
        retroactive=bool(row["retroactive"]),
        assignee=row["assignee"],
        opened=row["opened"],
        updated=row["updated"],
        decisions=decisions,
    )
