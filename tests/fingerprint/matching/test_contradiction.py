from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.matching.contradiction import PARAMETERS, contradicted
from fingerprint.matching.findings import PictureFinding
from fingerprint.matching.time_map import Segment, TimeMap
from fingerprint.sound import track as sound_track
from fingerprint.sound.track import SoundTrack

START, END, OFFSET = 2.0, 22.0, 30.0


def sound(*spans: tuple[float, float]) -> SoundTrack:
    """Return a track with a peak each tenth of a second of some spans."""
    times = np.concatenate([np.arange(start, end, 0.1) for start, end in spans])
    frames = np.rint(times / sound_track.PARAMETERS.frame_s).astype(np.int32)
    nothing = SoundTrack.nothing()
    return SoundTrack(frames, np.full(len(frames), 40, np.uint8), nothing.numbers, nothing.starts_ms, nothing.codes)


def told(by_motion: float = 0.0, *, heard: bool = False) -> Segment:
    finding = PictureFinding(by_look=3.5, by_motion=by_motion, by_features=12.0)
    total = finding.by_look + by_motion + finding.by_features
    return Segment(START, END, TimeMap(1.0, OFFSET), total, 0.9, picture=True, sound=heard, findings=(finding,))


EVERYWHERE = sound((0, 60))


def test_other_sound_to_a_still_picture_counts_against_it() -> None:
    found = contradicted(told(), EVERYWHERE, EVERYWHERE)
    assert found.log_odds == pytest.approx(told().log_odds - PARAMETERS.max_unlike_sound_log_odds)


def test_a_picture_that_moves_alike_was_dubbed() -> None:
    moving = told(by_motion=PARAMETERS.moving_log_odds)
    assert contradicted(moving, EVERYWHERE, EVERYWHERE) == moving


def test_what_is_told_by_its_sound_too_is_left_as_it_is() -> None:
    both = told(heard=True)
    assert contradicted(both, EVERYWHERE, EVERYWHERE) == both


@pytest.mark.parametrize(
    ("query", "reference"),
    [
        (None, EVERYWHERE),
        (EVERYWHERE, None),
        (sound((40, 60)), EVERYWHERE),
        (EVERYWHERE, sound((0, 20))),
    ],
    ids=["no sound", "no sound of the reference", "silent there", "the reference is silent there"],
)
def test_silence_contradicts_nothing(query: SoundTrack | None, reference: SoundTrack | None) -> None:
    assert contradicted(told(), query, reference) == told()


@given(st.floats(-5, 20), st.integers(0, 20), st.integers(0, 20))
def test_it_never_speaks_for_a_copy_and_never_more_against_it_than_is_said(
    by_motion: float, ours: int, theirs: int
) -> None:
    before = told(by_motion)
    query = sound((START, START + ours)) if ours else None
    reference = sound((START + OFFSET, START + OFFSET + theirs)) if theirs else None
    after = contradicted(before, query, reference)
    seconds = min(ours, theirs) + 1
    most = min(PARAMETERS.max_unlike_sound_log_odds, PARAMETERS.unlike_sound_log_odds_per_s * seconds)
    assert before.log_odds - most - 1e-9 <= after.log_odds <= before.log_odds
