"""What a decision leads to, and where a case stands: pure, so that every worker comes to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.cases import CaseState, Decision, DecisionKind
from schemas.ids import case_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.commands import DecideCase

__all__ = ["DecisionError", "closed_reason", "decide", "decided_state", "next_state", "state_of"]

#: What each decision makes of a case that nobody has decided, or that was passed on.
LEADS_TO = {
    DecisionKind.COPY: CaseState.CONFIRMED,
    DecisionKind.ALLOW: CaseState.CONFIRMED,
    DecisionKind.NOT_A_MATCH: CaseState.DISMISSED,
    DecisionKind.ESCALATE: CaseState.ESCALATED,
}
UNDECIDED = frozenset({CaseState.OPEN, CaseState.ESCALATED})


class DecisionError(ValueError):
    """The decision cannot be made on a case in this state. The message says what to do."""


def decided_state(decisions: Sequence[Decision]) -> CaseState:
    """Return where the decisions alone put a case. They are in order."""
    return decisions[-1].after if decisions else CaseState.OPEN


def state_of(decisions: Sequence[Decision], *, matched: bool) -> CaseState:
    """Return where a case stands.

    Args:
        decisions: Those on it, in order.
        matched: Whether input and reference are there, and the newest job of the input has matched them. What is
            dismissed stays so without: it is remembered until it is taken back.
    """
    decided = decided_state(decisions)
    return decided if matched or decided is CaseState.DISMISSED else CaseState.CLOSED


def closed_reason(*, has_jobs: bool, held: bool) -> str:
    """Return why there is nothing to decide on a case any more, for a person.

    Args:
        has_jobs: Whether anything is known of the input.
        held: Whether the library holds the reference.
    """
    if not has_jobs:
        return "the input was deleted"
    return "the newest search of the input does not find the reference" if held else "the library lacks the reference"


def next_state(decisions: Sequence[Decision], kind: DecisionKind) -> CaseState:
    """Return where one more decision puts a case.

    Raises:
        DecisionError: It cannot be made.
    """
    state = decided_state(decisions)
    if kind is DecisionKind.REOPEN:
        if state is CaseState.OPEN:
            raise DecisionError("the case is open: there is no decision to take back")
        return _before_last(decisions)
    if state not in UNDECIDED:
        raise DecisionError(
            f"the case is {state} already: take the last decision back with 'reopen' before another one"
        )
    if LEADS_TO[kind] is state:
        raise DecisionError(f"the case is {state} already: decide on it, or take that back with 'reopen'")
    return LEADS_TO[kind]


def decide(command: DecideCase, decisions: Sequence[Decision]) -> Decision | None:
    """Return the decision that a command leads to; None where another one has come first, or it cannot be made.

    Args:
        command: What is asked for.
        decisions: Those on its case, in order.
    """
    if command.number != len(decisions) + 1:
        return None
    try:
        after = next_state(decisions, command.decision)
    except DecisionError:
        return None
    return Decision(
        decision_id=command.job_id,
        case_id=case_id(command.media_id, command.library, command.reference),
        media_id=command.media_id,
        library=command.library,
        reference=command.reference,
        number=command.number,
        decision=command.decision,
        note=command.note,
        who=command.who,
        when=command.requested_time,
        before=decided_state(decisions),
        after=after,
    )


def _before_last(decisions: Sequence[Decision]) -> CaseState:
    """Return the state before the last decision that stands: each 'reopen' takes one back that was made before it."""
    taken_back = 0
    for decision in reversed(decisions):
        if decision.decision is DecisionKind.REOPEN:
            taken_back += 1
        elif taken_back:
            taken_back -= 1
        else:
            return decision.before
    return CaseState.OPEN
