"""What spans that recur are called: by an id that stays, whatever is found of them later, and whatever goes.

A span is named after what came first of it. Later occurrences come behind that, so they change nothing; where the first
ones go, the span is told by those that are left, and keeps the name that it had.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streams.domain.recurring import Recurring
    from streams.domain.recurring_links import Place

__all__ = ["Name", "recurring_id", "renamed"]

#: Between what founded a span and the number of one that has been founded by the same.
SEPARATOR = "\x1e"
#: Hex digits of an id, as many as those of jobs have.
ID_DIGITS = 32


class Name(NamedTuple):
    """A span's name, as it is known.

    Attributes:
        id: What it is called by.
        founded: What came first of it.
        places: Where it was last seen.
        decided: Whether somebody has decided on it: that name goes before all others.
    """

    id: str
    founded: str
    places: tuple[Place, ...]
    decided: bool = False

    @property
    def rank(self) -> tuple[bool, str, str]:
        """What orders names: of a span that has several the first one stands."""
        return not self.decided, self.founded, self.id


def recurring_id(founded: str) -> str:
    """Return what a span is called that is seen for the first time."""
    return hashlib.sha256(founded.encode()).hexdigest()[:ID_DIGITS]


def renamed(found: Sequence[Recurring], known: Iterable[Name]) -> list[Name]:
    """Return the names of spans, in their order.

    Args:
        found: The spans.
        known: The names that there are around there, with what they were given to.
    """
    names: dict[int, list[Name]] = defaultdict(list)
    known = list(known)
    for name in known:
        shares = [_seconds(one, name) for one in found]
        if shares and max(shares) > 0:
            names[shares.index(max(shares))].append(name)
    taken = {name.id for name in known}
    given: list[Name] = []
    for place, one in enumerate(found):
        kept = min(names[place], key=lambda name: name.rank, default=None)
        if kept is None or (not kept.decided and one.founded < kept.founded.split(SEPARATOR)[0]):
            kept = _new(one, taken)
            taken.add(kept.id)
        given.append(kept._replace(places=one.occurrences))
    return given


def _seconds(one: Recurring, name: Name) -> float:
    """Return how much of what a name was given to is the span."""
    spans: dict[str, list[Place]] = defaultdict(list)
    for place in one.occurrences:
        spans[place.media_id].append(place)
    both = (
        min(place.end, other.end) - max(place.start, other.start)
        for place in name.places
        for other in spans.get(place.media_id, ())
        if place.is_same(other)
    )
    return sum(both, 0.0)


def _new(one: Recurring, taken: set[str]) -> Name:
    """Return a name that nothing has: two spans that ran together at first were founded by the same."""
    founded, number = one.founded, 1
    while recurring_id(founded) in taken:
        number += 1
        founded = f"{one.founded}{SEPARATOR}{number}"
    return Name(recurring_id(founded), founded, one.occurrences)
