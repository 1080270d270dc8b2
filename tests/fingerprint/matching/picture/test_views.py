"""A query's pictures are looked at in views that undo edits, no more often than its length asks for."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from support.scenes import DUSK, HEIGHT, WIDTH, Image, collected, inset, mirrored, negative, scene

from fingerprint.matching.picture import views
from fingerprint.matching.picture.views import ViewDescriber, Views, edits_of_view, regions, view_names, view_of
from fingerprint.picture import extractor
from fingerprint.picture.embedding import dequantise, describe
from fingerprint.picture.keyframes import Keyframes, encode_still

EDITS = {
    "plain": np.copy,
    "mirrored": mirrored,
    "rotated:90": lambda image: np.ascontiguousarray(np.rot90(image, 1)),
    "rotated:180": lambda image: np.ascontiguousarray(np.rot90(image, 2)),
    "rotated:270": lambda image: np.ascontiguousarray(np.rot90(image, 3)),
    "upside down": lambda image: np.ascontiguousarray(image[::-1]),
    "negative": negative,
}

TRACK = collected({0: scene()}).track()


def edited(name: str, image: Image) -> Image:
    """Return a picture that was edited as a view's name says; in another one for a region's."""
    if name not in regions():
        return EDITS[name](image)
    left, top, right, bottom = np.rint(np.array(regions()[name]) * (WIDTH, HEIGHT, WIDTH, HEIGHT)).astype(int).tolist()
    return inset(image, DUSK, (left, top), (right - left, bottom - top))


@pytest.mark.parametrize("name", view_names())
def test_each_view_undoes_its_edit(name: str) -> None:
    image = scene(1)
    view = view_of(edited(name, image), view_names().index(name))

    expected = cv2.resize(image, view.shape[1::-1], interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(view, expected)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 320), (320, 1), (2, 320), (320, 3), (5, 7)])
@pytest.mark.parametrize("name", view_names())
def test_every_view_of_however_thin_a_picture_shows_something(name: str, size: tuple[int, int]) -> None:
    view = view_of(np.full((*size, 3), 9, np.uint8), view_names().index(name))
    assert min(view.shape[:2]) >= 1
    assert describe([np.ascontiguousarray(view)]).shape[0] == 1


def test_regions_are_the_halves_the_middle_and_the_corners() -> None:
    assert regions() == {
        "left": (0.0, 0.0, 0.5, 1.0),
        "right": (0.5, 0.0, 1.0, 1.0),
        "top": (0.0, 0.0, 1.0, 0.5),
        "bottom": (0.0, 0.5, 1.0, 1.0),
        "centre": (0.2, 0.2, 0.8, 0.8),
        "top left": (0.0, 0.0, 0.5, 0.5),
        "top right": (0.5, 0.0, 1.0, 0.5),
        "bottom left": (0.0, 0.5, 0.5, 1.0),
        "bottom right": (0.5, 0.5, 1.0, 1.0),
        "small top left": (0.0, 0.0, 0.36, 0.36),
        "small top right": (0.64, 0.0, 1.0, 0.36),
        "small bottom left": (0.0, 0.64, 0.36, 1.0),
        "small bottom right": (0.64, 0.64, 1.0, 1.0),
    }


def test_other_parameters_give_other_views(monkeypatch: pytest.MonkeyPatch) -> None:
    before = view_names()
    monkeypatch.setattr(views, "PARAMETERS", replace(views.PARAMETERS, small_corner_share=0.25, turns_degrees=(180,)))
    assert regions()["small bottom right"] == (0.75, 0.75, 1.0, 1.0)
    assert [name for name in before if name not in view_names()] == ["rotated:90", "rotated:270"]


def test_each_view_but_the_plain_one_names_an_edit() -> None:
    plain, *others = view_names()
    assert (plain, edits_of_view(plain)) == ("plain", ())
    assert all(edits_of_view(name) for name in others)
    assert edits_of_view("upside down") == ("mirrored", "rotated:180")


@pytest.mark.parametrize(
    "name", ["mirrored", "rotated:90", "rotated:270", "upside down", "negative", "right", "centre", "small top left"]
)
def test_an_edited_picture_is_most_like_its_original_in_the_view_that_undoes_the_edit(name: str) -> None:
    original = describe([scene(1)])[0]
    query = collected({0: edited(name, scene(1))})
    seen = ViewDescriber(query.track(), query.keyframes()).views()
    assert sorted(seen.kinds.tolist()) == list(range(len(view_names())))
    similarity = dict(zip([view_names()[kind] for kind in seen.kinds], seen.vectors @ original, strict=True))
    assert similarity.pop(name) > max(similarity.values())


def test_bars_are_left_out_before_a_part_is_taken() -> None:
    split = edited("left", scene(1))
    framed = cv2.copyMakeBorder(split, 0, 0, 60, 60, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    parts = []
    for image in (split, np.asarray(framed, np.uint8)):
        query = collected({0: image})
        seen = ViewDescriber(query.track(), query.keyframes()).views()
        parts.append(seen.vectors[seen.kinds == view_names().index("left")][0])
    assert float(parts[0] @ parts[1]) > 0.9


def test_the_plain_view_is_what_the_fingerprint_keeps() -> None:
    query = collected({number: scene(number // 3) for number in range(9)})
    seen = ViewDescriber(query.track(), query.keyframes()).views()
    plain = seen.kinds == 0
    np.testing.assert_array_equal(seen.vectors[plain], dequantise(query.track().codes))
    np.testing.assert_array_equal(seen.times[plain], [0.0, 0.75, 1.5])


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the network: only which pictures are looked at matters."""

    def describe_blindly(pictures: list[Image]) -> NDArray[np.float32]:
        return np.zeros((len(pictures), 384), np.float32)

    monkeypatch.setattr(views, "describe", describe_blindly)


def keyframes(seconds: float) -> Keyframes:
    """Return four small pictures a second."""
    jpeg = encode_still(scene(1, 16, 9))
    return Keyframes.of([(time, jpeg) for time in range(0, round(seconds * 1000) + 1, 250)])


def closely(seconds: float, *, thorough: bool = True) -> Views:
    """Return a closer look, in all views, at so many seconds of pictures."""
    every = range(len(view_names()))
    return ViewDescriber(TRACK, keyframes(seconds), thorough=thorough).views(every)


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(
    ("seconds", "of_mirrored", "of_others"),
    [(5, 0.5, 0.5), (20, 0.5, 1.0), (40, 1.0, 2.0), (80, 2.0, 2.0), (120, 2.0, 2.5), (600, 2.0, 12.5)],
)
def test_longer_queries_are_looked_at_less_often(seconds: int, of_mirrored: float, of_others: float) -> None:
    seen = closely(seconds)
    for kind, spacing in enumerate([of_mirrored, *[of_others] * (len(view_names()) - 2)], 1):
        times = seen.times[seen.kinds == kind]
        gaps = np.diff(times)
        assert times[0] == 0.0
        assert 0.9 * spacing <= gaps.min() <= gaps.max() <= spacing
        assert seconds - times[-1] < spacing


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize("seconds", [5, 33, 600])
def test_views_speak_for_all_of_the_time_between_them(seconds: int) -> None:
    seen = closely(seconds)
    for kind in range(1, len(view_names())):
        gaps = np.diff(seen.times[seen.kinds == kind])
        assert gaps.max() / 2 < seen.reach[kind] < gaps.max() / 2 + 1.0


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize("seconds", [300, 600, 3600])
def test_of_a_long_piece_so_many_pictures_are_looked_at_in_every_view_and_no_more(seconds: int) -> None:
    seen = closely(seconds)
    for kind in range(2, len(view_names())):
        assert 1.0 <= np.count_nonzero(seen.kinds == kind) / views.PARAMETERS.max_pictures <= 1.15


@pytest.mark.usefixtures("blind")
def test_a_look_that_is_not_thorough_is_at_plain_and_mirrored_pictures_alone() -> None:
    seen = closely(20, thorough=False)
    assert set(seen.kinds.tolist()) == {view_names().index("plain"), view_names().index("mirrored")}
    assert not seen.reach[2:].any()
    thorough = closely(20)
    np.testing.assert_array_equal(seen.times, thorough.times[thorough.kinds < 2])


def test_without_pictures_the_plain_view_is_all_there_is() -> None:
    seen = ViewDescriber(TRACK, Keyframes.of([])).views()
    assert seen.kinds.tolist() == [0] * len(TRACK.numbers)
    np.testing.assert_array_equal(seen.vectors, dequantise(TRACK.codes))


def test_a_first_look_in_other_views_is_at_what_shows_something_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PARAMETERS", replace(views.PARAMETERS, seen_similarity=0.9))
    cut = collected({number: scene(number // 12) for number in range(48)})
    seen = ViewDescriber(cut.track(), cut.keyframes()).views()
    for kind in range(1, len(view_names())):
        assert seen.times[seen.kinds == kind].tolist() == [0.0, 3.0, 6.0, 9.0]


def test_a_scene_that_stands_still_is_looked_at_again_after_a_while() -> None:
    still = collected(dict.fromkeys(range(80), scene(1)))
    seen = ViewDescriber(still.track(), still.keyframes()).views()
    gaps = np.diff(seen.times[seen.kinds == 1])
    assert views.PARAMETERS.seen_s < gaps.min() <= gaps.max() <= extractor.PARAMETERS.still_scene_s


def test_a_closer_look_is_taken_in_the_views_that_are_asked_for_and_describes_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    described: list[int] = []

    def counting(pictures: list[Image]) -> NDArray[np.float32]:
        described.append(len(pictures))
        return np.zeros((len(pictures), 384), np.float32)

    monkeypatch.setattr(views, "describe", counting)
    describer = ViewDescriber(TRACK, keyframes(20))
    first = describer.views()
    turned = view_names().index("rotated:90")
    closer = describer.views({turned})
    others = closer.kinds != turned
    np.testing.assert_array_equal(closer.times[others], first.times[first.kinds != turned])
    assert np.count_nonzero(closer.kinds == turned) == 21
    assert describer.views({turned}).times.tolist() == closer.times.tolist()
    assert sum(described) == len(view_names()) - 1 + 20


def test_of_a_long_piece_that_changes_all_the_time_so_many_pictures_are_looked_at_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "PARAMETERS", replace(views.PARAMETERS, seen_similarity=0.95, max_pictures=5))
    busy = collected({number: scene(number // 4) for number in range(48)})
    seen = ViewDescriber(busy.track(), busy.keyframes()).views()
    assert seen.times[seen.kinds == 1].tolist() == [0.0, 2.0, 5.0, 8.0, 11.0]
