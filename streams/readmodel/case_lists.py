"""How lists of cases are read: filters, orders, and what comes before and after a case in them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.cases import CaseState
from schemas.policies import Action
from streams.readmodel.counting import NONE, Count

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from streams.readmodel.database import Database

__all__ = [
    "LEFT",
    "CaseFilter",
    "CaseOrder",
    "CasePlace",
    "RemainingCases",
    "among",
    "count_left",
    "listed",
    "place_name",
]

#: States of cases that somebody is to decide.
LEFT = (CaseState.OPEN, CaseState.ESCALATED)
#: Cases that are counted one by one at the most, where no number is kept: a few milliseconds.
COUNTED = 20_000


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases to list; what is None does not matter.

    Attributes:
        state: Where they stand.
        states: Where they may stand, in the place of `state`: in any of these.
        action: What they lead to.
        library: Where the reference is.
        reference: The reference.
        media_id: The input.
        assignee: Who has them; empty: nobody.
        since: When they were opened at the earliest.
        similarity: The least similarity of the match that they show.
    """

    state: CaseState | None = None
    states: tuple[CaseState, ...] = ()
    action: Action | None = None
    library: str | None = None
    reference: str | None = None
    media_id: str | None = None
    assignee: str | None = None
    since: str | None = None
    similarity: float | None = None


class CaseOrder(StrEnum):
    """What comes first in a list."""

    #: The strongest action, then the surest, the longest and the fullest match, then the oldest case.
    SEVERITY = "severity"
    #: The newest case.
    TIME = "time"


class CasePlace(NamedTuple):
    """A place in a list.

    Attributes:
        sorted_by: What the case there is sorted by.
        case_id: The case.
        is_end: Whether the list is read backwards from there, to its beginning.
    """

    sorted_by: str
    case_id: str
    is_end: bool = False


class RemainingCases(msgspec.Struct, frozen=True, kw_only=True):
    """How many cases are left to decide. Each way of telling them apart leaves out what the filter says of it."""

    #: Under the whole filter.
    total: Count
    #: By state: open and escalated.
    by_state: dict[CaseState, Count]
    #: By what they lead to.
    by_action: dict[Action, Count]
    #: By who has them, the most first; empty: nobody.
    by_assignee: dict[str, Count]


class _Group(NamedTuple):
    """Cases that are alike in what they are counted by."""

    state: str
    action: str
    assignee: str
    cases: int


class _Sorting(NamedTuple):
    """What a list is sorted by, and how."""

    column: str
    ascending: bool


_SORTED = {
    CaseOrder.SEVERITY: _Sorting("severity", ascending=True),
    CaseOrder.TIME: _Sorting("opened", ascending=False),
}
#: Columns that a filter names, those with the fewest cases for one value first: each has an index for either order.
_BY = ("media_id", "reference", "assignee", "state", "action", "library")
#: Columns that have such indexes together.
_TOGETHER = ("state", "action")
#: What names of indexes call columns.
_SHORT = {"media_id": "media"}
#: Columns by which the numbers of cases are kept.
_KEPT = ("state", "action", "assignee", "library")


def place_name(order: CaseOrder) -> str:
    """Return the name of a list, for its cursors."""
    return f"cases by {order}"


def listed(
    database: Database,
    wanted: CaseFilter,
    order: CaseOrder,
    place: CasePlace | None,
    limit: int,
) -> list[sqlite3.Row]:
    """Return what cases are sorted by, and their ids, in the order in which they are read.

    One column, or two that belong together, has an index for either order. More are looked for in one that holds all
    of them, but for those of an input, of which there are few.

    Args:
        database: Where they are.
        wanted: The filter.
        order: What comes first.
        place: The case behind which to begin; None: at the first one.
        limit: How many at the most.
    """
    column, ascending = _SORTED[order]
    if place is not None and place.is_end:
        ascending = not ascending
    if wanted.states:  # each has an index by which its cases come in order; those of several would have to be sorted
        each = [listed(database, _in_state(wanted, state), order, place, limit) for state in wanted.states]
        rows = sorted((row for rows in each for row in rows), key=lambda row: tuple(row[:2]), reverse=not ascending)
        return rows[:limit]
    given = {name: value for name in _BY if (value := getattr(wanted, name)) is not None}
    leading = _TOGETHER if tuple(given)[:2] == _TOGETHER else tuple(given)[:1]
    conditions = {f"{name} = ?": value for name, value in given.items()}
    if wanted.similarity is not None:
        conditions["similarity >= ?"] = wanted.similarity
    has_more = len(conditions) > len(leading)
    if wanted.since is not None:
        conditions["opened >= ?"] = wanted.since
        has_more = has_more or order is not CaseOrder.TIME  # by time, it is where the list ends
    index = _index(leading, order, has_more=has_more)
    values: list[object] = list(conditions.values())
    if place is not None:
        conditions[f"({column}, case_id) {'>' if ascending else '<'} (?, ?)"] = place
        values += (place.sorted_by, place.case_id)
    way = "ASC" if ascending else "DESC"
    return database.all(
        f"SELECT {column}, case_id FROM cases INDEXED BY {index} WHERE {' AND '.join(conditions) or 'true'} "  # noqa: S608 (no user's text)
        f"ORDER BY {column} {way}, case_id {way} LIMIT ?",
        *values,
        limit,
    )


def _index(leading: tuple[str, ...], order: CaseOrder, *, has_more: bool) -> str:
    """Return the index that a list is read from."""
    names = "_".join((*(_SHORT.get(name, name) for name in leading), "and")) if leading else ""
    if has_more and leading[:1] != ("media_id",):
        return f"cases_listed_by_{order}"
    return f"cases_by_{names}_{order}" if names else f"cases_by_{order}"


def among(
    database: Database,
    case_ids: Sequence[str],
    wanted: CaseFilter,
    order: CaseOrder,
    *,
    after: tuple[str, str] | None = None,
    until: tuple[str, str] | None = None,
) -> list[str]:
    """Return which of some cases a part of a list shows, in its order.

    Args:
        database: Where they are.
        case_ids: The cases.
        wanted: The filter.
        order: What comes first.
        after: The case behind which the part begins: what it is sorted by, and its id; None: it begins with the list.
        until: The part's last case; None: it ends with the list.
    """
    column, ascending = _SORTED[order]
    equal = {f"+{name} = ?": getattr(wanted, name) for name in _BY if name != "state" or not wanted.states}
    least = {"+opened >= ?": wanted.since, "+similarity >= ?": wanted.similarity}
    used = {condition: value for condition, value in {**equal, **least}.items() if value is not None}
    conditions, values = list(used), list(used.values())
    if wanted.states:
        conditions.append("+state IN (SELECT value FROM json_each(?))")
        values.append(msgspec.json.encode(wanted.states).decode())
    for place, comparison in ((after, ">" if ascending else "<"), (until, "<=" if ascending else ">=")):
        if place is not None:
            conditions.append(f"(+{column}, +case_id) {comparison} (?, ?)")
            values += place
    way = "ASC" if ascending else "DESC"
    rows = database.all(
        "SELECT case_id FROM cases WHERE case_id IN (SELECT value FROM json_each(?)) "  # noqa: S608 (no user's text)
        f"AND {' AND '.join(conditions) or 'true'} ORDER BY {column} {way}, case_id {way}",
        msgspec.json.encode(case_ids).decode(),
        *values,
    )
    return [row["case_id"] for row in rows]


def count_left(database: Database, wanted: CaseFilter) -> RemainingCases:
    """Return how many cases are left to decide."""
    wanted = msgspec.structs.replace(wanted, states=())
    groups, exact = _groups(database, wanted)

    def count(asked: CaseFilter) -> Count:
        wanted_of = {name: getattr(asked, name) for name in ("state", "action", "assignee")}
        found = sum(
            group.cases
            for group in groups
            if all(value is None or getattr(group, name) == value for name, value in wanted_of.items())
        )
        return Count(found, exact=exact)

    replaced = msgspec.structs.replace
    assignees = {
        name: count(replaced(wanted, assignee=name)) for name in dict.fromkeys(group.assignee for group in groups)
    }
    return RemainingCases(
        total=count(wanted),
        by_state={state: count(replaced(wanted, state=state)) for state in LEFT},
        by_action={action: count(replaced(wanted, action=action)) for action in Action},
        by_assignee=dict(
            sorted(
                ((name, number) for name, number in assignees.items() if number != NONE),
                key=lambda one: (-one[1].number, one[0]),
            )
        ),
    )


def _in_state(wanted: CaseFilter, state: CaseState) -> CaseFilter:
    """Return a filter for one of the states that a filter names."""
    return msgspec.structs.replace(wanted, states=(), state=state)


def _groups(database: Database, wanted: CaseFilter) -> tuple[list[_Group], bool]:
    """Return the cases that are left in groups, and whether all of them were counted."""
    kept = CaseFilter(**{name: getattr(wanted, name) for name in _KEPT})
    of_library, values = ("", []) if wanted.library is None else ("AND library = ?", [wanted.library])
    if wanted == kept:
        rows = database.all(
            "SELECT state, action, assignee, sum(cases) AS cases FROM case_counts "  # noqa: S608 (no user's text)
            f"WHERE state IN ('open', 'escalated') {of_library} GROUP BY state, action, assignee",
            *values,
        )
        return [_Group(*row) for row in rows], True
    conditions = {
        "library = ?": wanted.library,
        "reference = ?": wanted.reference,
        "media_id = ?": wanted.media_id,
        "opened >= ?": wanted.since,
        "similarity >= ?": wanted.similarity,
    }
    used = {condition: value for condition, value in conditions.items() if value is not None}
    rows = database.all(
        "SELECT state, action, assignee, count(*) AS cases FROM ("  # noqa: S608 (no user's text)
        "SELECT state, action, assignee FROM cases INDEXED BY cases_left "
        f"WHERE state IN ('open', 'escalated') AND {' AND '.join(used)} LIMIT ?"
        ") GROUP BY state, action, assignee",
        *used.values(),
        COUNTED,
    )
    groups = [_Group(*row) for row in rows]
    return groups, sum(group.cases for group in groups) < COUNTED
