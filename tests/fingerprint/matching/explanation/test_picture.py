"""What the picture says of an interval, added up over the pieces of an input."""

from __future__ import annotations

import numpy as np
import pytest
from support.correspondences import SAMPLE_S, correspondences

from fingerprint.matching.explanation import picture as told_of_picture
from fingerprint.matching.explanation import thinning
from fingerprint.matching.explanation.lines import Line
from fingerprint.matching.explanation.picture import SeenPictures
from fingerprint.matching.findings import PictureFinding, SoundFinding
from fingerprint.matching.picture.aligner import PictureAlignment
from fingerprint.matching.picture.localization import Located
from fingerprint.matching.time_map import Segment, TimeMap

MAP = TimeMap(1.0, 100.0)
LINE = Line(10.0, 20.0, MAP)


def aligned(*, noise: int = 0, end: float = 20.0, located: Located | None = None) -> PictureAlignment:
    return PictureAlignment([], correspondences(40.0, (10.0, end, MAP), noise=noise), located)


def test_all_moments_of_a_copy_agree() -> None:
    seen = SeenPictures([LINE])
    seen.add(aligned())
    found = seen.evidence(0, None)
    assert found is not None
    assert found.moments == 10.0 / SAMPLE_S + 1  # the moment of its end, at which it is over, among them
    assert found.agreeing == found.moments - 1
    assert (found.by_look, found.by_motion, found.by_features) == (None, None, None)


def test_chance_agrees_now_and_then() -> None:
    seen = SeenPictures([LINE])
    seen.add(PictureAlignment([], correspondences(40.0, noise=400), None))
    found = seen.evidence(0, None)
    assert found is not None
    assert found.agreeing <= 0.2 * found.moments
    points = seen.points()
    assert points is not None
    assert points.inside.total < 0.05 * points.outside.total


def test_pieces_add_up_and_a_line_of_another_piece_gets_nothing() -> None:
    seen = SeenPictures([LINE, Line(60.0, 70.0, MAP)])
    seen.add(aligned(end=14.0))
    seen.add(aligned())
    first, other = seen.evidence(0, None), seen.evidence(1, None)
    assert first is not None
    assert other is not None
    assert first.agreeing == (4.0 + 10.0) / SAMPLE_S
    assert (other.moments, other.agreeing, other.compared) == (0, 0, [])
    points = seen.points()
    assert points is not None
    assert points.inside.total == first.agreeing
    assert set(points.inside.weight) == {3.0}


def test_pictures_that_were_compared_are_told_with_what_they_have_in_common() -> None:
    pairs = ((12.0, 112.0, 12.0), (30.0, 130.0, 0.0), (11.0, 500.0, 0.0), (12.0, 112.0, 12.0))
    seen = SeenPictures([LINE])
    seen.add(aligned(located=Located(None, pairs, (40, 1, 2, 40))))
    found = seen.evidence(0, None)
    assert found is not None
    assert [(one.input, one.common_features) for one in found.compared] == [(11.0, 2), (12.0, 40)]


def test_of_many_compared_pictures_some_are_told() -> None:
    times = np.linspace(10, 20, 200)
    located = Located(None, tuple((float(time), 100.0, 1.0) for time in times), tuple(range(200)))
    seen = SeenPictures([LINE])
    seen.add(aligned(located=located))
    found = seen.evidence(0, None)
    assert found is not None
    assert len(found.compared) == told_of_picture.PARAMETERS.max_compared


def test_what_the_engine_made_of_it_is_told_where_it_was_found_again() -> None:
    findings = (PictureFinding(3.0, 2.0, 1.0), PictureFinding(1.0, 0.0, 0.5), SoundFinding(0, 2, 9, 6.0, 12, 0, 30.0))
    segment = Segment(10.0, 20.0, MAP, 7.5, 0.9, picture=True, findings=findings)
    seen = SeenPictures([LINE])
    seen.add(aligned())
    found = seen.evidence(0, segment)
    assert found is not None
    assert (found.by_look, found.by_motion, found.by_features) == (4.0, 2.0, 1.5)


def test_without_a_picture_there_is_nothing_to_say() -> None:
    seen = SeenPictures([LINE])
    seen.add(PictureAlignment())
    assert seen.evidence(0, None) is None
    assert seen.points() is None


@pytest.mark.parametrize("pieces", [1, 12])
def test_however_much_is_alike_a_plot_is_bounded(pieces: int) -> None:
    seen = SeenPictures([LINE])
    for _ in range(pieces):
        seen.add(aligned(noise=20_000))
    points = seen.points()
    assert points is not None
    assert len(points.inside.input) + len(points.outside.input) <= thinning.PARAMETERS.max_points
    assert points.inside.total + points.outside.total == pieces * 20_020
