"""What two media share: one link a pair, whichever way round, and however often, they were matched."""

from __future__ import annotations

import msgspec
from support.lineages import copied, media_of, original, sightings_of

from streams.domain.tracing.links import MOST_INTERVALS, Sighting, is_linking, links_of

A = original("A")
B = copied(A, "B", "cropped")
MEDIA = media_of([A, B])
(DIRECT,) = sightings_of([A, B])
(TURNED,) = sightings_of([A, B], turned=True)


def test_where_the_copy_was_an_input_too_its_own_match_counts() -> None:
    sure = TURNED._replace(similarity=1.0)
    for given in ([DIRECT, sure], [sure, DIRECT]):
        assert links_of(MEDIA, given)["B"]["A"].similarity == DIRECT.similarity


def test_a_match_of_the_original_is_turned_round() -> None:
    link = links_of(MEDIA, [TURNED])["B"]["A"]
    assert (link.copy, link.source, link.seconds) == ("B", "A", 600.0)
    assert link.intervals[0].transforms == ("inserted",)  # it was an edit of the original, as the matcher saw it


def test_media_match_neither_themselves_nor_what_is_not_there() -> None:
    assert links_of(MEDIA, [DIRECT._replace(reference="B"), DIRECT._replace(reference="C")]) == {}


def test_spans_without_a_length_link_nothing() -> None:
    (span,) = DIRECT.intervals
    empty = DIRECT._replace(intervals=(msgspec.structs.replace(span, reference_end=span.reference_start),))
    assert links_of(MEDIA, [empty]) == {}
    assert not is_linking(empty, MEDIA["B"], MEDIA["A"])
    assert is_linking(DIRECT, MEDIA["B"], MEDIA["A"])


def test_of_very_many_intervals_the_longest_count_in_their_order() -> None:
    (span,) = DIRECT.intervals
    many = tuple(
        msgspec.structs.replace(
            span, input_start=start, input_end=start + 0.5 + 0.1 * (number % 2), reference_start=start
        )
        for number in range(2 * MOST_INTERVALS)
        for start in (600.0 - number,)
    )
    link = links_of(MEDIA, [Sighting("B", "A", 0.9, many)])["B"]["A"]
    assert len(link.intervals) == MOST_INTERVALS
    starts = [one.input_start for one in link.intervals]
    assert starts == sorted(starts)
    assert {round(one.input_end - one.input_start, 1) for one in link.intervals} == {0.6}
