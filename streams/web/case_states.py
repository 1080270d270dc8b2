"""States of cases as lists are asked for by them: each by itself, and those that are looked at together."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from schemas.cases import CaseState

if TYPE_CHECKING:
    from typing import Self

__all__ = ["StateAsked"]


class StateAsked(StrEnum):
    """Which cases a list is to show."""

    OPEN = "open"
    ESCALATED = "escalated"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    CLOSED = "closed"
    #: Those that somebody is to decide.
    UNDECIDED = "undecided"
    #: Those that somebody has decided.
    DECIDED = "decided"

    @property
    def states(self) -> tuple[CaseState, ...]:
        """The states that cases may be in."""
        return _TOGETHER[self] if self in _TOGETHER else (CaseState(self.value),)

    @classmethod
    def named(cls, word: str) -> Self | None:
        """Return what a word stands for; None where it stands for none."""
        return cls(word) if word in set(cls) else None


_TOGETHER = {
    StateAsked.UNDECIDED: (CaseState.OPEN, CaseState.ESCALATED),
    StateAsked.DECIDED: (CaseState.CONFIRMED, CaseState.DISMISSED),
}
