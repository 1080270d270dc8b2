"""Where a reference's picture lies in a query's is told by local features, and no closer than it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from support.scenes import HEIGHT, WIDTH, Image, collected, inset, mirrored, negative, scene

from fingerprint.matching.picture import localization
from fingerprint.matching.picture.localization import Located, PicturePair, locate
from fingerprint.matching.picture.query_frames import QueryFrames
from fingerprint.matching.picture.region import Region
from fingerprint.model import Fingerprint
from fingerprint.picture.keyframes import Keyframes
from fingerprint.picture.local_features import WHOLE, LocalFeatures, Part, no_features
from fingerprint.picture.track import PictureTrack
from fingerprint.query import Piece

#: Corners of the reference's picture: where a wrong region is farthest off.
CORNERS = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float64)


class CountedLooks(QueryFrames):
    """Tells which closer looks were taken."""

    def __init__(self, query: Piece) -> None:
        super().__init__(query)
        self.taken: list[tuple[float, Part]] = []

    def features(self, time: float, part: Part = WHOLE) -> dict[str, LocalFeatures]:
        self.taken.append((time, part))
        return super().features(time, part)


def query_frames(pictures: dict[int, Image], *, bare: bool = False) -> CountedLooks:
    """Return looks at a query of pictures by grid number; a bare one keeps no pictures for a second look."""
    collector = collected(pictures)
    keyframes = Keyframes.of([]) if bare else collector.keyframes()
    return CountedLooks(Piece(Fingerprint(len(pictures) / 4, collector.track()), keyframes))


def seconds(edit: Callable[[Image], Image] = np.copy, *, first: int = 0, count: int = 5) -> dict[int, Image]:
    """Return scenes of four seconds each, edited."""
    return {number: edit(scene(first + number // 16)) for number in range(16 * count)}


REFERENCE = collected(seconds()).track()
#: The first described picture of each scene has local features.
PAIRS = [PicturePair(4.0 * scene_number, row) for scene_number, row in enumerate(REFERENCE.local_rows.tolist())]


def at(region: Region) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(CORNERS @ region.matrix[:, :2].T + region.matrix[:, 2])


def test_each_scene_of_the_reference_has_local_features() -> None:
    assert REFERENCE.times_ms[REFERENCE.local_rows].tolist() == [0, 4000, 8000, 12_000, 16_000]


def put_in(image: Image) -> Image:
    return inset(image, scene(99), (20, 30), (192, 108))


def turned(image: Image) -> Image:
    return np.ascontiguousarray(np.rot90(image))


COPIES: dict[str, tuple[Callable[[Image], Image], str, list[list[float]]]] = {
    "as it is": (np.copy, "plain", [[1, 0, 0], [0, 1, 0]]),
    "mirrored": (mirrored, "mirrored", [[1, 0, 0], [0, 1, 0]]),
    "negative": (negative, "negative", [[1, 0, 0], [0, 1, 0]]),
    "turned": (turned, "plain", [[0, 1, 0], [-1, 0, 320]]),
    "put in": (put_in, "plain", [[0.6, 0, 20], [0, 0.6, 30]]),
    "put in, and all mirrored": (lambda image: mirrored(put_in(image)), "mirrored", [[0.6, 0, 20], [0, 0.6, 30]]),
}


@pytest.mark.parametrize(("edit", "variant", "matrix"), COPIES.values(), ids=COPIES)
def test_a_copys_region_is_found(edit: Callable[[Image], Image], variant: str, matrix: list[list[float]]) -> None:
    found = locate(query_frames(seconds(edit)), REFERENCE, PAIRS)
    assert found.region is not None
    assert found.region.variant == variant
    assert found.region.size == (WIDTH, HEIGHT)
    expected = replace(found.region, matrix=np.array(matrix, np.float64))
    np.testing.assert_allclose(at(found.region), at(expected), atol=3.0)
    assert [(time, place) for time, place, _ in found.pairs] == [(4.0 * number, 4.0 * number) for number in range(5)]
    assert sum(weight == localization.PARAMETERS.max_pair_log_odds for *_, weight in found.pairs) >= 4


def test_a_small_inset_is_found_by_a_closer_look_at_the_part_where_it_seems_to_be() -> None:
    query = seconds(lambda image: inset(image, scene(99), (230, 125), (80, 45)), count=2)
    corner = (0.64, 0.64, 1.0, 1.0)
    closer = query_frames(query)
    found = locate(closer, REFERENCE, [replace(pair, part=corner) for pair in PAIRS[:2]])
    assert found.region is not None
    expected = replace(found.region, matrix=np.array([[0.25, 0, 230], [0, 0.25, 125]]))
    np.testing.assert_allclose(at(found.region), at(expected), atol=3.0)
    assert {part for _, part in closer.taken} == {WHOLE, corner}
    whole = locate(query_frames(query), REFERENCE, PAIRS[:2])
    assert found.region.inliers > (0 if whole.region is None else whole.region.inliers)


def test_unrelated_pictures_have_no_region() -> None:
    found = locate(query_frames(seconds(first=50)), REFERENCE, PAIRS)
    assert found.region is None
    assert len(found.pairs) == len(PAIRS)
    assert max(weight for *_, weight in found.pairs) < localization.PARAMETERS.max_pair_log_odds / 2


def of_which_the_last_is_one(edit: Callable[[Image], Image] = np.copy) -> dict[int, Image]:
    """Return five scenes of which the last one alone is a copy."""
    return seconds(first=50) | dict.fromkeys(range(64, 80), edit(scene(4)))


def test_one_copy_among_unrelated_pictures_is_enough() -> None:
    found = locate(query_frames(of_which_the_last_is_one(put_in)), REFERENCE, PAIRS)
    assert found.region is not None
    *others, last = [weight for *_, weight in found.pairs]
    assert max(others) < localization.PARAMETERS.max_pair_log_odds / 2
    assert last == localization.PARAMETERS.max_pair_log_odds


def test_the_region_that_most_pairs_agree_on_is_told_though_another_pair_has_more_inliers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right, wrong = np.array([[1.0, 0, 0], [0, 1, 0]]), np.array([[0.5, 0, 99], [0, 0.5, 60]])
    nearly = np.array([[1.0, 0, 4], [0, 1, 4]])
    regions = {0.0: (wrong, 30), 4.0: (right, 26), 8.0: (nearly, 24)}

    def compared(_: QueryFrames, pair: PicturePair, *__: PictureTrack, **___: bool) -> Region:
        matrix, inliers = regions[pair.time]
        return Region("plain", matrix, (WIDTH, HEIGHT), inliers)

    monkeypatch.setattr(localization, "_compared", compared)
    found = locate(query_frames(seconds()), REFERENCE, PAIRS[:3])
    assert found.region is not None
    assert found.region.matrix.tolist() == right.tolist()
    assert found.inliers == (30, 26, 24)


def test_pairs_with_one_picture_of_the_reference_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = np.array([[1.0, 0, 0], [0, 1, 0]]), np.array([[0.5, 0, 99], [0, 0.5, 60]])

    def compared(_: QueryFrames, pair: PicturePair, *__: PictureTrack, **___: bool) -> Region:
        return Region("plain", *((right, (WIDTH, HEIGHT), 25) if pair.row == 1 else (wrong, (WIDTH, HEIGHT), 16)))

    monkeypatch.setattr(localization, "_compared", compared)
    pairs = [PicturePair(time, row) for time, row in ((0.0, 0), (2.0, 0), (4.0, 0), (8.0, 1))]
    found = locate(query_frames(seconds()), REFERENCE, pairs)
    assert found.region is not None
    assert found.region.matrix.tolist() == right.tolist()


def test_no_closer_look_is_taken_where_what_is_kept_makes_two_pairs_sure() -> None:
    query = query_frames(seconds(first=50) | seconds(count=2))
    assert locate(query, REFERENCE, PAIRS).region is not None
    assert query.taken == []


def test_one_sure_pair_of_one_is_enough() -> None:
    query = query_frames(seconds())
    assert locate(query, REFERENCE, PAIRS[:1]).region is not None
    assert query.taken == []


def test_one_sure_pair_of_several_leaves_doubt() -> None:
    query = query_frames(of_which_the_last_is_one())
    assert locate(query, REFERENCE, PAIRS).region is not None
    assert query.taken


def test_a_closer_look_never_makes_it_worse() -> None:
    query = of_which_the_last_is_one()
    kept, closer = (
        locate(query_frames(query, bare=True), REFERENCE, PAIRS),
        locate(query_frames(query), REFERENCE, PAIRS),
    )
    assert kept.region is not None
    assert closer.region is not None
    assert closer.region.inliers >= kept.region.inliers
    assert all(one[2] <= other[2] for one, other in zip(kept.pairs, closer.pairs, strict=True))


def test_a_closer_look_that_finds_nothing_is_given_up() -> None:
    query = query_frames(seconds(first=50))
    assert locate(query, REFERENCE, [replace(pair, similarity=0.25) for pair in PAIRS]).region is None
    assert len(query.taken) == localization.PARAMETERS.max_vain_looks < len(PAIRS)


def test_of_pictures_that_look_much_alike_none_is_given_up() -> None:
    query = query_frames(seconds(first=50))
    assert locate(query, REFERENCE, PAIRS).region is None
    assert {time for time, _ in query.taken} >= {pair.time for pair in PAIRS}


def test_no_closer_look_is_taken_at_what_nothing_speaks_for() -> None:
    query = query_frames(seconds(mirrored))
    assert locate(query, REFERENCE, [replace(pair, similarity=0.1) for pair in PAIRS]).region is None
    assert query.taken == []


def test_a_bare_fingerprint_is_compared_by_what_it_keeps() -> None:
    bare = query_frames(seconds(), bare=True)
    assert locate(bare, REFERENCE, PAIRS).region is not None
    edited = query_frames(seconds(mirrored), bare=True)
    assert locate(edited, REFERENCE, PAIRS).region is None
    assert bare.taken == edited.taken == []


#: Rows of a reference with a scene a second, of which the first of four has local features; how far off these are.
NEIGHBOURS = [(5, (-1, 3)), (6, (-2, 2)), (7, (1, -3)), (13, (-1, -5))]


def changing() -> PictureTrack:
    """Return a reference that shows another scene each second, and has local features of the first of four."""
    reference = collected({number: scene(number // 4) for number in range(64)}).track()
    assert reference.times_ms[reference.local_rows].tolist() == [0, 4000, 8000, 12_000]
    return reference


@pytest.mark.parametrize(("row", "off"), NEIGHBOURS)
def test_the_querys_picture_is_taken_as_much_earlier_or_later_as_the_references_with_features_is(
    monkeypatch: pytest.MonkeyPatch, row: int, off: tuple[float, float]
) -> None:
    monkeypatch.setattr(localization, "PARAMETERS", replace(localization.PARAMETERS, min_sure_inliers=999))
    query = query_frames(dict.fromkeys(range(80), mirrored(scene(row + round(off[0])))))
    locate(query, changing(), [PicturePair(9.0, row)])
    assert [time - 9.0 for time, _ in query.taken] == list(off)


@pytest.mark.parametrize(("row", "off"), NEIGHBOURS)
def test_where_the_nearest_says_nothing_no_other_is_looked_at(row: int, off: tuple[float, float]) -> None:
    query = query_frames(seconds(first=50))
    locate(query, changing(), [PicturePair(9.0, row, similarity=0.25)])
    assert [time - 9.0 for time, _ in query.taken] == [off[0]]


def test_a_reference_without_local_features_tells_nothing() -> None:
    none = np.zeros(0, np.int32)
    reference: PictureTrack = replace(REFERENCE, local_rows=none, local_counts=none, local=no_features())
    query = query_frames(seconds(count=1))
    assert locate(query, reference, PAIRS) == Located(None, ())
    assert query.taken == []


def test_no_pairs_tell_nothing() -> None:
    query = query_frames(seconds(count=1))
    assert locate(query, REFERENCE, []) == Located(None, ())
    assert query.taken == []
