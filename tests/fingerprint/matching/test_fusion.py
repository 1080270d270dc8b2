from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fingerprint.matching.fusion import fuse, join_adjacent, non_maximum_suppression
from fingerprint.matching.time_map import Segment, TimeMap

SECONDS = st.integers(0, 100).map(float)


def segment(
    start: float, end: float, offset: float = 0.0, *, log_odds: float = 20.0, picture: bool = True, sound: bool = False
) -> Segment:
    return Segment(start, end, TimeMap(1.0, offset), log_odds, 0.8, picture=picture, sound=sound)


def heard(start: float, end: float, offset: float = 0.0, *, log_odds: float = 20.0) -> Segment:
    return segment(start, end, offset, log_odds=log_odds, picture=False, sound=True)


@st.composite
def segments(draw: st.DrawFn) -> list[Segment]:
    made = []
    for _ in range(draw(st.integers(0, 6))):
        start, length, offset = draw(SECONDS), draw(st.integers(1, 40)), draw(st.integers(-50, 50))
        picture = draw(st.booleans())
        log_odds = float(draw(st.integers(1, 60)))
        made.append(
            segment(start, start + length, float(offset), log_odds=log_odds, picture=picture, sound=not picture)
        )
    return made


def test_picture_and_sound_on_one_time_map_are_one_segment() -> None:
    (both,) = fuse([segment(0, 10, 5.0)], [heard(0.5, 10.5, 5.2)])
    assert (both.picture, both.sound, both.log_odds) == (True, True, 40.0)
    assert (both.start, both.end) == (0, 10)
    assert both.map == TimeMap(1.0, 5.2)


def test_the_longer_track_tells_where_a_joined_segment_ends() -> None:
    (both,) = fuse([segment(5, 10)], [heard(0, 20)])
    assert (both.start, both.end) == (0, 20)


def test_picture_and_sound_that_disagree_are_two_segments() -> None:
    apart = fuse([segment(0, 10, 5.0)], [heard(0, 10, 30.0)])
    assert [(one.picture, one.sound) for one in apart] == [(True, False), (False, True)]


def test_one_picture_takes_up_all_pieces_of_its_sound() -> None:
    (both,) = fuse([segment(0, 30)], [heard(0, 10), heard(12, 30)])
    assert (both.start, both.end, both.log_odds) == (0, 30, 60.0)


@given(segments())
def test_fusing_loses_no_evidence_and_no_moment(made: list[Segment]) -> None:
    pictures, sounds = [one for one in made if one.picture], [one for one in made if one.sound]
    fused = fuse(pictures, sounds)
    assert sum(one.log_odds for one in fused) == sum(one.log_odds for one in made)
    assert [one.start for one in fused] == sorted(one.start for one in fused)
    for one in made:
        assert any(other.start < one.start + 1.5 and other.end > one.end - 1.5 for other in fused)


def test_a_weaker_segment_over_the_same_time_is_an_echo() -> None:
    strong, weak = segment(0, 10), segment(2, 8, 40.0, log_odds=5.0)
    assert non_maximum_suppression([weak, strong]) == [strong]


def test_what_another_track_says_is_no_echo() -> None:
    both = [segment(0, 10), heard(0, 10, 40.0, log_odds=5.0)]
    assert non_maximum_suppression(both) == both


def test_what_hardly_overlaps_is_no_echo() -> None:
    follows = [segment(0, 10), segment(9, 20, 40.0, log_odds=5.0)]
    assert non_maximum_suppression(follows) == follows


@given(segments())
def test_the_strongest_stays_and_nothing_is_made_up(made: list[Segment]) -> None:
    kept = non_maximum_suppression(made)
    assert all(one in made for one in kept)
    assert max((one.log_odds for one in kept), default=0) == max((one.log_odds for one in made), default=0)


def test_segments_that_follow_each_other_on_one_map_are_one() -> None:
    (whole,) = join_adjacent([segment(5.5, 10), segment(0, 5)])
    assert (whole.start, whole.end, whole.log_odds) == (0, 10, 40.0)


def test_a_cut_in_the_reference_or_a_long_pause_keeps_segments_apart() -> None:
    for parts in ([segment(0, 5), segment(5, 10, 3.0)], [segment(0, 5), segment(8, 10)]):
        assert join_adjacent(parts) == parts


def test_segments_of_different_tracks_stay_apart() -> None:
    parts = [segment(0, 5), heard(5, 10)]
    assert join_adjacent(parts) == parts


@given(segments())
def test_merging_keeps_all_evidence(made: list[Segment]) -> None:
    assert sum(one.log_odds for one in join_adjacent(made)) == sum(one.log_odds for one in made)
