"""What the sound says: a copy's peaks coincide at one offset, those of others as often as chance has it."""

from __future__ import annotations

import numpy as np
import pytest
from support import sounds

from fingerprint.matching.explanation import sound as told_of_sound
from fingerprint.matching.explanation import thinning
from fingerprint.matching.explanation.lines import Line, segment_on
from fingerprint.matching.explanation.sound import PairOfSounds
from fingerprint.matching.sound.aligner import SoundQuery, align_sound
from fingerprint.matching.sound.peak_index import QueryPeaks
from fingerprint.matching.time_map import TimeMap
from fingerprint.sound.track import SoundTrack
from schemas.evidence import SoundEvidence

ORIGINAL = sounds.sound(120.0, seed=1)
COPY = sounds.worn(sounds.piece(ORIGINAL, 40.0, 60.0), 0.7, seed=2)
LINE = Line(0.0, 20.0, TimeMap(1.0, 40.0))


def told(query: SoundTrack, reference: SoundTrack, line: Line, *, wide: bool = False) -> SoundEvidence:
    again = segment_on(line, align_sound(SoundQuery(query), reference, wide=wide))
    return PairOfSounds(QueryPeaks.of(query), reference).evidence(line, again)


def test_most_peaks_of_a_copy_coincide_where_it_lies_and_few_beside_it() -> None:
    found = told(COPY, ORIGINAL, LINE)
    assert found.peaks == len(COPY.frames)
    assert found.common > 0.6 * found.peaks
    assert found.by_chance is not None
    assert found.most_elsewhere is not None
    assert found.by_chance < found.most_elsewhere < found.common / 3
    assert found.stretch is not None
    assert found.stretch.elsewhere < found.stretch.common <= found.stretch.peaks
    assert found.log_odds is not None


def test_the_count_stands_out_at_the_intervals_own_offset() -> None:
    found = told(COPY, ORIGINAL, LINE)
    assert len(found.counts) == len(found.offsets_s)
    reach = told_of_sound.PARAMETERS.beside_s
    assert (found.offsets_s[0], found.offsets_s[-1]) == (-reach, reach)
    best = int(np.argmax(found.counts))
    assert found.offsets_s[best] == 0.0
    assert sorted(found.counts)[-2] < found.counts[best] / 3


def test_a_chance_likeness_has_no_more_in_common_than_chance_gives() -> None:
    found = told(sounds.sound(20.0, seed=9), ORIGINAL, LINE)
    assert found.stretch is None
    assert found.log_odds is None
    assert found.by_chance is not None
    assert found.most_elsewhere is not None
    assert found.common <= 1.5 * found.most_elsewhere
    assert found.common < 0.3 * found.peaks


def test_a_copy_at_another_pitch_is_told_at_that_pitch() -> None:
    higher = sounds.changed(COPY, 1.0, notes=3)
    found = told(higher, ORIGINAL, LINE, wide=True)
    assert abs(found.pitch_steps - 3) <= 1  # neighbouring notes count as the same
    assert found.common > 0.5 * found.peaks


def test_a_line_that_the_picture_tells_roughly_is_looked_for_nearby() -> None:
    rough = Line(0.0, 20.0, TimeMap(1.0, 40.1))
    found = PairOfSounds(QueryPeaks.of(COPY), ORIGINAL).evidence(rough, None)
    assert found.common > 0.6 * found.peaks


def test_a_copy_of_all_of_a_reference_is_held_against_offsets_that_lead_out_of_it_too() -> None:
    whole = sounds.piece(ORIGINAL, 0.0, 12.0)
    found = told(whole, whole, Line(0.0, 12.0, TimeMap(1.0, 0.0)))
    assert found.common == found.peaks
    assert found.by_chance is not None
    assert 0 < found.by_chance < found.peaks / 5


@pytest.mark.parametrize("line", [LINE, Line(500.0, 600.0, TimeMap(1.0, 0.0)), Line(0.0, 20.0, TimeMap(1.0, 9000.0))])
def test_where_nothing_sounds_there_is_nothing_in_common(line: Line) -> None:
    nothing = SoundTrack.nothing()
    for query, reference in ((nothing, ORIGINAL), (COPY, nothing), (nothing, nothing)):
        pair = PairOfSounds(QueryPeaks.of(query), reference)
        assert pair.evidence(line, None).common == 0
        assert pair.points([(line, None)]).inside.total == 0
    outside = PairOfSounds(QueryPeaks.of(COPY), ORIGINAL).evidence(Line(500.0, 600.0, TimeMap(1.0, 0.0)), None)
    assert (outside.peaks, outside.common) == (0, 0)


def test_points_on_the_line_are_apart_from_those_elsewhere() -> None:
    pair = PairOfSounds(QueryPeaks.of(COPY), ORIGINAL)
    shown = pair.points([(LINE, None)])
    assert shown.inside.total >= 0.6 * len(COPY.frames)
    off = np.array(shown.inside.reference) - np.array(shown.inside.input) - 40.0
    assert np.abs(off).max() < 0.1
    scattered = np.array(shown.outside.reference) - np.array(shown.outside.input)
    assert np.ptp(scattered) > 60.0


def test_two_hours_of_sound_are_told_by_some_of_their_peaks() -> None:
    long = sounds.sound(7200.0, seed=4)
    pair = PairOfSounds(QueryPeaks.of(long), long)
    line = Line(0.0, 7200.0, TimeMap(1.0, 0.0))
    shown = pair.points([(line, None)])
    assert len(shown.inside.input) + len(shown.outside.input) <= thinning.PARAMETERS.max_points
    assert shown.outside.total > 10_000_000
    assert shown.outside.thinned
    found = pair.evidence(line, None)
    assert found.common == found.peaks
    assert found.by_chance is not None
    assert found.by_chance < 0.05 * found.peaks
