"""Two stored fingerprints tell why an input matches a reference, and where they have nothing in common they say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from support import sounds, tracks

from fingerprint.engine import match
from fingerprint.index.memory import MemoryIndex
from fingerprint.matching.explanation import explain as told_of_match
from fingerprint.matching.explanation import thinning
from fingerprint.matching.explanation.explain import explain, untold
from fingerprint.model import Fingerprint
from fingerprint.query import Query
from schemas.evidence import Explanation
from schemas.matches import Interval, Match, Track
from streams.demo.edit import Piece, Truth

EditedCopy = Callable[..., tuple[Path, tuple[Truth, ...]]]
Fingerprinted = Callable[[Path], Query]


def found(*intervals: Interval, media_id: str = "ref") -> Match:
    return Match(
        media_id=media_id,
        similarity=0.9,
        track=Track.BOTH,
        input_coverage=0.5,
        reference_coverage=0.5,
        intervals=intervals,
    )


def interval(start: float, end: float, first: float, track: Track = Track.SOUND) -> Interval:
    return Interval(
        input_start=start,
        input_end=end,
        reference_start=first,
        reference_end=first + end - start,
        similarity=0.9,
        track=track,
    )


def check_bounds(told: Explanation) -> None:
    for points in (told.picture, told.sound):
        if points is not None:
            assert len(points.inside.input) + len(points.outside.input) <= thinning.PARAMETERS.max_points


@pytest.fixture(scope="module")
def spliced(
    footage: dict[str, Path], edited_copy: EditedCopy, fingerprinted: Fingerprinted
) -> tuple[Fingerprint, tuple[Truth, ...]]:
    """Six seconds of one video, and fourteen of another."""
    path, truths = edited_copy(Piece(footage["bikes"], 0.0, 6.0), Piece(footage["trailer"], 30.0, 44.0))
    return fingerprinted(path).fingerprint, truths


def test_why_a_real_copy_matches(
    spliced: tuple[Fingerprint, tuple[Truth, ...]], library: MemoryIndex, footage: dict[str, Path],
    fingerprinted: Fingerprinted,
) -> None:  # fmt: skip
    copy, _ = spliced
    original = fingerprinted(footage["trailer"]).fingerprint
    answers = match(Query.of_fingerprint(copy), library, library)
    one = next(answer for answer in answers if answer.media_id == "trailer")
    told = explain(copy, original, one)
    (seen,) = told.intervals
    assert (seen.number, seen.interval, seen.found_again) == (1, one.intervals[0], True)
    assert seen.picture is not None
    assert seen.sound is not None
    assert seen.picture.agreeing > 0.9 * seen.picture.moments > 20
    assert seen.picture.moving_alike > 0.8 * seen.picture.moving > 0
    assert sum(pair.common_features >= 7 for pair in seen.picture.compared) >= 2
    assert seen.sound.by_chance is not None
    assert seen.sound.common > 0.5 * seen.sound.peaks > 10 * seen.sound.by_chance
    assert told.stored_similarity == pytest.approx(one.similarity, abs=0.01)
    assert told.notes == []
    assert told.input_duration == pytest.approx(copy.duration, abs=0.001)
    check_bounds(told)


def test_the_points_of_a_real_copy_lie_on_its_line(
    spliced: tuple[Fingerprint, tuple[Truth, ...]], footage: dict[str, Path], fingerprinted: Fingerprinted
) -> None:
    copy, truths = spliced
    (start, end), (first, last) = truths[1].copy, truths[1].original
    whole = Interval(
        input_start=start, input_end=end, reference_start=first, reference_end=last, similarity=1.0, track=Track.BOTH
    )
    told = explain(copy, fingerprinted(footage["trailer"]).fingerprint, found(whole))
    for points in (told.picture, told.sound):
        assert points is not None
        off = np.array(points.inside.reference) - np.array(points.inside.input) - (first - start)
        assert len(off) > 50
        assert np.abs(off).max() < 1.0


def test_a_chance_likeness_shows_that_next_to_nothing_agrees(
    spliced: tuple[Fingerprint, tuple[Truth, ...]], footage: dict[str, Path], fingerprinted: Fingerprinted
) -> None:
    copy, _ = spliced
    other = fingerprinted(footage["carphone"]).fingerprint
    told = explain(copy, other, found(interval(6.0, 12.0, 2.0, Track.BOTH), media_id="carphone"))
    (seen,) = told.intervals
    assert not seen.found_again
    assert seen.log_odds is None
    assert told.stored_similarity is not None
    assert told.stored_similarity < 0.5
    assert seen.picture is not None
    assert seen.picture.agreeing < 0.2 * seen.picture.moments
    assert all(pair.common_features < 7 for pair in seen.picture.compared)
    assert any("Interval 1 is not given by the stored fingerprints alone" in note for note in told.notes)


def test_a_sound_of_which_nothing_is_shared_says_so() -> None:
    one, other = (Fingerprint(60.0, None, sounds.sound(60.0, seed)) for seed in (1, 2))
    told = explain(one, other, found(interval(5.0, 25.0, 30.0)))
    (seen,) = told.intervals
    assert seen.sound is not None
    assert seen.sound.most_elsewhere is not None
    assert seen.sound.common <= 1.5 * seen.sound.most_elsewhere
    assert (seen.found_again, seen.sound.log_odds, told.stored_similarity) == (False, None, 0.0)
    assert "The input and the reference have no picture." in told.notes


@pytest.mark.parametrize(
    ("query", "reference", "note"),
    [
        (Fingerprint(5.0, tracks.picture()), Fingerprint(5.0, None, tracks.sound()), "The input has no sound."),
        (Fingerprint(5.0, None, tracks.sound()), Fingerprint(5.0, tracks.picture()), "The input has no picture."),
    ],
)
def test_two_that_have_no_track_in_common_have_nothing_to_compare(
    query: Fingerprint, reference: Fingerprint, note: str
) -> None:
    told = explain(query, reference, found(interval(0.0, 4.0, 0.0)))
    assert note in told.notes
    assert (told.intervals[0].picture, told.intervals[0].sound, told.picture, told.sound) == (None, None, None, None)


def test_a_copy_that_goes_over_pieces_of_a_long_input_is_one_interval() -> None:
    original = sounds.sound(2000.0, seed=1)
    copy = Fingerprint(2000.0, None, sounds.worn(original, 0.7, seed=2))
    told = explain(copy, Fingerprint(2000.0, None, original), found(interval(0.0, 2000.0, 0.0)))
    (seen,) = told.intervals
    assert seen.sound is not None
    assert seen.sound.common > 0.6 * seen.sound.peaks
    check_bounds(told)
    assert len(msgspec.json.encode(told)) < 300_000


def test_of_very_many_intervals_the_longest_are_told_and_the_others_counted() -> None:
    sound = sounds.sound(300.0, seed=1)
    item = Fingerprint(300.0, None, sound)
    many = [
        interval(float(n), n + 0.5 + n / 1000, float(n)) for n in range(told_of_match.PARAMETERS.max_intervals + 30)
    ]
    told = explain(item, item, found(*many))
    assert told.left_out == 30
    assert [one.number for one in told.intervals] == list(range(31, told_of_match.PARAMETERS.max_intervals + 31))


def test_a_match_alone_tells_its_intervals_and_what_they_are_held_against() -> None:
    told = untold(found(interval(1.0, 3.0, 5.0)), input_duration=10.0, reference_duration=0.0)
    assert [one.number for one in told.intervals] == [1]
    assert (told.picture, told.sound, told.stored_similarity) == (None, None, None)
    assert told.thresholds


@pytest.mark.parametrize("times", [(0.0, 0.0, 0.0), (900.0, 999.0, 9000.0), (3.0, 2.0, 1.0)])
def test_an_interval_that_lies_nowhere_is_told_of_as_one_with_nothing_in_it(
    times: tuple[float, float, float],
) -> None:
    item = Fingerprint(5.0, tracks.picture(), tracks.sound())
    told = explain(item, item, found(interval(*times)))
    assert told.intervals[0].sound is not None
    assert told.intervals[0].sound.common <= 1
    check_bounds(told)


def test_a_match_without_intervals_is_told_of_as_well() -> None:
    item = Fingerprint(5.0, tracks.picture(), tracks.sound())
    assert explain(item, replace(item, sound=tracks.sound(3)), found()).intervals == []
