"""What media have in common, as links between places, and how each media item sees them."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from fingerprint.intervals import overlap_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fingerprint.intervals import Span
    from schemas.matches import Interval

__all__ = ["BOUNDS_S", "Held", "Link", "Place", "Views", "joined"]

#: Seconds by which two bounds of the same place may differ: each is within half a second of the truth.
BOUNDS_S = 1.0
#: Seconds without a match inside what two media have in common: a card, black or silence, which match nothing. The
#: shortest spot that is sold has five seconds, so no other ad fits into less.
MOST_GAP_S = 5.0


class Place(NamedTuple):
    """A span of a media item, seconds."""

    media_id: str
    start: float
    end: float

    @property
    def span(self) -> Span:
        """The span alone."""
        return self.start, self.end

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start

    def overlap(self, spans: Sequence[Span]) -> float:
        """How much of it spans of the same media item cover, seconds; these are in order and apart."""
        return overlap_s(self.span, spans)

    def is_same(self, other: Place) -> bool:
        """Whether it is another one of the same media item, told differently."""
        both = min(self.end, other.end) - max(self.start, other.start)
        return both > min(self.seconds, other.seconds) / 2


class Link(NamedTuple):
    """Two places that show the same.

    Attributes:
        one: The one.
        other: The other one.
        founded: When the two could first be seen to be the same, and what tells it from other links of that time.
    """

    one: Place
    other: Place
    founded: str


class Held(NamedTuple):
    """A link as one of its two media items sees it. Times are seconds."""

    start: float
    end: float
    other: Place
    founded: str

    @property
    def span(self) -> Span:
        """Where it is, in the media item that sees it."""
        return self.start, self.end

    def carried(self, place: Place) -> Place | None:
        """Return where a span of the media item is in the other one, as far as both show it; None where they do not.

        What is missing at an end by no more than how exact bounds are is not missing.
        """
        first, last, other, _ = self  # once for all: this is asked of everything near
        _, start, end = place
        if min(last, end) <= max(first, start):
            return None
        start = first if first - start > 2 * BOUNDS_S else start
        end = last if end - last > 2 * BOUNDS_S else end
        rate = (other.end - other.start) / (last - first)
        begin = max(0.0, other.start + (start - first) * rate)
        return Place(other.media_id, begin, begin + (end - start) * rate)


class Views:
    """Links as each media item sees them; of several that say the same the oldest."""

    def __init__(self, links: Iterable[Link]) -> None:
        seen: dict[str, dict[str, list[Held]]] = defaultdict(lambda: defaultdict(list))
        for link in sorted(set(links), key=lambda one: (one.founded, one)):
            if min(link.one.seconds, link.other.seconds) <= 0:
                continue
            for here, there in ((link.one, link.other), (link.other, link.one)):
                held = Held(here.start, here.end, there, link.founded)
                known = seen[here.media_id][there.media_id]
                if not any(_is_same(held, one) for one in known):
                    known.append(held)
        self._of = {media_id: sorted(chain.from_iterable(view.values())) for media_id, view in seen.items()}

    @property
    def media(self) -> list[str]:
        """The media items that are linked, in order."""
        return sorted(self._of)

    def of(self, media_id: str) -> Sequence[Held]:
        """Return what a media item sees, in order."""
        return self._of.get(media_id, ())


def joined(intervals: Iterable[Interval]) -> list[tuple[Span, Span]]:
    """Return what an input and a reference have in common, of each the span in the input and the one in the reference.

    Intervals that go on with each other are one, whatever the engine had nothing to match between them, and whichever
    track shows them.
    """
    spans: list[tuple[Span, Span]] = []
    for one in sorted(intervals, key=lambda one: (one.input_start, one.reference_start, one.input_end)):
        here, there = (one.input_start, one.input_end), (one.reference_start, one.reference_end)
        if here[1] <= here[0] or there[1] <= there[0]:
            continue
        before = next((place for place in range(len(spans)) if _goes_on(spans[place], here, there)), None)
        if before is None:
            spans.append((here, there))
        else:
            (first, last), (begin, end) = spans[before]
            spans[before] = ((first, max(last, here[1])), (begin, max(end, there[1])))
    return spans


def _goes_on(before: tuple[Span, Span], here: Span, there: Span) -> bool:
    """Whether a span is where going on from another one leads to."""
    (start, end), (begin, finish) = before
    if here[0] - end > MOST_GAP_S:
        return False
    rate = (finish - begin) / (end - start)
    return abs(begin + (here[0] - start) * rate - there[0]) <= BOUNDS_S


def _is_same(held: Held, other: Held) -> bool:
    """Whether two links between the same media say the same."""
    ends = zip((*held.span, *held.other.span), (*other.span, *other.other.span), strict=True)
    return all(abs(one - another) <= 2 * BOUNDS_S for one, another in ends)
