"""What people decide: a case is one input and one reference that it copies, however often the pair is matched.

A case is derived: what it is follows from the newest match of the pair, from what libraries hold and from the decisions
that were made. So every worker shows the same, in whatever order it hears of them, and the decisions are all that has
to be kept for good.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from schemas.events import MediaId
from schemas.limits import LONGEST_CALLER, LONGEST_NAME

__all__ = [
    "LONGEST_NOTE",
    "MOST_AT_ONCE",
    "Assignment",
    "CaseState",
    "Decision",
    "DecisionKind",
    "Pair",
]

#: Characters of what a person writes beside a decision.
LONGEST_NOTE = 2000
#: Cases that one call may decide on.
MOST_AT_ONCE = 500


class CaseState(StrEnum):
    """Where a case stands."""

    #: Nobody has decided.
    OPEN = "open"
    #: Somebody has passed it on.
    ESCALATED = "escalated"
    #: It is a copy, and acted on or permitted.
    CONFIRMED = "confirmed"
    #: It is no match: the pair is not reported.
    DISMISSED = "dismissed"
    #: There is nothing to decide: input or reference is gone, or the input does not match it any more.
    CLOSED = "closed"


class DecisionKind(StrEnum):
    """What a person can say of a case."""

    #: It is a copy: what the policy says stands.
    COPY = "copy"
    #: The two have nothing to do with each other.
    NOT_A_MATCH = "not_a_match"
    #: It is a copy, and permitted.
    ALLOW = "allow"
    #: Somebody else is to decide.
    ESCALATE = "escalate"
    #: The last decision is taken back.
    REOPEN = "reopen"


class Decision(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """A decision on a case: the value on the `decisions` topic, which is kept for good and never changed."""

    #: Of this decision, 32 hex digits: one that comes twice has the same.
    decision_id: str
    #: The case.
    case_id: str
    #: The input.
    media_id: str
    #: Where the reference is.
    library: str
    #: The reference.
    reference: str
    #: Which of the case's decisions it is, from 1 on.
    number: Annotated[int, msgspec.Meta(ge=1)]
    #: What was decided.
    decision: DecisionKind
    #: What was written beside it.
    note: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)] = ""
    #: Who decided.
    who: Annotated[str, msgspec.Meta(max_length=LONGEST_CALLER)]
    #: When, UTC.
    when: str
    #: The case's state before.
    before: CaseState
    #: The case's state after.
    after: CaseState


class Assignment(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """Who has a case: the value on the compacted `assignments` topic, keyed by the case's id."""

    #: The case.
    case_id: str
    #: Who has it; empty: nobody.
    assignee: Annotated[str, msgspec.Meta(max_length=LONGEST_CALLER)] = ""
    #: Who said so.
    who: Annotated[str, msgspec.Meta(max_length=LONGEST_CALLER)] = ""
    #: When, UTC.
    when: str = ""


class Pair(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """One input and one reference: what a case is about."""

    #: The input.
    media_id: MediaId
    #: Where the reference is.
    library: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    #: The reference.
    reference: MediaId
