"""Which spans of an input many references share: titles and stings, but no work that was stored often."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import MATCH

from schemas.boilerplate import SharedSpan
from schemas.matches import Match
from streams.domain.boilerplate import DEFAULT_REFERENCES, MOST_SPANS, shared_spans

TITLES = (0.0, 30.0)
EPISODE_S = 1200.0


def match(name: str, *spans: tuple[float, float], of_reference: float = 0.02, library: str = "series") -> Match:
    intervals = tuple(
        msgspec.structs.replace(
            MATCH.intervals[0], input_start=start, input_end=end, reference_start=start, reference_end=end
        )
        for start, end in spans
    )
    return msgspec.structs.replace(
        MATCH, media_id=name, library=library, reference_coverage=of_reference, intervals=intervals
    )


def episodes(count: int, *spans: tuple[float, float], library: str = "series") -> list[Match]:
    return [match(f"episode-{number}", *(spans or (TITLES,)), library=library) for number in range(count)]


def test_titles_that_enough_references_have_are_shared_and_said_how_often() -> None:
    assert shared_spans(episodes(7), EPISODE_S) == (SharedSpan(start=0.0, end=30.0, references=7),)


@pytest.mark.parametrize("references", [2, DEFAULT_REFERENCES, 9])
def test_one_reference_fewer_than_are_asked_for_makes_no_boilerplate(references: int) -> None:
    assert shared_spans(episodes(references - 1), EPISODE_S, references=references) == ()
    assert len(shared_spans(episodes(references), EPISODE_S, references=references)) == 1


def test_references_count_within_one_library() -> None:
    apart = [*episodes(3), *episodes(3, library="films")]
    assert shared_spans(apart, EPISODE_S) == ()


def test_one_reference_that_has_a_span_five_times_is_one() -> None:
    assert shared_spans([match("episode", *[TITLES] * 5)], EPISODE_S) == ()
    assert shared_spans([match("episode", TITLES)] * 5, EPISODE_S) == ()


def test_a_video_that_was_stored_often_is_no_boilerplate() -> None:
    reposts = [match(f"repost-{number}", (100.0, 160.0), of_reference=1.0) for number in range(9)]
    assert shared_spans(reposts, EPISODE_S) == ()


def test_copies_of_the_same_episode_count_where_most_of_the_others_are_something_else() -> None:
    copies = [match(f"copy-{number}", (0.0, EPISODE_S), of_reference=1.0) for number in range(3)]
    (found,) = shared_spans([*copies, *episodes(4)], EPISODE_S)
    assert (found.start, found.end, found.references) == (*TITLES, 7)
    assert shared_spans([*copies, *episodes(3)], EPISODE_S) == ()


def test_a_reel_of_titles_copies_them() -> None:
    assert shared_spans(episodes(9), 31.0) == ()
    assert len(shared_spans(episodes(9), 120.0)) == 1


def test_opening_and_closing_titles_are_two_spans() -> None:
    found = shared_spans(episodes(6, TITLES, (1170.0, 1200.0)), EPISODE_S)
    assert [(one.start, one.end) for one in found] == [TITLES, (1170.0, 1200.0)]


def test_bounds_that_differ_a_little_make_one_span_and_no_crumbs() -> None:
    off = [match(f"episode-{n}", (0.1 * n, 15.0 + 0.05 * n), (15.3 + 0.05 * n, 30.0 + 0.1 * n)) for n in range(6)]
    (found,) = shared_spans(off, EPISODE_S)
    assert found.start == pytest.approx(0.4)
    assert found.end == pytest.approx(30.1)
    assert found.references == 6
    assert shared_spans(episodes(6, (5.0, 5.9)), EPISODE_S) == ()


def test_of_very_many_spans_the_longest_are_told_in_order() -> None:
    many = [(10.0 * n, 10.0 * n + (3.0 if n % 2 else 2.0)) for n in range(2 * MOST_SPANS)]
    found = shared_spans(episodes(5, *many), 10_000.0)
    assert [one.start for one in found] == [10.0 * n for n in range(1, 2 * MOST_SPANS, 2)]


def test_nothing_is_shared_where_nothing_matches() -> None:
    assert shared_spans([], 0.0) == ()
    assert shared_spans([], EPISODE_S) == ()


SPANS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 20)).map(lambda one: (one[0], one[0] + one[1])), max_size=3
)
MATCHES = st.lists(st.tuples(st.sampled_from("abcdefgh"), SPANS), max_size=16).map(
    lambda drawn: [match(name, *((float(start), float(end)) for start, end in spans)) for name, spans in drawn]
)


@given(MATCHES, st.integers(2, 5), st.randoms(use_true_random=False))
def test_every_moment_that_is_shared_is_held_by_enough_and_the_order_does_not_matter(
    matches: list[Match], references: int, random: Random
) -> None:
    found = shared_spans(matches, 1000.0, references=references)
    shuffled = list(matches)
    random.shuffle(shuffled)
    assert shared_spans(shuffled, 1000.0, references=references) == found
    for second in range(120):
        moment = second + 0.5
        holders = {
            one.media_id for one in matches for each in one.intervals if each.input_start < moment < each.input_end
        }
        inside = any(span.start < moment < span.end for span in found)
        assert inside == (len(holders) >= references)
