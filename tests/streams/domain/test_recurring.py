"""Spans that recur, from what media have in common."""

from __future__ import annotations

import random
import statistics
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.matches import Interval, Track
from streams.domain.recurring import Recurring, recurring
from streams.domain.recurring_links import Link, Place, joined

#: Bounds that the engine tells are within half a second of the truth.
EXACT_S = 0.5


class Footage:
    """Media in which named spans were planted, and the links that searches would find between them."""

    def __init__(self, media: dict[str, list[tuple[str, float, float]]], seed: int = 0) -> None:
        self.media = media
        self._random = random.Random(seed)

    def links(self, *, missing: float = 0.0) -> list[Link]:
        """Return a link for each two places that show the same, but for a share of them that searches have missed."""
        return [
            Link(self._told(one, start, length), self._told(other, begin, length), f"{max(one, other)}{start:09.2f}")
            for one, other in combinations(sorted(self.media), 2)
            for name, start, length in self.media[one]
            for same, begin, _ in self.media[other]
            if same == name and self._random.random() >= missing
        ]

    def _told(self, media_id: str, start: float, length: float) -> Place:
        begin, end = (self._random.uniform(-EXACT_S, EXACT_S) for _ in range(2))
        return Place(media_id, max(0.0, start + begin), start + length + end)

    def places(self, name: str) -> list[Place]:
        """Return where a span was planted."""
        return [
            Place(media_id, start, start + length)
            for media_id, planted in sorted(self.media.items())
            for what, start, length in planted
            if what == name
        ]


def planted(media: int, spans: dict[str, tuple[float, int]], seed: int) -> Footage:
    """Plant spans of some length in so many media each, at random places that leave room between them."""
    draw = random.Random(seed)
    content: dict[str, list[tuple[str, float, float]]] = {f"item-{number:02}": [] for number in range(media)}
    for name, (length, times) in spans.items():
        for media_id in draw.sample(sorted(content), times):
            last = max((start + long for _, start, long in content[media_id]), default=0.0)
            content[media_id].append((name, last + draw.uniform(5, 200), length))
    return Footage(content, seed)


def told(found: list[Recurring]) -> list[list[Place]]:
    """Return the occurrences of each."""
    return [list(one.occurrences) for one in found]


def is_found(wanted: list[Place], found: list[Place]) -> bool:
    """Whether occurrences are where something was planted, as exactly as bounds are told when they are carried over."""
    return len(wanted) == len(found) and all(
        one.media_id == other.media_id and abs(one.start - other.start) <= 2.0 and abs(one.end - other.end) <= 2.0
        for one, other in zip(wanted, sorted(found), strict=True)
    )


@pytest.mark.parametrize("seed", range(5))
def test_spans_planted_in_thirty_items_are_proposed_with_all_occurrences_and_nothing_else(seed: int) -> None:
    spans = {"sting": (6.0, 12), "spot": (30.0, 9), "promo": (20.0, 3), "trailer": (110.0, 5), "bumper": (10.0, 30)}
    noise = {"a pair": (40.0, 2), "too short": (3.0, 10), "too long": (150.0, 6)}
    footage = planted(30, spans | noise, seed)

    found = told(recurring(footage.links()))

    assert len(found) == len(spans)
    for name in spans:
        assert any(is_found(footage.places(name), one) for one in found), name


@pytest.mark.parametrize("seed", range(5))
def test_occurrences_are_found_through_others_where_searches_have_missed_some(seed: int) -> None:
    footage = planted(30, {"spot": (30.0, 12), "promo": (20.0, 10)}, seed)
    found = told(recurring(footage.links(missing=0.4)))
    assert len(found) == 2
    for name in ("spot", "promo"):
        assert any(is_found(footage.places(name), one) for one in found), name


def test_two_spans_that_ran_together_once_are_two() -> None:
    footage = Footage(
        {
            "a": [("x", 10, 30), ("y", 40, 20)],
            "b": [("x", 100, 30)],
            "c": [("y", 5, 20)],
            "d": [("x", 50, 30), ("y", 80, 20)],
            "e": [("x", 0, 30), ("z", 30, 15)],
        }
    )
    together = Link(Place("a", 10, 60), Place("d", 50, 100), "d")
    apart = [one for one in footage.links() if {one.one.media_id, one.other.media_id} != {"a", "d"}]

    found = told(recurring([*apart, together]))

    assert len(found) == 2
    assert is_found(footage.places("x"), found[0])
    assert is_found(footage.places("y"), found[1])


def test_two_spans_that_always_run_together_are_one() -> None:
    footage = Footage({name: [("xy", 10.0 * number, 50)] for number, name in enumerate("abcd")})
    assert [len(one) for one in told(recurring(footage.links()))] == [4]


def test_two_media_are_too_few_unless_one_has_it_three_times() -> None:
    twice = [Link(Place("a", start, start + 20), Place("b", 5, 25), f"b{start}") for start in (100, 200)]
    assert recurring(twice[:1]) == []
    assert recurring(twice) == []
    again = Link(Place("a", 300, 320), Place("b", 5, 25), "b300")
    assert [len(one) for one in told(recurring([*twice, again]))] == [4]


def test_what_one_medium_has_of_another_three_times_needs_no_third() -> None:
    inside = [Link(Place("a", 0, 20), Place("a", start, start + 20), f"a{start}") for start in (100, 200)]
    assert told(recurring(inside)) == [[Place("a", 0, 20), Place("a", 100, 120), Place("a", 200, 220)]]


def test_a_clip_of_two_copies_of_a_film_is_in_three_media_and_the_film_is_not_proposed() -> None:
    links = [
        Link(Place("film", 0, 3000), Place("copy", 0, 3000), "1"),
        Link(Place("film", 500, 560), Place("clips", 10, 70), "2"),
        Link(Place("copy", 500, 560), Place("clips", 10, 70), "3"),
    ]
    assert told(recurring(links)) == [[Place("clips", 10, 70), Place("copy", 500, 560), Place("film", 500, 560)]]


def test_what_matches_a_known_ad_anywhere_is_proposed_nowhere() -> None:
    footage = Footage({name: [("x", 10, 30), ("y", 100, 20)] for name in "abcde"})
    known = footage.places("x")[0]
    (one,) = recurring(footage.links(), {known.media_id: [known.span]})
    assert is_found(footage.places("y"), list(one.occurrences))


def test_an_ad_that_always_runs_beside_a_known_one_is_proposed_without_it() -> None:
    footage = Footage({name: [("xy", 10, 50)] for name in "abcd"})
    (one,) = recurring(footage.links(), {"a": [(10.0, 40.0)]})
    assert all(abs(place.start - 40) <= 2 and abs(place.end - 60) <= 2 for place in one.occurrences)
    assert len(one.occurrences) == 4


@pytest.mark.parametrize("seed", range(5))
def test_what_runs_right_beside_a_known_ad_is_not_taken_for_it_however_inexact_bounds_are(seed: int) -> None:
    lengths = {"known": 20.0, "sting": 8.0, "spot": 30.0, "promo": 15.0}
    draw = random.Random(seed)
    breaks: dict[str, list[tuple[str, float, float]]] = {"ad": [("known", 0.0, 20.0)]}
    for number in range(30):
        shown = draw.sample(sorted(lengths), 3)
        starts = [100.0 + sum(lengths[name] for name in shown[:place]) for place in range(len(shown))]
        breaks[f"item-{number:02}"] = [(name, start, lengths[name]) for name, start in zip(shown, starts, strict=True)]
    footage = Footage(breaks, seed)

    found = told(recurring(footage.links(), {"ad": [(0.0, 20.0)]}))

    assert len(found) == 3
    for name in ("sting", "spot", "promo"):
        wanted = footage.places(name)
        (one,) = (one for one in found if one[0].media_id == wanted[0].media_id and one[0].is_same(wanted[0]))
        assert len(one) == len(wanted)
        assert all(place.is_same(planted) for place, planted in zip(one, wanted, strict=True))
        assert statistics.median(place.seconds for place in one) == pytest.approx(lengths[name], abs=3.0)


def test_a_cut_down_is_an_occurrence_of_what_it_has_and_parts_an_ad_only_where_many_have_it() -> None:
    whole = "abcdef"
    footage = Footage({name: [("x", 10, 30)] for name in whole})
    cut = [Link(Place(name, 10, 30), Place("y", 0, 20), "y" + name) for name in whole]
    (one,) = recurring([*footage.links(), *cut])
    assert len(one.occurrences) == 7
    also = [Link(Place(name, 10, 30), Place("z", 0, 20), "z" + name) for name in whole]
    assert [len(places) for places in told(recurring([*footage.links(), *cut, *also]))] == [8, 6]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), order=st.randoms(use_true_random=False))
def test_the_order_of_links_does_not_matter(seed: int, order: random.Random) -> None:
    links = planted(8, {"spot": (30.0, 5), "promo": (20.0, 4)}, seed).links(missing=0.2)
    shuffled = list(links)
    order.shuffle(shuffled)
    turned = [Link(one.other, one.one, one.founded) if order.random() < 0.5 else one for one in shuffled]
    assert recurring(turned) == recurring(links)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_is_proposed_keeps_to_the_contracts_figures_and_overlaps_nothing_else(seed: int) -> None:
    spans = {"a": (4.0, 6), "b": (31.0, 4), "c": (12.0, 5), "d": (118.0, 3), "e": (300.0, 4)}
    found = recurring(planted(9, spans, seed).links(missing=0.2))
    places = [place for one in found for place in one.occurrences]
    for one in found:
        assert 4 <= one.duration <= 122
        assert len({place.media_id for place in one.occurrences}) >= 3 or len(one.occurrences) >= 3
    for place, other in combinations(places, 2):
        assert place.media_id != other.media_id or not place.is_same(other)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_later_occurrence_does_not_change_what_founded_a_span(seed: int) -> None:
    footage = planted(9, {"spot": (30.0, 6)}, seed)
    links = footage.links()
    before = [one for one in links if not one.founded.startswith(max(footage.places("spot")).media_id)]
    assert [one.founded for one in recurring(links)] == [one.founded for one in recurring(before)]


def interval(start: float, end: float, reference: float, track: Track = Track.BOTH) -> Interval:
    """Return an interval at the reference's own speed."""
    return Interval(
        input_start=start,
        input_end=end,
        reference_start=reference,
        reference_end=reference + end - start,
        similarity=0.9,
        track=track,
    )


def test_intervals_of_one_playing_are_one_whatever_is_missing_between_and_whichever_track() -> None:
    picture, sound = interval(10, 20, 100, Track.PICTURE), interval(9.8, 24, 99.9, Track.SOUND)
    after_black = interval(27, 40, 117.2)
    assert joined([after_black, picture, sound]) == [((9.8, 40), (99.9, 130.2))]


def test_intervals_of_two_playings_are_two() -> None:
    assert len(joined([interval(10, 20, 100), interval(20, 30, 100)])) == 2
    assert len(joined([interval(10, 20, 100), interval(27, 37, 117)])) == 2
