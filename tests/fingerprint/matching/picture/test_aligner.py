"""A moving copy is found with its place and bounds by its picture alone, and what is no copy is not."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from support.scenes import DUSK, HEIGHT, WIDTH, Image, collected, inset, mirrored, scene

from fingerprint.matching import confidence, search_regions
from fingerprint.matching.picture import aligner
from fingerprint.matching.picture.aligner import align_picture
from fingerprint.matching.picture.correspondences import Hint
from fingerprint.matching.picture.motion import MotionHits
from fingerprint.matching.picture.query import PictureQuery
from fingerprint.matching.picture.query_frames import Miniatures
from fingerprint.matching.time_map import Segment, TimeMap
from fingerprint.model import Fingerprint
from fingerprint.picture.keyframes import Keyframes
from fingerprint.picture.local_features import no_features
from fingerprint.picture.track import PictureTrack
from fingerprint.query import Piece

NEAR_S = 0.6

#: The copy in every query here: which span of the query, and how much later it lies in the reference.
START, END, OFFSET = 4.0, 14.0, 16.0


class Film:
    """A camera that pans over a large picture, while things move in front of it."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        parts = [scene(1000 * seed + number) for number in range(9)]
        self._canvas = np.concatenate([np.concatenate(parts[first : first + 3], 1) for first in (0, 3, 6)])
        self._speeds, self._phases = rng.uniform(0.2, 0.6, (4, 2)), rng.uniform(0, 6, (4, 2))

    def at(self, time: float) -> Image:
        ways = (1 + np.sin(self._speeds * time + self._phases)) / 2
        top, left = (ways[0] * (2 * HEIGHT, 2 * WIDTH)).astype(int).tolist()
        image = self._canvas[top : top + HEIGHT, left : left + WIDTH].copy()
        for number, way in enumerate(ways[1:]):
            y, x = (way * (HEIGHT, WIDTH)).astype(int).tolist()
            cv2.circle(image, (x, y), 24, (250, 80 * number, 120), -1)
        return image


def shown(film: Film, first: float, last: float, at: float = 0.0) -> dict[int, Image]:
    """Return four pictures a second of a film, by grid number from another time on."""
    return {round((at + step) * 4): film.at(first + step) for step in np.arange(0, last - first, 0.25).tolist()}


def balls(first: float, last: float) -> dict[int, Image]:
    """Return pictures of balls that move in front of a sky, nothing like a film."""
    pictures = {}
    for number in range(round(first * 4), round(last * 4)):
        pictures[number] = DUSK.copy()
        for ball in range(3):
            x, y = (160 + 140 * np.sin(0.3 * number + ball), 90 + 60 * np.cos(0.2 * number * (1 + ball)))
            cv2.circle(pictures[number], (int(x), int(y)), 30, (90, 250, 120), -1)
    return pictures


def prepared(pictures: dict[int, Image], *, bare: bool = False, thorough: bool = False) -> PictureQuery:
    collector = collected(pictures)
    keyframes = Keyframes.of([]) if bare else collector.keyframes()
    made = PictureQuery.of(Piece(Fingerprint(len(pictures) / 4, collector.track()), keyframes), thorough=thorough)
    assert made is not None
    return made


def around(copy: Callable[[float], Image]) -> dict[int, Image]:
    """Return pictures of which those from `START` to `END` are a copy's, by the time since its start."""
    pictures = {number: copy(number / 4 - START) for number in range(round(START * 4), round(END * 4))}
    return balls(0, START) | pictures | balls(END, END + 4)


def copied(edit: Callable[[Image], Image] = np.copy) -> dict[int, Image]:
    """Return pictures of which some seconds are an edited copy of the original."""
    return around(lambda time: edit(ORIGINAL.at(START + OFFSET + time)))


def put_in(image: Image) -> Image:
    return inset(image, DUSK, (160, 90), (160, 90))


ORIGINAL = Film(1)


@pytest.fixture(scope="module")
def reference() -> PictureTrack:
    return collected(shown(ORIGINAL, 0, 40)).track()


@pytest.fixture(scope="module")
def copy() -> PictureQuery:
    """Return a query of which some seconds are a copy of the original, as it is."""
    return prepared(copied())


def good(segments: list[Segment]) -> list[Segment]:
    """Return the segments that are more likely copies than not."""
    return [segment for segment in segments if segment.log_odds >= confidence.PARAMETERS.even_log_odds]


def assert_is_the_copy(segments: list[Segment], offset: float = OFFSET, start: float = START) -> None:
    (found,) = good(segments)
    assert found.picture
    assert not found.sound
    assert found.map.speed == 1.0
    assert found.map.offset == pytest.approx(offset, abs=0.15)
    assert found.start == pytest.approx(start, abs=NEAR_S)
    assert found.end == pytest.approx(start + END - START, abs=NEAR_S)


@pytest.mark.parametrize(("edit", "edits"), [(np.copy, ()), (mirrored, ("mirrored",))])
def test_a_moving_copy_is_found_with_its_place_and_bounds(
    reference: PictureTrack, edit: Callable[[Image], Image], edits: tuple[str, ...]
) -> None:
    segments = align_picture(prepared(copied(edit)), reference)
    assert_is_the_copy(segments)
    assert good(segments)[0].transforms == edits
    assert good(segments)[0].similarity > 0.95


def test_an_inset_is_found_by_a_thorough_look(reference: PictureTrack) -> None:
    segments = align_picture(prepared(copied(put_in), thorough=True), reference)
    assert_is_the_copy(segments)
    assert good(segments)[0].transforms == ("inserted",)


def test_an_inset_at_an_odd_place_is_found_where_the_sound_tells_of_it(reference: PictureTrack) -> None:
    query = prepared(copied(lambda image: inset(image, DUSK, (90, 50), (110, 62))))
    assert not good(align_picture(query, reference))
    assert_is_the_copy(align_picture(query, reference, [Hint(TimeMap(1.0, OFFSET), START, END)]))


def test_a_wrong_word_of_the_sound_makes_no_copy(reference: PictureTrack) -> None:
    hint = [Hint(TimeMap(1.0, OFFSET), START, END)]
    assert not good(align_picture(prepared(around(Film(7).at)), reference, hint))


def test_a_bare_fingerprint_of_a_copy_is_found(reference: PictureTrack) -> None:
    assert_is_the_copy(align_picture(prepared(copied(), bare=True), reference))


@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_a_copy_of_another_speed_is_found_with_its_speed(reference: PictureTrack, speed: float) -> None:
    segments = align_picture(prepared(around(lambda time: ORIGINAL.at(20 + speed * time))), reference)
    (found,) = good(segments)
    assert found.map.speed == pytest.approx(speed, rel=0.03)
    assert (found.start, found.end) == pytest.approx((START, END), abs=2 * NEAR_S)
    assert found.map.at(START) == pytest.approx(20, abs=0.5)


def test_a_later_piece_of_a_long_query_is_placed_by_its_own_times(reference: PictureTrack) -> None:
    later = {2400 + number: image for number, image in copied().items()}
    assert_is_the_copy(align_picture(prepared(later), reference), OFFSET - 600, START + 600)


def test_two_copies_in_another_order_are_both_found(reference: PictureTrack) -> None:
    pictures = shown(ORIGINAL, 25, 34) | balls(9, 13) | shown(ORIGINAL, 5, 14, 13)
    first, second = good(align_picture(prepared(pictures), reference))
    assert (first.start, first.end) == pytest.approx((0, 9), abs=NEAR_S)
    assert (second.start, second.end) == pytest.approx((13, 22), abs=NEAR_S)
    assert (first.map.offset, second.map.offset) == pytest.approx((25, -8), abs=0.15)


@pytest.mark.parametrize("thorough", [True, False])
def test_an_unrelated_film_is_no_copy(reference: PictureTrack, thorough: bool) -> None:  # noqa: FBT001 (a parameter)
    query = prepared(shown(Film(7 + thorough), 0, 12), thorough=thorough)
    assert not good(align_picture(query, reference))


@pytest.fixture(scope="module")
def foreign() -> PictureTrack:
    """Return fifty seconds that show nothing of the others."""
    return collected(shown(Film(21), 0, 50)).track()


def behind(foreign: PictureTrack, times: int, reference: PictureTrack) -> PictureTrack:
    """Return a reference behind so many times the foreign fifty seconds."""
    return PictureTrack.join(
        [
            replace(
                part,
                numbers=part.numbers + np.int32(200 * number),
                times_ms=part.times_ms + np.int32(50_000 * number),
                grid_ms=part.grid_ms + np.int32(50_000 * number),
            )
            for number, part in enumerate([*[foreign] * times, reference])
        ]
    )


def without_local_features(track: PictureTrack) -> PictureTrack:
    none = np.zeros(0, np.int32)
    return replace(track, local_rows=none, local_counts=none, local=no_features())


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Tell how many of a reference's pictures movement was compared with."""
    counts: list[int] = []
    find = aligner.find_motion

    def counted(query: Miniatures, grid: np.ndarray[Any, Any], thumbnails: np.ndarray[Any, Any]) -> MotionHits:
        counts.append(len(grid))
        return find(query, grid, thumbnails)

    monkeypatch.setattr(aligner, "find_motion", counted)
    return counts


def test_in_a_long_reference_a_copy_is_found_and_movement_compared_where_it_looks_alike(
    copy: PictureQuery, reference: PictureTrack, foreign: PictureTrack, compared: list[int]
) -> None:
    long = behind(foreign, 40, reference)
    assert long.grid_ms[-1] / 1000 > search_regions.PARAMETERS.long_reference_s
    assert_is_the_copy(align_picture(copy, long), OFFSET + 2000)
    assert 100 <= compared[0] < len(long.grid_ms) * 0.7


def test_in_a_short_reference_all_movement_is_compared(reference: PictureTrack, compared: list[int]) -> None:
    behind_balls = behind(collected(balls(0, 50)).track(), 1, reference)
    (found,) = good(align_picture(prepared(shown(ORIGINAL, 20, 30)), behind_balls))
    assert found.map.offset == pytest.approx(70, abs=0.15)
    assert compared == [360]


def test_another_take_in_front_of_the_same_wall_is_less_of_a_copy_than_a_copy() -> None:
    def take(seed: int) -> dict[int, Image]:
        wall, pictures = scene(3), Film(seed)
        return {
            number: np.asarray(cv2.addWeighted(wall, 0.7, pictures.at(number / 4), 0.3, 0), np.uint8)
            for number in range(48)
        }

    track = collected(take(11)).track()
    copy = max(segment.log_odds for segment in align_picture(prepared(take(11)), track))
    other = max((segment.log_odds for segment in align_picture(prepared(take(12)), track)), default=0.0)
    assert copy > confidence.PARAMETERS.even_log_odds
    assert other < copy - confidence.PARAMETERS.even_log_odds


@pytest.mark.parametrize("seed", range(11, 19))
def test_other_things_that_move_in_front_of_the_same_wall_are_no_copy(seed: int) -> None:
    def take(seed: int) -> dict[int, Image]:
        wall, rng = scene(3), np.random.default_rng(seed)
        speeds, phases = rng.uniform(0.6, 1.8, (3, 2)), rng.uniform(0, 6, (3, 2))
        pictures = {}
        for number in range(48):
            pictures[number] = wall.copy()
            for ball, place in enumerate((1 + np.sin(speeds * number / 4 + phases)) / 2 * (WIDTH, HEIGHT)):
                x, y = place.astype(int).tolist()
                cv2.circle(pictures[number], (x, y), 24, (250, 80 * ball, 120), -1)
        return pictures

    track = collected(take(seed)).track()
    assert good(align_picture(prepared(take(seed)), track))
    assert not good(align_picture(prepared(take(seed + 20)), track))


@pytest.mark.parametrize(("slides", "seconds"), [(1, 50), (5, 10), (10, 5)])
def test_slides_are_a_copy_of_themselves(slides: int, seconds: int) -> None:
    film = {number: scene(number // (4 * seconds)) for number in range(4 * seconds * slides)}
    found = align_picture(prepared(film), collected(film).track())
    assert sum(segment.log_odds for segment in found) > confidence.PARAMETERS.even_log_odds
    assert {segment.map.speed for segment in found} == {1.0}
    assert all(abs(segment.map.offset) < NEAR_S for segment in found)
    assert (found[0].start, found[-1].end) == pytest.approx((0, seconds * slides), abs=NEAR_S)
    assert all(one.end <= following.start for one, following in itertools.pairwise(found))


def test_what_shows_nothing_is_like_nothing(copy: PictureQuery, reference: PictureTrack) -> None:
    black = dict.fromkeys(range(40), np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    assert align_picture(prepared(black), reference) == []
    assert align_picture(copy, collected(black).track()) == []
    assert align_picture(prepared(black), collected(black).track()) == []


def test_a_reference_without_local_features_is_compared_by_its_looks(
    copy: PictureQuery, reference: PictureTrack
) -> None:
    segments = align_picture(copy, without_local_features(reference))
    best = max(segments, key=lambda segment: segment.log_odds)
    assert best.map.at(START) == pytest.approx(START + OFFSET, abs=0.5)
