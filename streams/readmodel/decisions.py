"""What the read model knows of decisions: all of them, and which pairs they leave out of every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.cases import CaseState, Decision, DecisionKind
from streams.readmodel.pagination import page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["DecisionFilter", "DecisionPage", "DecisionProjection", "DecisionRows"]


class DecisionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which decisions to list; what is None does not matter.

    Attributes:
        who: Who has decided.
        case_id: On which case.
        since: When at the earliest.
        until: The first time that is too late.
    """

    who: str | None = None
    case_id: str | None = None
    since: str | None = None
    until: str | None = None


class DecisionPage(msgspec.Struct, frozen=True):
    """A page of the audit log, newest first, and the cursor of the next one."""

    decisions: list[Decision]
    next: str | None = None


class DecisionRows:
    """Answers about decisions. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_case(self, case_id: str) -> list[Decision]:
        """Return the decisions on a case, in their order."""
        rows = self._database.all("SELECT doc FROM decisions WHERE case_id = ? ORDER BY number", case_id)
        return [_decision(row) for row in rows]

    def page(
        self,
        wanted: DecisionFilter = DecisionFilter(),  # noqa: B008 (frozen)
        *,
        cursor: str | None = None,
        limit: int = 100,
    ) -> DecisionPage:
        """Return a page of decisions, newest first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        leading = "case" if wanted.case_id is not None else "time" if wanted.who is None else "who"
        conditions = {
            "case_id = ?": [wanted.case_id],
            "who = ?": [wanted.who],
            "time >= ?": [wanted.since],
            "time < ?": [wanted.until],
            "(time, decision_id) < (?, ?)": read_cursor("decisions", cursor) if cursor is not None else [None],
        }
        used = {text: values for text, values in conditions.items() if None not in values}
        rows = self._database.all(
            f"SELECT time, decision_id, doc FROM decisions INDEXED BY decisions_by_{leading} "  # noqa: S608 (no user's text)
            f"WHERE {' AND '.join(used) or 'true'} ORDER BY time DESC, decision_id DESC LIMIT ?",
            *(value for values in used.values() for value in values),
            limit + 1,
        )
        rows, following = page_of("decisions", rows, limit)
        return DecisionPage([_decision(row) for row in rows], following)

    def dismissed_with(self, media_id: str) -> frozenset[str]:
        """Return the media items that form no match with this one, whichever of the two is the input."""
        rows = self._database.all(
            "SELECT reference AS other FROM decided_pairs WHERE media_id = ? AND state = ? "
            "UNION SELECT media_id FROM decided_pairs WHERE reference = ? AND state = ?",
            media_id,
            CaseState.DISMISSED,
            media_id,
            CaseState.DISMISSED,
        )
        return frozenset(row["other"] for row in rows)

    def allowed(self, media_id: str) -> frozenset[tuple[str, str]]:
        """Return library and MediaId of each reference that this input may copy."""
        rows = self._database.all(
            "SELECT library, reference FROM decided_pairs WHERE media_id = ? AND decision = ?",
            media_id,
            DecisionKind.ALLOW,
        )
        return frozenset((row["library"], row["reference"]) for row in rows)


class DecisionProjection(Projection):
    """Keeps every decision. Of two with one number on one case the first stands."""

    name = "decisions"
    topics = ("decisions",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over a decision, unless it is known."""
        decision = record.decoded(Decision)
        if decision is None:
            return []
        added = writer.execute(
            "INSERT OR IGNORE INTO decisions VALUES (?, ?, ?, ?, ?, ?)",
            (decision.case_id, decision.number, decision.decision_id, decision.when, record.value, decision.who),
        ).rowcount
        if not added:
            return []
        writer.execute(
            "INSERT INTO decided_pairs VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (case_id) DO UPDATE SET "
            "number = excluded.number, decision = excluded.decision, state = excluded.state "
            "WHERE excluded.number > decided_pairs.number",
            (
                decision.case_id,
                decision.media_id,
                decision.library,
                decision.reference,
                decision.number,
                decision.decision,
                decision.after,
            ),
        )
        return [News("case", decision.case_id, decision.library, decision.after)]


def _decision(row: sqlite3.Row) -> Decision:
    return msgspec.json.decode(row["doc"], type=Decision)
