"""What the read model knows of cases: each pair that people are to decide on, or have decided on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.cases import Assignment, CaseState, Decision, Pair
from schemas.jobs import Job, LiveMatch
from schemas.libraries import LibraryItem, item_of_key
from schemas.matches import Match
from schemas.policies import Action
from streams.readmodel.case_facts import add_job, add_live_match, assign, derive, forget_job, open_cases
from streams.readmodel.case_lists import (
    CaseFilter,
    CaseOrder,
    CasePlace,
    RemainingCases,
    among,
    count_left,
    listed,
    place_name,
)
from streams.readmodel.pagination import page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = [
    "Case",
    "CaseFilter",
    "CaseOrder",
    "CasePage",
    "CaseProjection",
    "CaseRows",
    "Neighbours",
    "RemainingCases",
]


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


class Neighbours(NamedTuple):
    """Ids of the cases before and after one in a list; None at its ends."""

    previous: str | None
    next: str | None


class CasePage(msgspec.Struct, frozen=True):
    """A page of cases, and the cursor of the next one."""

    cases: list[Case]
    next: str | None = None


#: Cases with the match that each shows.
_SHOWN = """
SELECT cases.*, found.doc AS match, found.retroactive
FROM cases LEFT JOIN case_matches AS found
    ON (found.case_id, found.job_id, found.ended) = (cases.case_id, cases.job_id, cases.ended)
WHERE cases.case_id IN (SELECT value FROM json_each(?))
"""


class CaseRows:
    """Answers about cases. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, case_id: str) -> Case | None:
        """Return a case."""
        return next(iter(self._cases([case_id])), None)

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
        name = place_name(order)
        place = None if cursor is None else CasePlace(*read_cursor(name, cursor))
        rows, following = page_of(name, listed(self._database, wanted, order, place, limit + 1), limit)
        return CasePage(self._cases([row["case_id"] for row in rows]), following)

    def among(
        self,
        case_ids: Sequence[str],
        wanted: CaseFilter,
        *,
        order: CaseOrder = CaseOrder.SEVERITY,
        cursor: str | None = None,
        until: str | None = None,
    ) -> list[Case]:
        """Return which of some cases a page of a list shows, in its order.

        Args:
            case_ids: The cases.
            wanted: The list's filter.
            order: What comes first in it.
            cursor: That of the page.
            until: That of the page behind it; None: it is the last one.

        Raises:
            BadCursor: A cursor is none of this list's in this order.
        """
        name = place_name(order)
        after, last = (None if one is None else read_cursor(name, one) for one in (cursor, until))
        return self._cases(among(self._database, case_ids, wanted, order, after=after, until=last))

    def known(self, case_ids: Sequence[str]) -> list[Case]:
        """Return those of some cases that there are, in the order given."""
        return self._cases(case_ids)

    def neighbours(
        self,
        case: Case,
        wanted: CaseFilter = CaseFilter(),  # noqa: B008 (frozen)
        *,
        order: CaseOrder = CaseOrder.SEVERITY,
    ) -> Neighbours:
        """Return the cases before and after one in a list, which need not hold that one itself any more."""
        row = self._database.one("SELECT severity, opened FROM cases WHERE case_id = ?", case.case_id)
        if row is None:
            return Neighbours(None, None)
        place = CasePlace(row["severity" if order is CaseOrder.SEVERITY else "opened"], case.case_id)
        before = listed(self._database, wanted, order, place._replace(is_end=True), 1)
        after = listed(self._database, wanted, order, place, 1)
        return Neighbours(*(found[0]["case_id"] if found else None for found in (before, after)))

    def remaining(self, wanted: CaseFilter = CaseFilter()) -> RemainingCases:  # noqa: B008 (frozen)
        """Return how many cases are left to decide, by state, by action and by who has them."""
        return count_left(self._database, wanted)

    def counts(self) -> dict[str, int]:
        """Return how many cases there are in each state."""
        rows = self._database.all("SELECT state, sum(cases) AS cases FROM case_counts GROUP BY state")
        found = {row["state"]: row["cases"] for row in rows}
        return {state.value: found.get(state.value, 0) for state in CaseState}

    def _cases(self, case_ids: Sequence[str]) -> list[Case]:
        """Return cases in a given order, without those that are not there."""
        wanted = msgspec.json.encode(case_ids).decode()
        rows = {row["case_id"]: row for row in self._database.all(_SHOWN, wanted)}
        found = self._database.all(
            "SELECT case_id, doc FROM decisions WHERE case_id IN (SELECT value FROM json_each(?)) "
            "ORDER BY case_id, number",
            msgspec.json.encode([case_id for case_id, row in rows.items() if row["decisions"]]).decode(),
        )
        decisions: dict[str, list[Decision]] = {}
        for row in found:
            decisions.setdefault(row["case_id"], []).append(msgspec.json.decode(row["doc"], type=Decision))
        return [_case(rows[case_id], decisions.get(case_id, [])) for case_id in case_ids if case_id in rows]


class CaseProjection(Projection):
    """Keeps of each pair that people are to look at what follows from matches, libraries and decisions."""

    name = "cases"
    topics = ("assignments",)
    follows = ("jobs", "matches", "libraries", "items", "decisions")
    overhears = ("matches",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take down what a message says, and work out anew what follows for the cases that it may concern."""
        return [_news(writer, subject) for subject in derive(writer, _concerned(writer, record))]


def _news(writer: sqlite3.Connection, subject: str) -> News:
    row = writer.execute("SELECT library, state FROM cases WHERE case_id = ?", (subject,)).fetchone()
    return News("case", subject, row["library"], row["state"])


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
