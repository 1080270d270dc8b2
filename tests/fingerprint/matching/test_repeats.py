"""What a media item holds more than once is found in its own fingerprint, and nothing that only looks like it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.copies import Copies
from support.made_up import joined, made_up
from support.scenes import collected, scene

from fingerprint.engine import find_repeats, fingerprint_media
from fingerprint.matching import repeats
from fingerprint.media.limits import MediaLimits
from fingerprint.model import Fingerprint
from schemas.matches import Interval, Track
from streams.demo.edit import Piece

SPOT = made_up(12.0, 1)


def programme(*seconds: float) -> Fingerprint:
    """Return sound that the spot is in before each of some parts, which are so long."""
    parts = [one for number, length in enumerate(seconds, 2) for one in (SPOT, made_up(length, number))]
    return joined(parts)


def spans(found: tuple[Interval, ...]) -> list[tuple[float, float, float, float]]:
    return [(one.input_start, one.input_end, one.reference_start, one.reference_end) for one in found]


def near(*places: tuple[float, float]) -> list[object]:
    """Return what spots that start so are told as, to half a second."""
    return [
        tuple(pytest.approx(time, abs=0.5) for time in (one, one + 12.0, other, other + 12.0)) for one, other in places
    ]


def test_a_spot_that_runs_three_times_is_told_by_every_two_of_them() -> None:
    found = find_repeats(programme(60.0, 75.0, 20.0))
    assert spans(found) == near((0.0, 72.0), (0.0, 159.0), (72.0, 159.0))
    assert {one.track for one in found} == {Track.SOUND}


def test_where_nothing_recurs_nothing_is_told() -> None:
    assert find_repeats(made_up(150.0, 9)) == ()


@pytest.mark.parametrize("seconds", [0.1, 2.0, 29.0, 30.0])
def test_what_is_as_short_as_a_section_holds_nothing_that_could_recur(seconds: float) -> None:
    whole = made_up(30.0, 9) if seconds >= 30.0 else replace(made_up(30.0, 9), duration=seconds, sound=None)
    assert find_repeats(whole) == ()


def test_a_span_that_is_longer_than_a_section_is_told_as_one() -> None:
    long = made_up(80.0, 1)
    (one,) = find_repeats(joined([long, made_up(50.0, 2), long]))
    assert spans((one,)) == [tuple(pytest.approx(time, abs=0.5) for time in (0.0, 80.0, 130.0, 210.0))]


def test_of_very_many_repeats_the_longest_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "PARAMETERS", replace(repeats.PARAMETERS, max_repeats=1))
    jingle = made_up(6.0, 50)
    whole = joined([jingle, made_up(40.0, 2), SPOT, made_up(40.0, 3), jingle, made_up(40.0, 4), SPOT])
    (one,) = find_repeats(whole)
    assert one.input_end - one.input_start > 10.0


def test_the_picture_alone_tells_no_repeat() -> None:
    slides = collected({number: scene(1 if 160 <= number < 240 else number // 80) for number in range(400)})
    assert find_repeats(Fingerprint(100.0, slides.track())) == ()


@pytest.mark.unmeasured
def test_a_spot_of_real_footage_is_found_between_the_parts_of_a_programme(
    footage: dict[str, Path], tmp_path: Path
) -> None:
    spot = Piece(footage["trailer"], 8.0, 18.0)
    parts = [Piece(footage["bikes"]), spot, Piece(footage["globe"]), Piece(footage["carphone"]), spot]
    media, truths = Copies(tmp_path / "copies").make(*parts)
    (tmp_path / "chunks").mkdir()
    found = find_repeats(fingerprint_media(str(media), MediaLimits(), tmp_path / "chunks").fingerprint)
    first, second = truths[1].copy, truths[-1].copy
    assert spans(found) == [tuple(pytest.approx(time, abs=0.75) for time in (*first, *second))]
