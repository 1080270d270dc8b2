"""Which spans of an input many references share, so that they link nothing: pure, of a job's matches.

Titles, stings, leader and music beds are in many works that have nothing else in common. What they have in common with
a popular video that was stored often is the number alone: there the references consist of the span, while titles are a
small part of each. So most of the references that hold it have to be something else for the most part.

People overrule that for a reference, or a span of it. What they say is about what is heard and seen there: it holds for
the spans of the input that are copies of it, whichever other references hold these as well.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from fingerprint.intervals import covered_s, overlap_s, union
from schemas.boilerplate import SharedSpan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from fingerprint.intervals import Span
    from schemas.boilerplate import BoilerplateRuling
    from schemas.matches import Interval, Match

__all__ = ["DEFAULT_REFERENCES", "holder_of", "is_about", "overruled", "shared_spans", "shows_more"]

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


def overruled(
    counted: Sequence[SharedSpan],
    matches: Sequence[Match],
    rulings: Iterable[BoilerplateRuling],
    *,
    media_id: str = "",
) -> tuple[SharedSpan, ...]:
    """Return the spans of an input that are boilerplate once people have been heard, in order.

    What is said of a span comes before what is said of a whole reference, and of two alike the later one counts. A
    person's word holds for what is matched, also where the input is made of nothing else.

    Args:
        counted: The spans that are boilerplate by the number of references.
        matches: What the input copies.
        rulings: What people say now, of whichever references; in any order.
        media_id: The input: what is said of it counts where it is a reference itself.
    """
    spans = [(one.start, one.end) for one in counted]
    for ruling in sorted(rulings, key=lambda one: (one.span is not None, one.when, one.ruling_id)):
        if meant := _meant(ruling, matches, media_id):
            spans = _bridged(union([*spans, *meant])) if ruling.boilerplate else _without(spans, meant)
    if spans == [(one.start, one.end) for one in counted]:
        return tuple(counted)
    known = {(one.start, one.end): one for one in counted}
    held = _by_library(matches)
    longest = sorted(spans, key=lambda span: (span[0] - span[1], span))[:MOST_SPANS]
    return tuple(
        known.get(span) or SharedSpan(start=span[0], end=span[1], references=_holders(span, held))
        for span in sorted(longest)
        if span[1] - span[0] >= BOUNDS_S
    )


def is_about(ruling: BoilerplateRuling, matches: Sequence[Match], *, media_id: str) -> bool:
    """Whether a person has said something of what an input shares with its matches. Arguments as for `overruled`."""
    return bool(_meant(ruling, matches, media_id))


def holder_of(span: Span, matches: Iterable[Match]) -> tuple[str, str, Span] | None:
    """Return the reference that holds most of a span of the input: library, MediaId, and where in the reference.

    None where none holds as much of it as a ruling needs.
    """
    best: tuple[str, str, Span] | None = None
    most = BOUNDS_S
    for match in sorted(matches, key=lambda one: (one.library, one.media_id)):
        for one in match.intervals:
            start, end = max(span[0], one.input_start), min(span[1], one.input_end)
            if end - start < most or (best is not None and end - start == most):
                continue
            of_input, of_reference = _sides(one)
            where = (_carried(start, of_input, of_reference), _carried(end, of_input, of_reference))
            if where[1] - where[0] >= BOUNDS_S:
                best, most = (match.library, match.media_id, where), end - start
    return best


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


def _meant(ruling: BoilerplateRuling, matches: Sequence[Match], media_id: str) -> list[Span]:
    """Return the spans of an input that a ruling is about, in order and apart: of what is matched alone."""
    spans = [
        span
        for match in matches
        if (match.library, match.media_id) == (ruling.library, ruling.media_id)
        for one in match.intervals
        for span in _of_input(one, ruling.span)
    ]
    if ruling.media_id == media_id:
        spans += [
            span
            for match in matches
            for one in match.intervals
            for span in _common((one.input_start, one.input_end), ruling.span)
        ]
    return union(spans)


def _of_input(interval: Interval, span: Span | None) -> Iterator[Span]:
    """Yield what an interval has in the input of a span of the reference, if anything."""
    of_input, of_reference = _sides(interval)
    for start, end in _common(of_reference, span):
        yield _carried(start, of_reference, of_input), _carried(end, of_reference, of_input)


def _common(span: Span, other: Span | None) -> Iterator[Span]:
    """Yield what two spans have in common, if anything; None: everything."""
    start, end = span if other is None else (max(span[0], other[0]), min(span[1], other[1]))
    if start < end:
        yield start, end


def _sides(interval: Interval) -> tuple[Span, Span]:
    return (interval.input_start, interval.input_end), (interval.reference_start, interval.reference_end)


def _carried(moment: float, of: Span, to: Span) -> float:
    """Return the moment that stands in one side of an interval for a moment of the other side."""
    if moment in of:
        return to[of.index(moment)]
    return to[0] + (moment - of[0]) * (to[1] - to[0]) / (of[1] - of[0])


def _without(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """Return what spans cover that others, which are in order and apart, do not."""
    left: list[Span] = []
    for start, end in spans:
        begin = start
        for out_start, out_end in taken:
            if out_end > begin and out_start < end:
                left.append((begin, out_start))
                begin = out_end
        left.append((begin, end))
    return [span for span in left if span[1] > span[0]]
