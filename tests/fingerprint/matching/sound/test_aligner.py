from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sounds import changed, joined, piece, sound, track, worn

from fingerprint.matching import confidence
from fingerprint.matching.search_regions import SearchRegion
from fingerprint.matching.sound.aligner import SoundQuery, align_sound
from fingerprint.sound.track import SoundTrack, frame_s

SEEDS = st.integers(0, 10_000)
ORIGINAL = sound(120, 1)
FRAME_S = frame_s()
EVEN_LOG_ODDS = confidence.PARAMETERS.even_log_odds

#: Made-up sounds coincide by chance in one of a thousand pairs, so what is said is said of the same ones every time.
SAME_EVERY_TIME = settings(derandomize=True)


def between_others(part: SoundTrack, seconds: float, before: float = 12.0) -> SoundTrack:
    """Return a query that sounds like the part for some seconds, and like nothing known before and after."""
    return joined((sound(before, 5), before), (part, seconds), (sound(10, 6), 10.0))


@settings(SAME_EVERY_TIME, max_examples=50)
@given(st.floats(0, 90), st.floats(4, 30), st.floats(0, 30) | st.just(0.0))
def test_a_piece_is_found_with_its_offset(start: float, length: float, before: float) -> None:
    query = between_others(piece(ORIGINAL, start, start + length), length, before)
    (found,) = align_sound(SoundQuery(query), ORIGINAL, wide=False)
    assert found.start == pytest.approx(before, abs=2.5)
    assert found.start >= 0.0
    assert found.end == pytest.approx(before + length, abs=2.5)
    assert found.map.speed == 1.0
    assert found.map.offset == pytest.approx(start - before, abs=2 * FRAME_S)
    assert (found.picture, found.sound) == (False, True)


def test_a_piece_is_found_with_its_bounds_but_for_a_stroke_of_chance() -> None:
    off = []
    for start, length, before in np.random.default_rng(1).uniform((0, 4, 0), (90, 30, 30), (100, 3)):
        query = between_others(piece(ORIGINAL, start, start + length), length, before)
        (found,) = align_sound(SoundQuery(query), ORIGINAL, wide=False)
        off += [abs(found.start - before), abs(found.end - before - length)]
    # What follows a piece coincides with the original by chance now and then, for a moment or two.
    assert (np.quantile(off, [0.5, 0.8, 0.98]) < [0.1, 0.25, 1.0]).all()


@settings(SAME_EVERY_TIME, max_examples=30)
@given(st.floats(0.65, 1.0), SEEDS)
def test_a_piece_of_which_a_third_of_the_peaks_are_gone_is_found(kept: float, seed: int) -> None:
    query = between_others(worn(piece(ORIGINAL, 30, 50), kept, seed), 20)
    (found,) = align_sound(SoundQuery(query), ORIGINAL, wide=False)
    assert (found.start, found.end) == pytest.approx((12, 32), abs=2.0)
    assert found.map.at(20.0) == pytest.approx(38.0, abs=2 * FRAME_S)


def test_the_longer_and_the_better_a_piece_is_heard_the_more_it_tells() -> None:
    def heard(length: float, kept: float) -> tuple[float, float]:
        query = between_others(worn(piece(ORIGINAL, 30, 30 + length), kept, 1), length)
        (found,) = align_sound(SoundQuery(query), ORIGINAL, wide=False)
        return found.log_odds, found.similarity

    assert heard(5, 0.9)[0] < heard(10, 0.9)[0] < heard(20, 0.9)[0]
    assert heard(20, 0.4)[0] < heard(20, 0.7)[0] < heard(20, 0.9)[0]
    assert heard(20, 0.4)[1] < heard(20, 0.6)[1]


@settings(SAME_EVERY_TIME)
@given(st.permutations(range(4)))
def test_pieces_in_any_order_are_found_each(order: list[int]) -> None:
    query = joined(*((piece(ORIGINAL, 25.0 * at, 25.0 * at + 10), 10.0) for at in order))
    found = sorted(align_sound(SoundQuery(query), ORIGINAL, wide=False), key=lambda one: one.start)
    whole = [one for one in found if one.length > 2]
    covered = 0.0
    for place, at in enumerate(order):
        middle = 10.0 * place + 5
        (own,) = (one for one in whole if one.start < middle < one.end)
        assert own.map.at(middle) == pytest.approx(25.0 * at + 5, abs=2 * FRAME_S)
        covered += min(own.end, 10.0 * place + 10) - max(own.start, 10.0 * place)
    assert covered > 36


def spliced(middle: SoundTrack, seconds: float) -> SoundTrack:
    """Return a query of two pieces on one time map, with something else between them."""
    return joined(
        (piece(ORIGINAL, 5, 25), 20.0), (middle, seconds), (piece(ORIGINAL, 25 + seconds, 45 + seconds), 20.0)
    )


@pytest.mark.parametrize("seconds", [15.0, 60.0])
def test_other_sound_between_two_pieces_belongs_to_neither(seconds: float) -> None:
    found = align_sound(SoundQuery(spliced(sound(seconds, 9), seconds)), ORIGINAL, wide=False)
    assert len(found) == 2
    first, second = sorted(found, key=lambda segment: segment.start)
    assert (first.start, first.end) == pytest.approx((0.0, 20.0), abs=1.0)
    assert (second.start, second.end) == pytest.approx((20.0 + seconds, 40.0 + seconds), abs=1.0)


def test_a_copy_goes_on_over_a_silence() -> None:
    found = align_sound(SoundQuery(spliced(sound(15, 9, density=0.3), 15.0)), ORIGINAL, wide=False)
    (one,) = found
    assert (one.start, one.end) == pytest.approx((0.0, 55.0), abs=1.0)


def test_of_a_loop_every_turn_is_found_once() -> None:
    turn = sound(8, 4)
    found = align_sound(SoundQuery(joined(*[(turn, 8.0)] * 5)), turn, wide=False)
    assert sorted(round(-one.map.offset) for one in found) == [0, 8, 16, 24, 32]
    assert sorted(one.start for one in found) == pytest.approx([0, 8, 16, 24, 32], abs=1.0)


def test_what_the_reference_repeats_is_found_at_one_place() -> None:
    turn = sound(8, 4)
    (found,) = align_sound(SoundQuery(turn), joined(*[(turn, 8.0)] * 5), wide=False)
    assert found.map.offset / 8 == pytest.approx(round(found.map.offset / 8), abs=0.01)


CHANGES = [(1.25, 0), (0.8, 0), (2.0, 0), (0.5, 0), (1.1, 5), (0.9, -5)]


@pytest.mark.parametrize(("speed", "notes"), CHANGES)
def test_another_speed_with_and_without_another_pitch_is_found_when_it_is_looked_for(speed: float, notes: int) -> None:
    length = 30 / speed
    query = SoundQuery(between_others(changed(piece(ORIGINAL, 30, 60), speed, notes), length))
    assert align_sound(query, ORIGINAL, wide=False) == []
    for found in (align_sound(query, ORIGINAL, wide=True), align_sound(query, ORIGINAL, wide=False, speeds=[speed])):
        (one,) = found
        assert (one.start, one.end) == pytest.approx((12, 12 + length), abs=1.0)
        assert one.map.speed == pytest.approx(speed, rel=0.005)
        assert one.map.at(12 + length / 2) == pytest.approx(45, abs=0.1)


@pytest.mark.parametrize("notes", [-6, -2, 3, 4])
def test_another_pitch_at_the_same_speed_is_found_when_it_is_looked_for(notes: int) -> None:
    query = SoundQuery(between_others(changed(piece(ORIGINAL, 30, 60), 1.0, notes), 30))
    assert align_sound(query, ORIGINAL, wide=False) == []
    (found,) = align_sound(query, ORIGINAL, wide=True)
    assert found.map.speed == 1.0
    assert found.map.offset == pytest.approx(18.0, abs=2 * FRAME_S)


@pytest.mark.parametrize(("speed", "notes"), [(1.02, 1), (0.99, 0), (1.0, 1)])
def test_a_small_change_of_speed_and_pitch_is_found_in_any_case(speed: float, notes: int) -> None:
    length = 30 / speed
    query = SoundQuery(between_others(changed(piece(ORIGINAL, 30, 60), speed, notes), length))
    (found,) = align_sound(query, ORIGINAL, wide=False)
    assert (found.start, found.end) == pytest.approx((12, 12 + length), abs=1.0)
    assert found.map.speed == pytest.approx(speed, abs=0.001)


@settings(SAME_EVERY_TIME, max_examples=30)
@given(st.floats(0.985, 1.015))
def test_sound_a_little_faster_or_slower_is_followed_along(speed: float) -> None:
    length = 30 / speed
    query = SoundQuery(between_others(changed(piece(ORIGINAL, 30, 60), speed), length))
    found = align_sound(query, ORIGINAL, wide=False)
    for one in found:
        middle = (one.start + one.end) / 2
        assert one.map.at(middle) == pytest.approx(30 + speed * (middle - 12), abs=0.1)
    assert sum(one.length for one in found) > 0.8 * length


def test_sound_as_it_is_is_not_taken_for_changed_sound() -> None:
    query = SoundQuery(between_others(piece(ORIGINAL, 30, 60), 30))
    assert align_sound(query, ORIGINAL, wide=True) == align_sound(query, ORIGINAL, wide=False)


@settings(SAME_EVERY_TIME, max_examples=30)
@given(SEEDS, st.booleans())
def test_other_sound_is_not_heard(seed: int, wide: bool) -> None:  # noqa: FBT001 (hypothesis gives it by name)
    assert align_sound(SoundQuery(sound(60, seed + 100)), ORIGINAL, wide=wide) == []


@pytest.mark.parametrize("wide", [False, True])
def test_silence_is_not_heard(wide: bool) -> None:  # noqa: FBT001 (pytest gives it by name)
    silence = SoundTrack.nothing()
    assert align_sound(SoundQuery(silence), ORIGINAL, wide=wide) == []
    assert align_sound(SoundQuery(ORIGINAL), silence, wide=wide) == []
    assert align_sound(SoundQuery(silence), silence, wide=wide) == []


@pytest.mark.parametrize("peaks", [1, 2, 5])
def test_a_few_peaks_are_chance(peaks: int) -> None:
    few = track(ORIGINAL.frames[:peaks] * FRAME_S, ORIGINAL.bins[:peaks].astype(np.int64))
    assert align_sound(SoundQuery(few), ORIGINAL, wide=True) == []


def test_a_steady_beat_of_one_note_is_not_lively_sound() -> None:
    beat = track(np.arange(0, 60, 0.2), np.full(300, 60))
    assert align_sound(SoundQuery(beat), ORIGINAL, wide=True) == []
    assert align_sound(SoundQuery(ORIGINAL), beat, wide=True) == []


def drummed(seconds: float, seed: int) -> SoundTrack:
    """Return music on a drum machine: one beat for all, and a tune of its own."""
    rng = np.random.default_rng(0)
    strokes = np.stack([rng.uniform(0, 2, 12), rng.integers(30, 110, 12)])  # two seconds of drums: every third peak
    beats = np.arange(0, seconds, 2.0)
    times = (beats[:, None] + strokes[0]).ravel()
    tune = sound(seconds, seed)
    return track(
        np.concatenate([times, tune.frames * FRAME_S]),
        np.concatenate([np.tile(strokes[1], len(beats)).astype(np.int64), tune.bins.astype(np.int64)]),
    )


@settings(SAME_EVERY_TIME, max_examples=20)
@given(SEEDS, st.booleans())
def test_two_tunes_on_one_beat_are_no_copies(seed: int, wide: bool) -> None:  # noqa: FBT001 (hypothesis gives it by name)
    one, other = drummed(30, seed), drummed(60, seed + 20_000)
    assert [found for found in align_sound(SoundQuery(one), other, wide=wide) if found.log_odds > EVEN_LOG_ODDS] == []


@settings(SAME_EVERY_TIME, max_examples=20)
@given(SEEDS, st.floats(0, 45))
def test_a_tune_on_a_beat_is_told_from_others_on_the_same_beat(seed: int, start: float) -> None:
    whole = drummed(60, seed)
    found = align_sound(SoundQuery(piece(whole, start, start + 15)), whole, wide=False)
    best = max(found, key=lambda one: one.log_odds)
    assert best.map.offset == pytest.approx(start, abs=2 * FRAME_S)
    assert best.log_odds > EVEN_LOG_ODDS


@settings(SAME_EVERY_TIME, max_examples=20)
@given(SEEDS)
def test_of_twelve_seconds_a_fifth_of_the_peaks_is_enough(seed: int) -> None:
    """Noise as loud as the sound leaves about that much."""
    original = sound(120, 1, density=30)
    found = align_sound(SoundQuery(worn(piece(original, 30, 42), 0.2, seed)), original, wide=False)
    assert any(one.map.offset == pytest.approx(30, abs=2 * FRAME_S) and one.log_odds > EVEN_LOG_ODDS for one in found)


FILM = sound(3600, 11)


def test_in_a_film_a_piece_is_found_where_it_is_looked_for() -> None:
    query = SoundQuery(between_others(piece(FILM, 2000, 2020), 20))
    (found,) = align_sound(
        query, FILM, wide=False, near=[SearchRegion(0, 40, 500, 620), SearchRegion(0, 40, 1950, 2070)]
    )
    assert (found.start, found.end) == pytest.approx((12, 32), abs=1.0)
    assert found.map.at(20.0) == pytest.approx(2008, abs=2 * FRAME_S)
    assert align_sound(query, FILM, wide=False, near=[SearchRegion(0, 40, 500, 620)]) == []
    assert align_sound(query, FILM, wide=False, near=[SearchRegion(0, 11, 1950, 2070)]) == []


def test_where_to_look_may_reach_beyond_both_sounds() -> None:
    query = SoundQuery(between_others(piece(FILM, 0, 20), 20))
    (found,) = align_sound(query, FILM, wide=False, near=[SearchRegion(-30, 500, -50, 100)])
    assert found.map.at(20.0) == pytest.approx(8, abs=2 * FRAME_S)
    assert (
        align_sound(query, FILM, wide=True, near=[SearchRegion(100, 200, 0, 100), SearchRegion(0, 40, 5000, 5100)])
        == []
    )


def test_a_faster_piece_of_a_film_is_found_where_it_is_looked_for() -> None:
    query = SoundQuery(between_others(changed(piece(FILM, 2000, 2025), 1.25), 20))
    (found,) = align_sound(query, FILM, wide=True, near=[SearchRegion(0, 60, 1950, 2070)])
    assert found.map.speed == pytest.approx(1.25, abs=0.005)
    assert found.map.at(22.0) == pytest.approx(2012.5, abs=0.1)
