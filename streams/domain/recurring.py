"""What recurs and nobody has named: from what media have in common to the spans that several of them hold.

Searches have found already which spans of a media item are which spans of others: those are *links*. Nothing is
searched again for this; the rest is the algebra of intervals:

1. In each media item the ends of its links cut it into parts, and each part is held by some other places.
2. Neighbouring parts that nearly the same places hold are one span. So two ads that ran together once, and apart else,
   are two; and two that always run together are one, since nothing tells them apart.
3. The span that most places hold is followed through the links to all of its occurrences, and what it takes there is
   taken; then the next one. What begins or ends within two seconds of each other is one bound, as each is right within
   half a second where it was found, and again where it is carried over to another media item.
4. What is known to be an ad is followed through the links too, and is proposed nowhere.

The same links give the same, in whatever order they come.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from fingerprint.intervals import overlap_s, union
from streams.domain.recurring_links import BOUNDS_S, Place, Views

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fingerprint.intervals import Span
    from streams.domain.recurring_links import Held, Link

__all__ = ["LONGEST_S", "OCCURRENCES", "SHORTEST_S", "Recurring", "recurring"]

#: How long what is proposed may be, seconds; the contract names the figures.
SHORTEST_S, LONGEST_S = 5.0, 120.0
#: In how many media, or how often in one of them, a span has to be; the contract names the figure.
OCCURRENCES = 3
#: Share of the places by which two neighbouring parts have to agree to be of one span: one search in five may have lost
#: a few seconds.
AGREEMENT = 0.8
#: From which share of it on a place is another one, is taken, or is known.
MOSTLY = 0.5


class Recurring(NamedTuple):
    """A span that recurs.

    Attributes:
        founded: What came first of it: the oldest link between two of its occurrences, which no later one changes.
        occurrences: Every place where it is, by media item and time.
    """

    founded: str
    occurrences: tuple[Place, ...]

    @property
    def duration(self) -> float:
        """How long it is, seconds: as in the middle one of its occurrences."""
        return sorted(one.seconds for one in self.occurrences)[len(self.occurrences) // 2]


class _Part(NamedTuple):
    """A span of a media item, and the places that hold it, by their numbers in its view."""

    start: float
    end: float
    holders: frozenset[int]

    @property
    def seconds(self) -> float:
        return self.end - self.start


def recurring(links: Iterable[Link], known: Mapping[str, Sequence[Span]] | None = None) -> list[Recurring]:
    """Return the spans that recur, and are no known ads, with all their occurrences; those with the most come first.

    Args:
        links: What media have in common.
        known: Which spans of media are known to be ads.
    """
    views = Views(links)
    named = _followed(views, known or {})
    found: list[Recurring] = []
    taken: dict[str, list[Span]] = defaultdict(list)
    for seed in _seeds(views, named):
        span = _free(seed, taken[seed.media_id])
        if span is None:
            continue
        one = _occurrences(views, span, taken, named)
        if one is not None:
            found.append(one)
            for place in one.occurrences:
                taken[place.media_id] = union([*taken[place.media_id], place.span])
    return sorted(found, key=lambda one: (-len(one.occurrences), one.occurrences))


def _followed(views: Views, known: Mapping[str, Sequence[Span]]) -> dict[str, list[Span]]:
    """Return where known ads are in all media: what is a copy of one is one."""
    named: dict[str, list[Span]] = {}
    due = [Place(media_id, *span) for media_id, spans in sorted(known.items()) for span in spans]
    while due:
        place = due.pop()
        before = named.get(place.media_id, [])
        if place.seconds - overlap_s(place.span, before) <= 2 * BOUNDS_S and before:
            continue
        named[place.media_id] = union([*before, place.span])
        if place.seconds < SHORTEST_S - BOUNDS_S:
            continue  # two bounds told badly make as much of what runs right before or after an ad: it would all be one
        due += [
            carried
            for held in views.of(place.media_id)
            if (carried := held.carried(place)) is not None and carried.seconds > BOUNDS_S
        ]
    return named


def _seeds(views: Views, named: Mapping[str, Sequence[Span]]) -> list[Place]:
    """Return the spans to begin with: those that most places hold, of these the longest, first."""
    seeds = [
        (-len(part.holders), -part.seconds, Place(media_id, part.start, part.end))
        for media_id in views.media
        for part in _spans(views.of(media_id), named.get(media_id, ()))
    ]
    return [place for _, _, place in sorted(seeds)]


def _spans(view: Sequence[Held], named: Sequence[Span]) -> list[_Part]:
    """Return the spans of one media item that at least two other places hold."""
    spans: list[_Part] = []
    core: _Part | None = None  # the longest part of the last span: what the next part has to agree with
    for part in _parts(view, named):
        last = spans[-1] if spans else None
        if last is None or core is None or last.end != part.start or not _agree(core, part):
            spans.append(part)
            core = part
            continue
        spans[-1] = _Part(last.start, part.end, last.holders | part.holders)
        core = max(core, part, key=lambda one: one.seconds)
    return [one for one in spans if len(one.holders) >= OCCURRENCES - 1 and SHORTEST_S <= one.seconds <= LONGEST_S]


def _agree(core: _Part, part: _Part) -> bool:
    """Whether a part goes on with what another one shows; a short one is a bound that was told badly now and then."""
    both = core.holders & part.holders
    if min(core.seconds, part.seconds) < SHORTEST_S:
        return len(both) >= MOSTLY * max(len(core.holders), len(part.holders)) and len(both) >= OCCURRENCES - 1
    return len(both) >= AGREEMENT * len(core.holders | part.holders)


def _parts(view: Sequence[Held], named: Sequence[Span]) -> Iterator[_Part]:
    """Yield the parts into which the ends of its links cut a media item, but for what is known."""
    bounds = _bounds([end for held in view for end in held.span] + [end for span in named for end in span])
    reach = [(_nearest(bounds, held.start), _nearest(bounds, held.end)) for held in view]
    holders: dict[int, set[int]] = defaultdict(set)
    for number, (first, last) in enumerate(reach):
        for place in range(first, last):
            holders[place].add(number)
    for place, (start, end) in enumerate(pairwise(bounds)):
        if holders[place] and overlap_s((start, end), named) <= MOSTLY * (end - start):
            yield _Part(start, end, frozenset(holders[place]))


def _bounds(ends: Iterable[float]) -> list[float]:
    """Return where something begins or ends, of what is as good as the same place the middle."""
    groups: list[list[float]] = []
    for end in sorted(ends):
        if groups and end - groups[-1][0] <= 2 * BOUNDS_S:
            groups[-1].append(end)
        else:
            groups.append([end])
    return [group[len(group) // 2] for group in groups]


def _nearest(bounds: Sequence[float], value: float) -> int:
    """Return the number of the bound that is nearest to a second; of two that are as near the first one."""
    place = bisect_left(bounds, value)
    if place == len(bounds) or (place > 0 and value - bounds[place - 1] <= bounds[place] - value):
        return place - 1
    return place


def _free(seed: Place, taken: Sequence[Span]) -> Place | None:
    """Return the longest part of a span that nothing has taken; None where too little is left."""
    free, start = [], seed.start
    for begin, end in taken:
        free.append((start, min(begin, seed.end)))
        start = max(start, end)
    free.append((start, seed.end))
    begin, end = max(free, key=lambda span: (span[1] - span[0], -span[0]))
    return Place(seed.media_id, begin, end) if end - begin >= SHORTEST_S else None


def _occurrences(
    views: Views, seed: Place, taken: Mapping[str, Sequence[Span]], named: Mapping[str, Sequence[Span]]
) -> Recurring | None:
    """Follow a span through the links to all of its occurrences; None where it does not recur, or is known."""
    found: dict[str, list[Place]] = {seed.media_id: [seed]}
    founded: list[str] = []
    due = [seed]
    for place in due:  # grows as it goes: the nearest first, which are the most exact
        if place.overlap(named.get(place.media_id, ())) > MOSTLY * place.seconds:
            return None
        for held in views.of(place.media_id):
            other = held.carried(place)
            if other is None or other.seconds < max(SHORTEST_S - BOUNDS_S, MOSTLY * place.seconds):
                continue
            if other.overlap(taken.get(other.media_id, ())) > MOSTLY * other.seconds:
                continue
            founded.append(held.founded)
            there = found.setdefault(other.media_id, [])
            if not any(other.is_same(one) for one in there):
                there.append(other)
                due.append(other)
    often = Counter(place.media_id for place in due)
    if len(often) < OCCURRENCES and max(often.values()) < OCCURRENCES:
        return None
    return Recurring(min(founded), tuple(sorted(due)))
