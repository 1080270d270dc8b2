"""The tree of who copied from whom: pure, of a cluster's media and matches.

A copy's sources are older than it, so nothing is its own source through others. The answer is the same in whatever
order media and matches come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from fingerprint.intervals import covered_s, overlap_s, union
from schemas.traces import MOST_TRACE_REASONS, Trace, TraceBecause, TraceEdge, TraceNode, TraceReason
from streams.domain.precedence import age_order
from streams.domain.tracing.choice import SHARE_DIGITS, Candidate, Chooser
from streams.domain.tracing.edits import transforms_of
from streams.domain.tracing.links import links_of
from streams.domain.tracing.times import UNKNOWN_ORDER, time_reasons

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fingerprint.intervals import Span
    from schemas.matches import Interval
    from streams.domain.tracing.choice import Choice, Likeness
    from streams.domain.tracing.links import Link, Medium, Sighting

__all__ = ["trace_of"]

#: Sources that a copy has at the most: it is clear by then that it is made of many.
MOST_SOURCES = 50
#: Another source explains more than this of the copy that none before it does, seconds: bounds are right within half a
#: second, and a span has two.
BOUNDS_S = 1.0
#: Share of all that a further source covers which those before it do not: what is less is their fringe. The original
#: covers the copy of a copy too, and a little more of it by chance.
LEFT_SHARE = 0.2
#: Two candidates of which one covers so much of the other explain the same.
RIVAL_SHARE = 0.5


class _Source(NamedTuple):
    """What a copy was made from.

    Attributes:
        link: What it has of it.
        intervals: Those of them that no better source explains.
        reasons: Why this one and no other.
        certainty: How sure that is, 0..1.
    """

    link: Link
    intervals: tuple[Interval, ...]
    reasons: tuple[TraceReason, ...]
    certainty: float


def trace_of(
    asked: str,
    media: Mapping[str, Medium],
    sightings: Iterable[Sighting],
    *,
    likeness: Likeness = lambda _: None,
    complete: bool = True,
) -> Trace:
    """Return the tree of who copied from whom.

    Args:
        asked: MediaId of the media item that is asked about.
        media: All of its cluster, by MediaId; it is among them.
        sightings: The matches between them, in any order and direction.
        likeness: How alike the pictures of a copy and a source are: asked for where two sources explain the same.
        complete: Whether that is the whole cluster.
    """
    links = links_of(media, sightings)
    ordered = sorted(media, key=lambda name: age_order(media[name].ages))
    rank = {name: number for number, name in enumerate(ordered)}
    chooser = Chooser(media, links, likeness)
    edges = [
        _edge(source, media)
        for copy in ordered
        for source in _sources(sorted(links.get(copy, {}).values(), key=lambda one: rank[one.source]), chooser)
    ]
    return Trace(
        root=_root(asked, ordered, edges),
        nodes=tuple(_node(media[name]) for name in ordered),
        edges=tuple(_with_hints(edges)),
        complete=complete,
    )


def _sources(links: Sequence[Link], chooser: Chooser) -> list[_Source]:
    """Return what a copy was made from: again and again the best source of what those before it do not explain.

    Args:
        links: What it shares with older media items, the oldest of these first.
        chooser: Chooses between two.
    """
    found: list[_Source] = []
    taken: list[Span] = []
    left = list(links)
    while left and len(found) < MOST_SOURCES:
        candidates = [Candidate(one, _outside_s(one.spans, taken)) for one in left]
        candidates = [one for one in candidates if not taken or _explains_more(one)]
        if not candidates:
            break
        source = _best(candidates, taken, chooser)
        found += [source] if source.intervals else []  # else it is slivers
        taken = union([*taken, *source.link.spans])
        left.remove(source.link)
    return found


def _explains_more(candidate: Candidate) -> bool:
    """Whether a candidate explains what is no fringe of what other sources explain."""
    return candidate.seconds > max(BOUNDS_S, LEFT_SHARE * candidate.link.seconds)


def _best(candidates: Sequence[Candidate], taken: Sequence[Span], chooser: Chooser) -> _Source:
    """Return the source of what most candidates, or the widest of them, explain.

    Args:
        candidates: The oldest first.
        taken: What of the copy other sources explain.
        chooser: Chooses between two.
    """
    widest = max(candidates, key=lambda one: one.seconds)  # of equal ones the first: the oldest
    rivals = [one for one in candidates if one is widest or _explain_the_same(one, widest)]
    champion = rivals[0]
    for one in rivals[1:]:
        champion = chooser.choose(champion, one).chosen
    against = [_in_order(chooser, rivals, champion, one) for one in rivals if one is not champion]
    won = [one for one in against if one.chosen is champion]
    certainty = min((one.certainty if one.chosen is champion else 1.0 - one.certainty for one in against), default=1.0)
    return _Source(
        champion.link,
        tuple(part for one in champion.link.intervals for part in _outside(one, taken)),
        tuple(reason for one in sorted(won, key=lambda one: one.certainty) for reason in one.reasons),
        certainty,
    )


def _in_order(chooser: Chooser, rivals: Sequence[Candidate], one: Candidate, other: Candidate) -> Choice:
    """Choose between two of which either may be the older one."""
    older_first = rivals.index(one) < rivals.index(other)
    return chooser.choose(one, other) if older_first else chooser.choose(other, one)


def _explain_the_same(one: Candidate, other: Candidate) -> bool:
    """Whether most of what one of two covers the other one covers too."""
    common = sum(overlap_s(span, other.link.spans) for span in one.link.spans)
    return common >= RIVAL_SHARE * min(one.link.seconds, other.link.seconds)


def _outside_s(spans: Iterable[Span], taken: Sequence[Span]) -> float:
    return sum(end - start - overlap_s((start, end), taken) for start, end in spans)


def _outside(interval: Interval, taken: Sequence[Span]) -> Iterator[Interval]:
    """Yield the parts of an interval outside of spans, which are in order and apart; slivers are none."""
    start = interval.input_start
    for begin, end in [*taken, (interval.input_end, interval.input_end)]:
        part = (max(start, interval.input_start), min(begin, interval.input_end))
        whole = part == (interval.input_start, interval.input_end)
        if whole or part[1] - part[0] > BOUNDS_S:
            yield _cut(interval, *part)
        start = max(start, end)
        if start >= interval.input_end:
            return


def _cut(one: Interval, start: float, end: float) -> Interval:
    rate = (one.reference_end - one.reference_start) / (one.input_end - one.input_start)
    if (start, end) == (one.input_start, one.input_end):
        return one
    return msgspec.structs.replace(
        one,
        input_start=start,
        input_end=end,
        reference_start=one.reference_start + (start - one.input_start) * rate,
        reference_end=one.reference_end - (one.input_end - end) * rate,
    )


def _edge(source: _Source, media: Mapping[str, Medium]) -> TraceEdge:
    copy, link = media[source.link.copy], source.link
    seconds = covered_s((one.input_start, one.input_end) for one in source.intervals)
    length = max(copy.duration, link.spans[-1][1])
    least = 10**-SHARE_DIGITS  # an edge covers something: a moment of a day is not told as nothing
    coverage = min(1.0, max(least, round(seconds / length, SHARE_DIGITS)))
    times = time_reasons(media[link.source].ages, copy.ages)
    unknown = any(one.because is TraceBecause.TIME_UNKNOWN for one in times)
    confidence = link.similarity * source.certainty * (UNKNOWN_ORDER if unknown else 1.0)
    covers = TraceReason(because=TraceBecause.COVERS, share=coverage)
    return TraceEdge(
        copy=link.copy,
        source=link.source,
        confidence=min(1.0, max(0.0, round(confidence, SHARE_DIGITS))),
        coverage=coverage,
        intervals=source.intervals,
        transforms=transforms_of(source.intervals),
        why=(covers, *times, *source.reasons),
    )


def _with_hints(edges: Sequence[TraceEdge]) -> Iterator[TraceEdge]:
    """Yield edges, each with what others say of its copy: that two share edits is said of both; some reasons each."""
    hints = {
        (reason.other, edge.source): TraceReason(because=reason.because, other=edge.copy, edits=reason.edits)
        for edge in reversed(edges)
        for reason in edge.why
        if reason.because is TraceBecause.SHARED_EDITS
    }
    for edge in edges:
        hint = hints.get((edge.copy, edge.source))
        why = edge.why if hint is None else (*edge.why, hint)
        yield msgspec.structs.replace(edge, why=why[:MOST_TRACE_REASONS])


def _root(asked: str, ordered: Sequence[str], edges: Iterable[TraceEdge]) -> str:
    """Return the oldest media item that copies nothing, of those that the asked one leads back to."""
    sources: dict[str, list[str]] = {}
    for edge in edges:
        sources.setdefault(edge.copy, []).append(edge.source)
    reached, waiting = {asked}, [asked]
    while waiting:
        for source in sources.get(waiting.pop(), ()):
            if source not in reached:
                reached.add(source)
                waiting.append(source)
    return next(name for name in ordered if name in reached and name not in sources)


def _node(medium: Medium) -> TraceNode:
    return TraceNode(
        media_id=medium.ages.media_id,
        first_seen=medium.ages.seen or None,
        published=medium.ages.published or None,
        duration=medium.duration,
        verdict=medium.verdict,
    )
