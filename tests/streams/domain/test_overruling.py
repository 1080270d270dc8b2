"""What people say of a reference, or of a span of it, decides which spans of an input are boilerplate."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.boilerplate import ruling
from support.examples import MATCH, job

from schemas.boilerplate import BoilerplateRuling, SharedSpan
from schemas.jobs import JobStatus, Metrics
from schemas.matches import Match
from schemas.policies import Action, Ruling
from schemas.verdicts import VerdictKind
from streams.domain.boilerplate import MOST_SPANS, holder_of, is_about, overruled, shared_spans
from streams.domain.verdicts import as_overruled, judged, with_boilerplate

TITLES = (0.0, 30.0)
EPISODE_S = 1200.0


def match(name: str, *spans: tuple[float, ...], library: str = "series") -> Match:
    """Return a match: of each span where it is in the input, and where in the reference if that is elsewhere."""
    intervals = tuple(
        msgspec.structs.replace(
            MATCH.intervals[0],
            input_start=span[0],
            input_end=span[1],
            reference_start=span[-2],
            reference_end=span[-1],
        )
        for span in spans
    )
    return msgspec.structs.replace(MATCH, media_id=name, library=library, reference_coverage=0.02, intervals=intervals)


def episodes(count: int) -> list[Match]:
    return [match(f"episode-{number}", TITLES) for number in range(count)]


def bounds(spans: tuple[SharedSpan, ...]) -> list[tuple[float, float]]:
    return [(one.start, one.end) for one in spans]


SHARED = shared_spans(episodes(7), EPISODE_S)


def test_where_nobody_has_said_anything_the_number_decides() -> None:
    assert overruled(SHARED, episodes(7), ()) == SHARED
    assert overruled(SHARED, episodes(7), [ruling("somebody else", boilerplate=False)]) == SHARED
    assert overruled(SHARED, episodes(7), [ruling("episode-1", library="films", boilerplate=False)]) == SHARED


def test_what_one_reference_shares_links_where_a_person_says_so() -> None:
    assert overruled(SHARED, episodes(7), [ruling("episode-1", boilerplate=False)]) == ()


def test_a_span_of_a_reference_that_links_leaves_the_others() -> None:
    said = ruling("episode-1", (0.0, 10.0), boilerplate=False)
    assert overruled(SHARED, episodes(7), [said]) == (SharedSpan(start=10.0, end=30.0, references=7),)
    middle = ruling("episode-1", (10.0, 20.0), boilerplate=False)
    assert bounds(overruled(SHARED, episodes(7), [middle])) == [(0.0, 10.0), (20.0, 30.0)]


def test_what_fewer_references_share_links_nothing_where_a_person_says_so() -> None:
    found = overruled((), episodes(2), [ruling("episode-1", boilerplate=True)])
    assert found == (SharedSpan(start=0.0, end=30.0, references=2),)
    part = overruled((), episodes(2), [ruling("episode-1", (5.0, 20.0), boilerplate=True)])
    assert bounds(part) == [(5.0, 20.0)]


def test_a_span_is_found_in_the_input_wherever_and_however_fast_it_runs_there() -> None:
    late_and_twice_as_fast = match("film", (100.0, 130.0, 1000.0, 1060.0))
    found = overruled((), [late_and_twice_as_fast], [ruling("film", (1010.0, 1030.0), boilerplate=True)])
    assert bounds(found) == [(105.0, 115.0)]


def test_what_is_said_of_the_input_itself_counts_for_what_it_shares() -> None:
    said = ruling("video", (0.0, 20.0), library="anywhere", boilerplate=False)
    assert bounds(overruled(SHARED, episodes(7), [said], media_id="video")) == [(20.0, 30.0)]
    whole = ruling("video", library="anywhere", boilerplate=True)
    assert bounds(overruled((), episodes(1), [whole], media_id="video")) == [TITLES]


def test_a_span_comes_before_the_whole_and_of_two_alike_the_later_one_counts() -> None:
    whole = ruling("episode-1", boilerplate=True, when="2026-11-24")
    span = ruling("episode-1", (0.0, 10.0), boilerplate=False, when="2026-11-20")
    assert bounds(overruled((), episodes(2), [span, whole])) == [(10.0, 30.0)]
    again = ruling("episode-0", (0.0, 20.0), boilerplate=True, when="2026-11-21")
    assert bounds(overruled((), episodes(2), [again, span, whole])) == [TITLES]


def test_bounds_that_differ_a_little_leave_no_crumbs() -> None:
    off = [match("film", (0.3, 30.4, 0.0, 30.0))]
    shared = (SharedSpan(start=0.0, end=31.0, references=7),)
    assert overruled(shared, off, [ruling("film", boilerplate=False)]) == ()
    assert overruled((), off, [ruling("film", (29.5, 60.0), boilerplate=True)]) == ()


def test_a_reel_of_titles_copies_nothing_where_a_person_says_so() -> None:
    assert shared_spans(episodes(7), 30.0) == ()
    assert bounds(overruled((), episodes(7), [ruling("episode-1", boilerplate=True)])) == [TITLES]


def test_of_very_many_spans_the_longest_are_told() -> None:
    many = [match("film", *[(10.0 * n, 10.0 * n + (3.0 if n % 2 else 2.0)) for n in range(2 * MOST_SPANS)])]
    found = overruled((), many, [ruling("film", boilerplate=True)])
    assert [one.start for one in found] == [10.0 * n for n in range(1, 2 * MOST_SPANS, 2)]


def test_a_person_is_pointed_to_the_reference_that_holds_most_of_a_span() -> None:
    matches = [match("short", (0.0, 20.0)), match("long", (0.0, 60.0, 100.0, 160.0)), match("also", (0.0, 30.0))]
    assert holder_of((0.0, 40.0), matches) == ("series", "long", (100.0, 140.0))
    assert holder_of((0.0, 30.0), matches) == ("series", "also", (0.0, 30.0))
    assert holder_of((70.0, 90.0), matches) is None
    assert holder_of((0.0, 0.5), matches) is None


def test_a_ruling_is_about_an_input_that_has_some_of_it() -> None:
    assert is_about(ruling("episode-1", (20.0, 50.0), boilerplate=True), episodes(2), media_id="video")
    assert not is_about(ruling("episode-1", (40.0, 50.0), boilerplate=True), episodes(2), media_id="video")
    assert not is_about(ruling("episode-9", boilerplate=True), episodes(2), media_id="video")


def searched(matches: list[Match], **fields: Any) -> Any:
    return job("j", JobStatus.SUCCESS, matches=tuple(matches), metrics=Metrics(duration=EPISODE_S), **fields)


def test_a_verdict_follows_what_people_say_and_goes_back_when_they_take_it_back() -> None:
    by_number = judged(with_boilerplate(searched(episodes(7)), references=5))
    assert by_number.verdict.kind is VerdictKind.ORIGINAL
    linked = as_overruled(by_number, [ruling("episode-1", boilerplate=False)])
    assert (linked.boilerplate, linked.counted_boilerplate) == ((), SHARED)
    assert linked.verdict.kind is VerdictKind.PARTIAL_COPY
    assert as_overruled(linked, ()) == by_number
    assert as_overruled(searched(episodes(2)), [ruling("episode-1", boilerplate=True)]).verdict is None


def test_a_job_that_ended_after_people_had_spoken_knows_what_the_number_says() -> None:
    said = [ruling("episode-1", boilerplate=False)]
    ended = judged(with_boilerplate(searched(episodes(7)), references=5, rulings=said))
    assert as_overruled(ended, said) == ended
    assert as_overruled(ended, ()) == judged(with_boilerplate(searched(episodes(7)), references=5))


def test_what_is_said_of_a_dismissed_reference_says_nothing_of_the_input() -> None:
    dismissed = Ruling(library="series", reference="episode-1", action=Action.TRACK, dismissed=True)
    ended = judged(searched(episodes(2), rulings=(dismissed,)))
    assert as_overruled(ended, [ruling("episode-1", boilerplate=True)]) == ended


SPANS = st.tuples(st.integers(0, 90), st.integers(1, 20)).map(lambda one: (float(one[0]), float(one[0] + one[1])))
MATCHES = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.lists(SPANS, max_size=3)), max_size=16).map(
    lambda drawn: [match(name, *spans) for name, spans in drawn]
)
SAID = st.lists(
    st.tuples(st.sampled_from("abcdefghv"), st.none() | SPANS, st.booleans(), st.integers(0, 9)), max_size=6
).map(lambda drawn: [ruling(name, span, boilerplate=says, when=f"{when}") for name, span, says, when in drawn])


@given(MATCHES, SAID, st.integers(2, 5), st.randoms(use_true_random=False))
def test_each_moment_is_what_the_last_one_says_who_speaks_of_it_and_else_what_the_number_says(
    matches: list[Match], said: list[BoilerplateRuling], references: int, random: Random
) -> None:
    counted = shared_spans(matches, 1000.0, references=references)
    found = overruled(counted, matches, said, media_id="v")
    shuffled = list(matches)
    random.shuffle(shuffled)
    assert overruled(counted, shuffled, sorted(said, key=lambda _: random.random()), media_id="v") == found
    assert list(bounds(found)) == sorted(bounds(found))
    for second in range(120):
        moment = second + 0.5
        holders = {
            one.media_id for one in matches for each in one.intervals if each.input_start < moment < each.input_end
        }
        speaking = [
            one
            for one in said
            if (one.media_id in holders or (one.media_id == "v" and holders))
            and (one.span is None or one.span[0] < moment < one.span[1])
        ]
        last = max(speaking, key=lambda one: (one.span is not None, one.when, one.ruling_id), default=None)
        expected = any(one.start < moment < one.end for one in counted) if last is None else last.boilerplate
        assert any(one.start < moment < one.end for one in found) == expected


@given(MATCHES, st.integers(2, 5))
def test_taking_everything_back_leaves_what_the_number_says(matches: list[Match], references: int) -> None:
    ended = judged(with_boilerplate(searched(matches), references=references))
    said = [ruling(one.media_id, boilerplate=bool(number % 2)) for number, one in enumerate(matches)]
    assert as_overruled(as_overruled(ended, said), ()) == ended


@pytest.mark.parametrize("says", [True, False])
@given(matches=MATCHES)
def test_what_is_said_of_every_reference_holds_everywhere(matches: list[Match], *, says: bool) -> None:
    said = [ruling(name, boilerplate=says) for name in "abcdefgh"]
    found = overruled(shared_spans(matches, 1000.0, references=2), matches, said)
    assert bool(found) == (says and any(one.intervals for one in matches))
