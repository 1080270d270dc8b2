"""What the REST API shows of cases, and takes to decide on them."""

from __future__ import annotations

from typing import Annotated, Self

import msgspec

from schemas.cases import LONGEST_NOTE, MOST_AT_ONCE, CaseState, Decision, DecisionKind
from schemas.limits import LONGEST_CALLER
from schemas.matches import Match
from schemas.policies import Action
from streams.domain.policies import matched_s
from streams.readmodel.cases import Case

__all__ = [
    "AuditEntry",
    "AuditPage",
    "CaseList",
    "CaseView",
    "DecisionResult",
    "DecisionResults",
    "DecisionView",
    "NewAssignee",
    "NewDecision",
    "NewDecisions",
]

Word = Annotated[str, msgspec.Meta(description=f"one of {', '.join(DecisionKind)}", examples=list(DecisionKind))]
Note = Annotated[str, msgspec.Meta(description=f"what to keep beside it: {LONGEST_NOTE} characters at the most")]
Version = Annotated[int, msgspec.Meta(description="how many decisions there are: the number in the case's ETag")]
IfMatch = Annotated[
    str | None, msgspec.Meta(description="the ETag, or the `version`, of the case that the decision is about")
]


class DecisionView(msgspec.Struct, kw_only=True):
    """A decision on a case."""

    who: str
    when: str
    decision: DecisionKind
    note: str
    before: CaseState
    after: CaseState

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """Return what a case shows of a decision."""
        return cls(**{name: getattr(decision, name) for name in cls.__struct_fields__})


class CaseView(msgspec.Struct, kw_only=True):
    """A case: one input and one reference that it copies."""

    case_id: str
    state: CaseState
    closed_because: Annotated[str | None, msgspec.Meta(description="why there is nothing to decide on")]
    action: Annotated[Action | None, msgspec.Meta(description="what the newest match leads to")]
    policy: Annotated[str, msgspec.Meta(description="the policy that decided; empty: the library's purpose did")]
    media_id: str
    library: str
    reference: str
    match: Annotated[Match | None, msgspec.Meta(description="the newest one; null where it is long gone")]
    matched_seconds: Annotated[float, msgspec.Meta(description="seconds of the input that it copies")]
    retroactive: Annotated[bool, msgspec.Meta(description="whether it was found when the reference came later")]
    job_id: str
    assignee: Annotated[str | None, msgspec.Meta(description="who has the case")]
    opened: str
    updated: str
    version: Version
    decisions: list[DecisionView]

    @classmethod
    def of(cls, case: Case) -> Self:
        """Return what to show of a case."""
        return cls(
            case_id=case.case_id,
            state=case.state,
            closed_because=case.closed_because or None,
            action=case.action,
            policy=case.policy,
            media_id=case.media_id,
            library=case.library,
            reference=case.reference,
            match=case.match,
            matched_seconds=0.0 if case.match is None else round(matched_s(case.match), 3),
            retroactive=case.retroactive,
            job_id=case.job_id,
            assignee=case.assignee or None,
            opened=case.opened,
            updated=case.updated,
            version=len(case.decisions),
            decisions=[DecisionView.of(one) for one in case.decisions],
        )


class CaseList(msgspec.Struct, kw_only=True):
    """A page of cases; `next` is the cursor of the page that follows."""

    cases: list[CaseView]
    next: str | None = None


class NewDecision(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A decision to be made on a case."""

    decision: Word
    note: Note = ""


class CaseDecision(NewDecision, kw_only=True, forbid_unknown_fields=True):
    """A decision to be made on one of many cases."""

    case_id: str
    if_match: IfMatch = None


class NewDecisions(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Decisions to be made on many cases."""

    decisions: Annotated[list[CaseDecision], msgspec.Meta(description=f"{MOST_AT_ONCE} at the most")]


class DecisionResult(msgspec.Struct, kw_only=True):
    """What became of one of many decisions."""

    case_id: str
    status: Annotated[int, msgspec.Meta(description="what a call for this case alone had been answered with")]
    code: Annotated[str | None, msgspec.Meta(description="the problem's code, where it was not made")] = None
    detail: Annotated[str | None, msgspec.Meta(description="why it was not made, and what to do")] = None
    case: Annotated[CaseView | None, msgspec.Meta(description="the case as it stands now, where it was made")] = None


class DecisionResults(msgspec.Struct, kw_only=True):
    """What became of each decision, in the order in which they were asked for."""

    results: list[DecisionResult]


class NewAssignee(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Who is to have a case."""

    assignee: Annotated[
        str | None, msgspec.Meta(description=f"a name of {LONGEST_CALLER} characters at the most; null: nobody")
    ]


class AuditEntry(DecisionView, kw_only=True):
    """A decision in the audit log."""

    decision_id: str
    case_id: str
    media_id: str
    library: str
    reference: str
    number: int


class AuditPage(msgspec.Struct, kw_only=True):
    """A page of the audit log, newest first; `next` is the cursor of the page that follows."""

    decisions: list[AuditEntry]
    next: str | None = None
