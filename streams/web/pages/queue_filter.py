"""What the queue's address asks for: a list of cases, which Back, a bookmark and a colleague find again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

import msgspec

from schemas.clock import format_time, parse_time
from schemas.policies import Action
from streams.readmodel.cases import CaseFilter, CaseOrder
from streams.web.case_states import StateAsked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemas.cases import CaseState

__all__ = ["ALL", "ME", "NOBODY", "SPANS", "QueueFilter", "written_assignee"]

#: In the place of a state: whatever it is. Without any, what is left to decide is shown.
ALL = "all"
#: In the place of a name: who looks, and nobody. A name that begins with this sign is written with a second one.
SIGN = "@"
ME, NOBODY = "@me", "@nobody"
#: How long ago a case was opened at the most, in words.
SPANS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}
#: Characters of a value that a message repeats.
SHOWN = 40


class QueueFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases the queue shows, and in which order.

    Attributes:
        state: A state or a group of them, or all; empty: what is left to decide.
        action: What they lead to.
        library: Where the reference is.
        reference: The reference.
        media_id: The input.
        assignee: Who has them, as the address has it: a name, `@me` or `@nobody`; empty: whoever.
        since: When they were opened at the earliest: a word of `SPANS`, or a time.
        similarity: The least similarity of their match, as the address has it.
        order: What comes first.
        me: The name of who looks.
        mistakes: What of the address is left out, since it says nothing, in words.
    """

    state: str = ""
    action: str = ""
    library: str = ""
    reference: str = ""
    media_id: str = ""
    assignee: str = ""
    since: str = ""
    similarity: str = ""
    order: CaseOrder = CaseOrder.SEVERITY
    me: str = ""
    mistakes: tuple[str, ...] = ()

    @classmethod
    def read(cls, given: Mapping[str, str], *, me: str) -> Self:
        """Read the parameters of an address; what says nothing is left out, and said in `mistakes`.

        Args:
            given: The parameters, of which others are passed over.
            me: The name of who looks.
        """
        sound: dict[str, str] = {}
        mistakes: list[str] = []
        for name, check in _CHECKS.items():
            value = given.get(name, "").strip()
            wrong = check(value) if value else ""
            if wrong:
                mistakes.append(f"{wrong} It is left out.")
            else:
                sound[name] = value
        order = CaseOrder(sound.pop("order", "") or CaseOrder.SEVERITY)
        if sound.get("state") == StateAsked.UNDECIDED:
            sound["state"] = ""
        return cls(**sound, order=order, me=me, mistakes=tuple(mistakes))

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of an address that asks for this; those that say nothing are empty."""
        return {**self.given, "order": "" if self.order is CaseOrder.SEVERITY else self.order.value}

    @property
    def given(self) -> dict[str, str]:
        """What the filter says, by the names of the address."""
        return {name: getattr(self, name) for name in _CHECKS if name != "order"}

    @property
    def states(self) -> tuple[CaseState, ...]:
        """The states that cases may be in; none: whatever."""
        return () if self.state == ALL else StateAsked(self.state or StateAsked.UNDECIDED).states

    def wanted(self, now: datetime | None = None) -> CaseFilter:
        """Return the filter of the list.

        Args:
            now: The present time, for what is said in words of it.
        """
        return CaseFilter(
            states=self.states,
            action=Action(self.action) if self.action else None,
            library=self.library or None,
            reference=self.reference or None,
            media_id=self.media_id or None,
            assignee=_read_assignee(self.assignee, self.me),
            since=_read_since(self.since, now or datetime.now(UTC)) if self.since else None,
            similarity=float(self.similarity) if self.similarity else None,
        )

    def left(self, now: datetime | None = None) -> CaseFilter:
        """Return the filter for counting what is left to decide, in whatever state the list is asked for."""
        states = self.states
        wanted = msgspec.structs.replace(self.wanted(now), states=())
        return msgspec.structs.replace(wanted, state=states[0] if len(states) == 1 else None)


def written_assignee(name: str) -> str:
    """Return how an address names somebody; nobody has an empty name."""
    if not name:
        return NOBODY
    return f"{SIGN}{name}" if name.startswith(SIGN) else name


def _read_assignee(text: str, me: str) -> str | None:
    if not text:
        return None
    if text in {ME, NOBODY}:
        return me if text == ME else ""
    return text.removeprefix(SIGN)


def _read_since(text: str, now: datetime) -> str:
    """Return the earliest time; whole minutes of it, so that a page and its next one ask for the same for a while."""
    moment = (now - SPANS[text]).replace(second=0, microsecond=0) if text in SPANS else parse_time(text)
    return format_time(moment)


def _one_of(what: str, words: list[str]) -> Callable[[str], str]:
    def wrong(value: str) -> str:
        return "" if value in words else f"There is no {what} {value[:SHOWN]!r}, but {', '.join(words)}."

    return wrong


def _no_name(value: str) -> str:
    known = not value.startswith(SIGN) or value in {ME, NOBODY} or value.startswith(SIGN * 2)
    return "" if known else f"{value[:SHOWN]!r} names nobody: write {ME}, {NOBODY}, or a name."


def _no_time(value: str) -> str:
    try:
        _read_since(value, datetime.now(UTC))
    except (ValueError, OverflowError):  # an offset can lead out of the years that there are
        return f"{value[:SHOWN]!r} is no time: write {', '.join(SPANS)}, or one such as 2026-11-23T08:00:00Z."
    return ""


def _no_share(value: str) -> str:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    return "" if 0 <= share <= 1 else f"{value[:SHOWN]!r} is no similarity: write a number from 0 to 1, such as 0.8."


def _anything(_: str) -> str:
    return ""


#: Of each parameter: what says that a value is wrong.
_CHECKS: dict[str, Callable[[str], str]] = {
    "state": _one_of("state", [*StateAsked, ALL]),
    "action": _one_of("action", list(Action)),
    "library": _anything,
    "reference": _anything,
    "media_id": _anything,
    "assignee": _no_name,
    "since": _no_time,
    "similarity": _no_share,
    "order": _one_of("order", list(CaseOrder)),
}
