"""Which spans of an input many references share, so that they link nothing: pure, of a job's matches.

Titles, stings, leader and music beds are in many works that have nothing else in common. What they have in common with
a popular video that was stored often is the number alone: there the references consist of the span, while titles are a
small part of each. So most of the references that hold it have to be something else for the most part.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from fingerprint.intervals import covered_s, overlap_s, union
from schemas.boilerplate import SharedSpan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from fingerprint.intervals import Span
    from schemas.matches import Match

__all__ = ["DEFAULT_REFERENCES", "shared_spans", "shows_more"]

#: How many references of one library hold a span that links nothing; the contract names the figure.
DEFAULT_REFERENCES = 5
#: Share of a reference up to which it is something else, and what it has of the input a part, as titles are.
MOST_OF_A_REFERENCE = 0.5
#: Share of the input from which on it is made of nothing but shared spans: a reel of titles does copy them.
NOTHING_ELSE = 0.9
#: Bounds are right within half a second, and differ from reference to reference: holes that are shorter than this,
#: seconds, are none, and what is shorter is no span.
BOUNDS_S = 1.0
#: Spans that are told at the most, the longest: a programme has a handful, and each takes room in every event.
MOST_SPANS = 100
#: Share of a span that a reference holds of those that are counted for it.
HELD_SHARE = 0.5


def shared_spans(
    matches: Iterable[Match], duration: float, *, references: int = DEFAULT_REFERENCES
) -> tuple[SharedSpan, ...]:
    """Return the spans of an input that many references share, in order; none where it consists of them.

    Of very many the longest are told.

    Args:
        matches: What the input copies, in any order.
        duration: Of the input, seconds. Where intervals reach further, the input does.
        references: How many references of one library have to hold a span.
    """
    held = _by_library(matches)
    spans = union(span for each in held.values() for span in _shared(each.values(), references))
    spans = sorted(_bridged(spans), key=lambda span: (span[0] - span[1], span))[:MOST_SPANS]
    spans = sorted(span for span in spans if span[1] - span[0] >= BOUNDS_S)
    length = max([duration, *(end for _, end in spans)], default=0.0)
    if covered_s(spans) >= NOTHING_ELSE * length:
        return ()
    return tuple(SharedSpan(start=span[0], end=span[1], references=_holders(span, held)) for span in spans)


def shows_more(span: Span, common: Sequence[Span]) -> bool:
    """Whether a span is more than what many references share: what is not links nothing.

    Args:
        span: Of a media item.
        common: The shared spans of that media item, in order and apart.
    """
    return not common or span[1] - span[0] > overlap_s(span, common) + BOUNDS_S


class _Holder(NamedTuple):
    """What of the input a reference holds.

    Attributes:
        spans: The spans of the input, in order and apart.
        is_other: Whether most of the reference is something else.
    """

    spans: list[Span]
    is_other: bool


def _by_library(matches: Iterable[Match]) -> dict[str, dict[str, _Holder]]:
    """Return what each reference holds, by library and reference."""
    held: dict[str, dict[str, _Holder]] = defaultdict(dict)
    for match in matches:
        spans = [(one.input_start, one.input_end) for one in match.intervals]
        known = held[match.library].get(match.media_id, _Holder([], is_other=True))
        is_other = known.is_other and match.reference_coverage <= MOST_OF_A_REFERENCE
        held[match.library][match.media_id] = _Holder(union([*known.spans, *spans]), is_other)
    return held


def _shared(held: Collection[_Holder], references: int) -> Iterator[Span]:
    """Yield the spans that so many references hold at once, most of them beside something else: a sweep over bounds."""
    steps = sorted(
        step
        for holder in held
        for start, end in holder.spans
        for step in ((start, 1, holder.is_other), (end, -1, holder.is_other))
    )
    count, others, since = 0, 0, None
    for place, step, is_other in steps:
        count += step
        others += step * is_other
        shared = count >= references and 2 * others > count
        if shared and since is None:
            since = place
        elif not shared and since is not None:
            yield since, place
            since = None


def _bridged(spans: Iterable[Span]) -> list[Span]:
    """Join spans with holes between them that are none."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < BOUNDS_S:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _holders(span: Span, held: dict[str, dict[str, _Holder]]) -> int:
    """Return how many references of the library that has the most of them hold the better part of a span."""
    least = HELD_SHARE * (span[1] - span[0])
    return max(sum(overlap_s(span, one.spans) >= least for one in each.values()) for each in held.values())
