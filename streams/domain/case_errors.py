"""Why something cannot be done with a case. Every message says what to do next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schemas.cases import LONGEST_NOTE, DecisionKind
from schemas.limits import LONGEST_CALLER

if TYPE_CHECKING:
    from schemas.cases import Decision

__all__ = [
    "BadDecisionError",
    "CaseClosedError",
    "CaseError",
    "DecidedMeanwhileError",
    "IllegalDecisionError",
    "UnknownCaseError",
    "check_assignee",
    "check_note",
    "decision_named",
    "decisions_made",
]

#: Characters of a word that a message repeats.
SHOWN = 40
#: An ETag of a case, whole or its number alone. The number is what counts: a case that has changed otherwise since it
#: was looked at, by a newer match, is still the case that was looked at.
_TAG = re.compile(r'(W/)?("?)(?P<number>[0-9]{1,9})(-[0-9a-f]+)?\2', re.ASCII)


class CaseError(ValueError):
    """A request names a case that it cannot be done with."""


class BadDecisionError(CaseError):
    """What is asked for can be done with no case at all."""


class UnknownCaseError(CaseError):
    """There is no case of this id."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"there is no case {case_id[:SHOWN]!r}: list the cases to see which there are")


class CaseClosedError(CaseError):
    """There is nothing to decide on."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the case is closed, since {reason}: it opens by itself when the pair is matched again")


class IllegalDecisionError(CaseError):
    """The case is in a state in which this cannot be decided."""


class DecidedMeanwhileError(CaseError):
    """Somebody else has decided first, on the state that this decision was made on."""

    def __init__(self, first: Decision | None, made: int) -> None:
        again = "look at the case again, and decide on what you see then"
        if first is None:
            super().__init__(f"the case has {made} decisions, which are fewer than the one named by If-Match: {again}")
        else:
            super().__init__(f"{first.who} decided {first.decision.value!r} on this case at {first.when}: {again}")


def decision_named(word: str) -> DecisionKind:
    """Return the decision that a word names.

    Raises:
        BadDecisionError: It names none; the message lists those that there are.
    """
    try:
        return DecisionKind(word)
    except ValueError:
        raise BadDecisionError(f"{word[:SHOWN]!r} is no decision: write one of {', '.join(DecisionKind)}") from None


def check_note(note: str) -> None:
    """Let a note pass that can be kept.

    Raises:
        BadDecisionError: It is too long.
    """
    if len(note) > LONGEST_NOTE:
        raise BadDecisionError(f"the note has {len(note)} characters: write {LONGEST_NOTE} at the most")


def check_assignee(name: str) -> None:
    """Let the name of somebody pass who can have a case.

    Raises:
        BadDecisionError: It is none that can be shown in a line.
    """
    if len(name) > LONGEST_CALLER or not name.isprintable() or name != name.strip():
        raise BadDecisionError(
            f"an assignee's name has {LONGEST_CALLER} characters at the most, none of which is a line break or the "
            "like, and no space around it: write another one"
        )


def decisions_made(tag: str | None) -> int | None:
    """Return how many decisions a case has that an ETag is of; None where any will do.

    Raises:
        BadDecisionError: It is no ETag of a case.
    """
    if tag is None or tag.strip() == "*":
        return None
    known = _TAG.fullmatch(tag.strip())
    if known is None:
        raise BadDecisionError(
            f"{tag[:SHOWN]!r} is no ETag of a case: send the one that the case came with, or its version alone"
        )
    return int(known["number"])
