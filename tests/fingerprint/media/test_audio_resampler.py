"""Sound becomes one line of samples on the media's own clock, without gaps and without anything twice."""

from __future__ import annotations

import itertools

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from fingerprint.media.audio_resampler import PARAMETERS, SoundLine
from fingerprint.media.request import SoundBlock

RATE = 8000

#: Samples of a frame, as AAC has them.
FRAME = 1024


def frame(samples: NDArray[np.float32], rate: int = RATE) -> av.AudioFrame:
    made = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="fltp", layout="mono")
    made.sample_rate = rate
    return made


def tone(count: int, first: int = 0) -> NDArray[np.float32]:
    return np.sin(np.arange(first, first + count) * 0.1).astype(np.float32)


def fed(line: SoundLine, parts: list[tuple[NDArray[np.float32], float | None]], rate: int = RATE) -> list[SoundBlock]:
    blocks = [block for samples, time in parts for block in line.feed(frame(samples, rate), time)]
    return [*blocks, *line.finish()]


def joined(blocks: list[SoundBlock]) -> NDArray[np.float32]:
    """Return the samples of blocks that follow each other, each of which tells its time."""
    for one, following in itertools.pairwise(blocks):
        assert following.first == one.first + len(one.samples)
    assert all(block.time == block.first / RATE for block in blocks)
    return np.concatenate([block.samples for block in blocks])


def frames(count: int, first: int = 0) -> list[NDArray[np.float32]]:
    return [tone(FRAME, first + number * FRAME) for number in range(count)]


def test_sound_at_the_rate_that_is_wished_comes_out_as_it_went_in() -> None:
    line = SoundLine(RATE, 0, 4 * FRAME)
    found = joined(fed(line, [(part, None) for part in frames(4)]))
    np.testing.assert_allclose(found, tone(4 * FRAME), atol=1e-6)


def test_only_the_samples_of_the_span_are_given() -> None:
    line = SoundLine(RATE, 1500, 2500)
    blocks = fed(line, [(part, None) for part in frames(8)])
    assert blocks[0].first == 1500
    np.testing.assert_allclose(joined(blocks), tone(1000, 1500), atol=1e-6)


def test_spans_that_meet_give_together_what_one_span_gives() -> None:
    parts: list[tuple[NDArray[np.float32], float | None]] = [(part, None) for part in frames(8)]
    borders = [0, 1000, 3333, 8 * FRAME]
    pieces = [fed(SoundLine(RATE, *span), parts) for span in itertools.pairwise(borders)]
    whole = joined(fed(SoundLine(RATE, 0, 8 * FRAME), parts))
    np.testing.assert_array_equal(joined([block for piece in pieces for block in piece]), whole)


def test_times_that_are_rounded_leave_no_gaps() -> None:
    times = [round(number * FRAME / RATE + 0.8 * PARAMETERS.min_gap_s * (number % 2), 3) for number in range(4)]
    found = joined(fed(SoundLine(RATE, 0, 4 * FRAME), list(zip(frames(4), times, strict=True))))
    np.testing.assert_allclose(found, tone(4 * FRAME), atol=1e-6)


def test_sound_that_is_missing_is_silence_so_that_the_line_keeps_time() -> None:
    late = 0.5
    first, second = frames(2)
    line = SoundLine(RATE, 0, 2 * FRAME + round(late * RATE))
    found = joined(fed(line, [(first, 0.0), (second, FRAME / RATE + late)]))
    gap = FRAME + round(late * RATE)
    np.testing.assert_allclose(found[:FRAME], first, atol=1e-6)
    assert not found[FRAME:gap].any()
    np.testing.assert_allclose(found[gap : gap + FRAME], second, atol=1e-6)


def test_sound_that_starts_late_starts_with_silence() -> None:
    found = joined(fed(SoundLine(RATE, 0, 2 * FRAME), [(tone(FRAME), FRAME / RATE)]))
    assert not found[:FRAME].any()
    np.testing.assert_allclose(found[FRAME:], tone(FRAME), atol=1e-6)


@pytest.mark.parametrize("time", [-3.0, 0.0, 2 * PARAMETERS.max_gap_s])
def test_a_broken_time_stamp_moves_nothing(time: float) -> None:
    first, second = frames(2)
    found = joined(fed(SoundLine(RATE, 0, 2 * FRAME), [(first, 0.0), (second, time)]))
    np.testing.assert_allclose(found, tone(2 * FRAME), atol=1e-6)


def test_what_was_given_is_not_given_again_when_reading_starts_from_an_earlier_time() -> None:
    line = SoundLine(RATE, 0, 4 * FRAME)
    parts = frames(4)
    blocks = [block for part in parts[:3] for block in line.feed(frame(part), None)]
    line.restart()
    for number in (1, 2, 3):
        blocks += line.feed(frame(parts[number]), number * FRAME / RATE)
    blocks += line.finish()
    assert len(joined(blocks)) == 4 * FRAME


def test_another_rate_in_mid_stream_keeps_time() -> None:
    line = SoundLine(RATE, 0, 3 * FRAME)
    blocks = [*line.feed(frame(tone(FRAME)), 0.0), *line.feed(frame(tone(4 * FRAME), 2 * RATE), None), *line.finish()]
    assert len(joined(blocks)) == pytest.approx(3 * FRAME, abs=1)


def test_it_is_done_as_soon_as_the_span_is_full_and_takes_no_more_then() -> None:
    line = SoundLine(RATE, 0, FRAME)
    fed_frames = 0
    while not line.done:
        list(line.feed(frame(tone(FRAME)), None))
        fed_frames += 1
    assert fed_frames * FRAME <= FRAME + PARAMETERS.after_s * RATE + FRAME
    assert list(line.finish()) == []


def test_an_empty_span_is_done_before_it_begins() -> None:
    assert SoundLine(RATE, 5, 5).done


def test_nothing_fed_gives_nothing() -> None:
    assert list(SoundLine(RATE, 0, 5 * RATE).finish()) == []
