"""A query's pictures are looked at again: near a time, in a part, and where a reference's picture lies in them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from support.scenes import HEIGHT, WIDTH, Image, collected, inset, mirrored, negative, scene

from fingerprint.matching.picture import query_frames as look
from fingerprint.matching.picture.query_frames import QueryFrames
from fingerprint.matching.picture.region import Region
from fingerprint.model import Fingerprint
from fingerprint.picture.keyframes import Keyframes
from fingerprint.picture.local_features import WHOLE, LocalFeatures, Part, describe_local
from fingerprint.query import Piece

SIZE = (WIDTH, HEIGHT)
CORNER = (0.5, 0.5, 1.0, 1.0)


def piece(pictures: dict[int, Image], *, bare: bool = False) -> Piece:
    """Return a query of pictures by grid number; a bare one keeps no pictures for a second look."""
    collector = collected(pictures)
    keyframes = Keyframes.of([]) if bare else collector.keyframes()
    return Piece(Fingerprint(len(pictures) / 4, collector.track()), keyframes)


def cuts() -> dict[int, Image]:
    """Return ten scenes, each five seconds long."""
    return {number: scene(number // 20) for number in range(200)}


def same(one: LocalFeatures, other: LocalFeatures) -> bool:
    return np.array_equal(one.points, other.points) and np.array_equal(one.codes, other.codes)


def test_the_kept_features_nearest_in_time_are_given() -> None:
    query = piece({number: scene(number // 4) for number in range(48)})
    track = query.fingerprint.picture
    assert track is not None
    assert len(track.local_rows) < len(track.numbers)
    query_frames = QueryFrames(query)
    kept = track.times_ms[track.local_rows] / 1000
    for index, time in enumerate(kept.tolist()):
        for near in (time - 0.4, time, time + 0.4):
            assert same(query_frames.kept(near), track.features(index))
    assert same(query_frames.kept(-100.0), track.features(0))
    assert same(query_frames.kept(1e6), track.features(len(kept) - 1))


@pytest.mark.parametrize(
    "query", [piece({0: np.zeros((180, 320, 3), np.uint8)}), Piece(Fingerprint(3.0), Keyframes.of([]))]
)
def test_of_a_query_that_shows_nothing_there_is_nothing_to_see(query: Piece) -> None:
    query_frames = QueryFrames(query)
    assert not query_frames.can_look_closer
    assert len(query_frames.kept(0.0)) == 0


def test_a_closer_look_is_at_the_picture_nearest_in_time_and_sees_more() -> None:
    query_frames = QueryFrames(piece(cuts()))
    assert query_frames.can_look_closer
    for time, shown in ((4.7, 0), (5.1, 1), (5.2, 1), (-3.0, 0), (100.0, 9)):
        features = query_frames.features(time)
        assert set(features) == {"plain", "mirrored", "negative"}
        whole = describe_local(scene(shown), 400)
        near = np.abs(whole.points[:, None].astype(int) - features["plain"].points).max(2).min(1) < 8
        assert near.mean() > 0.6
        assert len(features["plain"]) > len(query_frames.kept(time))


def test_each_part_of_each_picture_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Part] = []
    describe = look.describe_variants

    def counted(rgb: Image, most: int, part: Part = WHOLE) -> dict[str, LocalFeatures]:
        looked.append(part)
        return describe(rgb, most, part)

    monkeypatch.setattr(look, "describe_variants", counted)
    query_frames = QueryFrames(piece({number: scene(number) for number in range(3)}))
    first = query_frames.features(0.0)
    for _ in range(2):
        assert query_frames.features(0.1) is first
        for part in (WHOLE, CORNER):
            for time in (0.0, 0.26, 0.5):
                query_frames.features(time, part)
    assert sorted(looked) == [WHOLE] * 3 + [CORNER] * 3
    assert query_frames.features(0.0, CORNER) is not first


def test_the_size_is_the_queries_own() -> None:
    tall = np.ascontiguousarray(np.rot90(scene()))
    assert QueryFrames(piece({1: tall})).size == (180, 320)
    assert QueryFrames(piece({1: np.asarray(cv2.resize(scene(), (160, 90)))})).size == (320, 180)


def square_means(image: Image) -> NDArray[np.float64]:
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(gray, (8, 8), interpolation=cv2.INTER_AREA), np.float64).reshape(-1)


def all_of(query_frames: QueryFrames) -> NDArray[np.bool_]:
    return np.ones(len(query_frames.times), bool)


WHOLE_REGION = np.array([[1.0, 0, 0], [0, 1.0, 0]])
INSET = np.array([[0.4, 0, 180], [0, 0.4, 100]])


def put_in(image: Image) -> Image:
    return inset(image, scene(99), (180, 100), (128, 72))


EDITS: dict[str, tuple[Callable[[Image], Image], Region]] = {
    "whole": (np.copy, Region("plain", WHOLE_REGION, SIZE, 30)),
    "mirrored": (mirrored, Region("mirrored", WHOLE_REGION, SIZE, 30)),
    "negative": (negative, Region("negative", WHOLE_REGION, SIZE, 30)),
    "inset": (put_in, Region("plain", INSET, SIZE, 30)),
    "mirrored with its inset": (lambda image: mirrored(put_in(image)), Region("mirrored", INSET, SIZE, 30)),
    "turned": (
        lambda image: np.ascontiguousarray(np.rot90(image)),
        Region("plain", np.array([[0, 1.0, 0], [-1.0, 0, 320]]), SIZE, 30),
    ),
}


@pytest.mark.parametrize(("edit", "region"), EDITS.values(), ids=EDITS)
def test_where_the_references_picture_lies_its_miniatures_are_seen(
    edit: Callable[[Image], Image], region: Region
) -> None:
    query_frames = QueryFrames(piece({number: edit(scene(number)) for number in range(4)}))
    seen = query_frames.miniatures(region, all_of(query_frames))
    assert seen.covered.all()
    assert seen.times.tolist() == [0.0, 0.25, 0.5, 0.75]
    for number in range(4):
        off = np.abs(seen.thumbnails[number] - square_means(scene(number)))
        other = np.abs(seen.thumbnails[number] - square_means(scene(number + 1)))
        assert off.mean() < 5 < other.mean()


def test_only_the_wanted_pictures_are_given() -> None:
    query_frames = QueryFrames(piece({number: scene(number) for number in range(6)}))
    wanted = np.array([False, True, False, False, True, False])
    region = Region("plain", WHOLE_REGION, SIZE, 30)
    seen = query_frames.miniatures(region, wanted)
    assert seen.times.tolist() == [0.25, 1.0]
    np.testing.assert_array_equal(
        seen.thumbnails, query_frames.miniatures(region, all_of(query_frames)).thumbnails[[1, 4]]
    )
    nothing = query_frames.miniatures(region, np.zeros(6, bool))
    assert nothing.thumbnails.shape == (0, 64)


@pytest.mark.parametrize(
    ("matrix", "columns", "rows"),
    [
        ([[1.0, 0, -160], [0, 1.0, 0]], slice(4, 8), slice(0, 8)),
        ([[1.0, 0, 80], [0, 1.0, 90]], slice(0, 6), slice(0, 4)),
        ([[2.0, 0, -160], [0, 2.0, -90]], slice(2, 6), slice(2, 6)),
    ],
    ids=["its left half is cut off", "it reaches over the right and the bottom", "its middle fills the picture"],
)
def test_cells_that_lie_outside_of_the_query_are_told(matrix: list[list[float]], columns: slice, rows: slice) -> None:
    query_frames = QueryFrames(piece({0: scene()}))
    covered = query_frames.miniatures(Region("plain", np.array(matrix), SIZE, 30), all_of(query_frames)).covered
    expected = np.zeros((8, 8), bool)
    expected[rows, columns] = True
    np.testing.assert_array_equal(covered.reshape(8, 8), expected)


def test_of_a_bare_fingerprint_the_miniatures_that_it_keeps_are_seen() -> None:
    query_frames = QueryFrames(piece({number: scene(number) for number in range(4)}, bare=True))
    assert not query_frames.can_look_closer
    seen = query_frames.miniatures(Region("plain", WHOLE_REGION, SIZE, 30), all_of(query_frames))
    assert seen.times.tolist() == [0.0, 0.25, 0.5, 0.75]
    for number in range(4):
        similarity = [np.corrcoef(seen.thumbnails[number], square_means(scene(other)))[0, 1] for other in range(4)]
        assert similarity[number] > 0.8
        assert int(np.argmax(similarity)) == number


def test_of_a_query_without_pictures_no_miniatures_are_seen() -> None:
    query_frames = QueryFrames(Piece(Fingerprint(3.0), Keyframes.of([])))
    seen = query_frames.miniatures(Region("plain", WHOLE_REGION, SIZE, 30), all_of(query_frames))
    assert len(seen.times) == len(seen.thumbnails) == 0
    assert not seen.covered.any()
