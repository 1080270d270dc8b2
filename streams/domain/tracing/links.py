"""What media of a cluster share with older ones: matches, turned round where the reference is the copy."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from fingerprint.intervals import covered_s, union
from streams.domain.boilerplate import shows_more
from streams.domain.precedence import Ages, age_order
from streams.domain.tracing.edits import undone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fingerprint.intervals import Span
    from schemas.matches import Interval
    from schemas.verdicts import VerdictKind

__all__ = ["Link", "Links", "Medium", "Sighting", "is_linking", "links_of"]

#: Intervals of one pair that are looked at, the longest: a trailer has hundreds, and noise can have thousands.
MOST_INTERVALS = 500
#: Digits behind the point of speeds that are turned round.
SPEED_DIGITS = 4


class Medium(NamedTuple):
    """A media item of a cluster.

    Attributes:
        ages: Its MediaId, and its times.
        duration: Seconds; 0: not known.
        verdict: What its newest result says that it is.
        boilerplate: Its spans that many references share, in order and apart: they link nothing.
    """

    ages: Ages
    duration: float = 0.0
    verdict: VerdictKind | None = None
    boilerplate: tuple[Span, ...] = ()


class Sighting(NamedTuple):
    """A match as a job has found it: which of the two is the copy is open.

    Attributes:
        input: MediaId of the input.
        reference: MediaId of the reference.
        similarity: How sure it is that they share something, 0..1.
        intervals: The spans.
    """

    input: str
    reference: str
    similarity: float
    intervals: tuple[Interval, ...]


class Link(NamedTuple):
    """What a media item shares with an older one.

    Attributes:
        copy: MediaId of the younger one.
        source: MediaId of the older one.
        similarity: How sure it is that they share something, 0..1.
        intervals: By their place in the copy, which is the input; the source is the reference.
        spans: Of the copy, in order and apart.
        seconds: How much of the copy these cover.
    """

    copy: str
    source: str
    similarity: float
    intervals: tuple[Interval, ...]
    spans: tuple[Span, ...]
    seconds: float


#: By copy, and by source.
Links = dict[str, dict[str, Link]]


def links_of(media: Mapping[str, Medium], sightings: Iterable[Sighting]) -> Links:
    """Return what each media item shares with each older one, in whatever order, and direction, they were matched.

    A pair that was matched in both directions counts as the one in which the copy was the input: there the edits are
    named as they were made. What lies in boilerplate of either of the two links nothing.

    Args:
        media: All of the cluster, by MediaId; a match with another media item is left out.
        sightings: The matches.
    """
    found: dict[tuple[str, str], list[Link]] = defaultdict(list)
    for one in sightings:
        if one.input == one.reference or one.input not in media or one.reference not in media:
            continue
        intervals = [each for each in one.intervals if _links(each, media[one.input], media[one.reference])]
        direct = age_order(media[one.input].ages) > age_order(media[one.reference].ages)
        if not direct:
            intervals = [_turned(each) for each in intervals]
        if intervals:
            found[one.input, one.reference].append(_link(one, intervals, direct=direct))
    links: Links = defaultdict(dict)
    for (asked, reference), several in found.items():
        best = max(several, key=_goodness)
        if best.copy == asked or (reference, asked) not in found:
            links[best.copy][best.source] = best
    return dict(links)


def is_linking(sighting: Sighting, of_input: Medium, of_reference: Medium) -> bool:
    """Whether a match shows more than what many references share.

    Args:
        sighting: The match.
        of_input: Its input.
        of_reference: Its reference.
    """
    return any(_links(one, of_input, of_reference) for one in sighting.intervals)


def _links(interval: Interval, of_input: Medium, of_reference: Medium) -> bool:
    """Whether an interval has a length, and shows more than boilerplate of either media item."""
    spans = (
        ((interval.input_start, interval.input_end), of_input.boilerplate),
        ((interval.reference_start, interval.reference_end), of_reference.boilerplate),
    )
    return all(span[1] > span[0] and shows_more(span, common) for span, common in spans)


def _turned(interval: Interval) -> Interval:
    """Return an interval with the reference as the input: what it was cut out of is what it was put into."""
    return msgspec.structs.replace(
        interval,
        input_start=interval.reference_start,
        input_end=interval.reference_end,
        reference_start=interval.input_start,
        reference_end=interval.input_end,
        speed=round(1.0 / interval.speed, SPEED_DIGITS) if interval.speed > 0 else 1.0,
        transforms=tuple(map(undone, interval.transforms)),
    )


def _link(one: Sighting, intervals: list[Interval], *, direct: bool) -> Link:
    copy, source = (one.input, one.reference) if direct else (one.reference, one.input)
    longest = sorted(intervals, key=lambda each: (each.input_start - each.input_end, _place(each)))[:MOST_INTERVALS]
    kept = tuple(sorted(longest, key=_place))
    spans = tuple(union((each.input_start, each.input_end) for each in kept))
    return Link(copy, source, one.similarity, kept, spans, covered_s(spans))


def _place(interval: Interval) -> tuple[object, ...]:
    """What orders intervals: by their place in the copy, and no two that differ alike."""
    return msgspec.structs.astuple(interval)


def _goodness(link: Link) -> tuple[object, ...]:
    """What is best of several matches of one pair, as two libraries have them: that which covers most."""
    return link.seconds, link.similarity, tuple(map(_place, link.intervals))
