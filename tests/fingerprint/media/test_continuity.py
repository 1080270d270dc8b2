"""Recordings whose clock starts anew or jumps are one running time, as a player shows them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.media.continuity import RunningTime, of_senders
from fingerprint.media.decode import Picture, SoundBlock, SoundWish, decode
from fingerprint.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from support.clips import Clips

#: Bytes of an FLV file's own header, which its parts do not repeat.
FLV_HEADER = 13
FORMS: dict[str, dict[str, Any]] = {
    "ts": {"video_options": {"g": "25"}},
    "m2ts": {"video": "mpeg2video", "audio": "mp2"},
    "mpg": {"video": "mpeg2video", "audio": "mp2"},
    "vob": {"video": "mpeg2video", "audio": "ac3"},
    "flv": {"video": "flv", "audio": "libmp3lame", "hz": 44_100},
}


def joined(clips: Clips, form: str, offsets: Sequence[float], *, seconds: float = 6.0) -> Path:
    """Return parts joined byte by byte, each of which clicks once, 2 s in; their clocks start at these offsets."""
    make = {name: value for name, value in FORMS[form].items() if name != "hz"}
    data = b""
    for number, offset in enumerate(offsets):
        part = clips.make(
            f"part{number}.{form}", seconds=seconds, clicks=(2.0,), options={"output_ts_offset": str(offset)}, **make
        ).read_bytes()
        data += part[FLV_HEADER:] if form == "flv" and number else part
    path = clips.folder / f"joined.{form}"
    path.write_bytes(data)
    return path


def clicks_of(path: Path) -> list[float]:
    several_clocks = probe(path).several_clocks
    blocks = decode(path, several_clocks=several_clocks, picture=None, sound=SoundWish())
    line = np.concatenate([block.samples for block in blocks if isinstance(block, SoundBlock)])
    loud = np.flatnonzero(np.abs(line) > 0.2) / SoundWish().rate
    return [float(time) for i, time in enumerate(loud) if i == 0 or time - loud[i - 1] > 0.1]


@pytest.mark.parametrize(
    ("form", "offsets"),
    [
        ("ts", (0, 0)),
        ("ts", (0, 0, 0)),
        ("ts", (0, 7200)),
        ("ts", (40_000, 20)),
        ("m2ts", (0, 57_600, 0)),
        ("mpg", (0, 0)),
        ("mpg", (0, 3600)),
        ("vob", (100, 0, 0)),
        ("flv", (0, 0)),
        ("flv", (0, 7200)),
    ],
)
def test_parts_with_clocks_of_their_own_are_one_running_time(
    clips: Clips, form: str, offsets: tuple[float, ...]
) -> None:
    path = joined(clips, form, offsets)
    info = probe(path)
    assert info.several_clocks
    assert info.duration == pytest.approx(6.0 * len(offsets), abs=0.25 * len(offsets))
    assert clicks_of(path) == pytest.approx([2.0 + 6.0 * part for part in range(len(offsets))], abs=0.15 * len(offsets))
    pictures = [part for part in decode(path, several_clocks=True, sound=None) if isinstance(part, Picture)]
    assert [picture.number for picture in pictures] == list(range(len(pictures)))
    assert pictures[-1].time == pytest.approx(info.duration, abs=0.8)


@pytest.mark.parametrize("form", ["ts", "mpg", "flv"])
def test_chunks_of_several_clocks_give_together_what_one_pass_gives(clips: Clips, form: str) -> None:
    path = joined(clips, form, (0, 0, 7200))
    borders = (0.0, 5.0, 7.5, 12.5, math.inf)
    whole = list(decode(path, several_clocks=True, sound=None))
    parts = [part for span in pairwise(borders) for part in decode(path, *span, several_clocks=True, sound=None)]
    assert [(p.number, p.time) for p in parts if isinstance(p, Picture)] == [
        (p.number, p.time) for p in whole if isinstance(p, Picture)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_a_recording_of_one_clock_is_said_to_have_one(clips: Clips, form: str) -> None:
    assert not probe(joined(clips, form, (7200,))).several_clocks


def test_a_gap_in_a_file_that_one_writer_wrote_is_a_picture_that_stays(clips: Clips) -> None:
    path = clips.make("slides.mkv", times=(0.0, 1.0, 100.0, 101.0), seconds=102.0, audio=None)
    assert not probe(path).several_clocks
    assert probe(path).duration > 100


parts_of_recordings = st.lists(
    st.tuples(st.floats(0, 90_000), st.integers(20, 60), st.floats(0, 0.5)), min_size=1, max_size=5
)


@given(parts_of_recordings)
def test_running_time_goes_on_where_the_part_before_ended(parts: list[tuple[float, int, float]]) -> None:
    """Each part: where its clock starts, its packets of 0.1 s, and how far its sound lies behind its picture."""
    running, last = RunningTime(), {0: -math.inf, 1: -math.inf}
    for offset, count, behind in parts:
        for number in range(count):
            for stream, time in ((0, offset + number / 10), (1, max(offset, offset + number / 10 - behind))):
                placed = time + running.shift(stream, time, 0.1)
                assert placed >= last[stream] - of_senders().back_s
                assert placed <= max(last.values()) + of_senders().ahead_s + 1 or last[stream] == -math.inf
                last[stream] = placed
    length = sum(count for _, count, _ in parts) / 10
    assert max(last.values()) - parts[0][0] <= length + of_senders().ahead_s * (len(parts) - 1)


def test_the_last_sound_of_a_part_that_comes_after_the_next_ones_first_picture_stays_with_its_part() -> None:
    running = RunningTime()
    for stream, time in ((0, 10.0), (1, 10.0), (0, 10.1)):
        running.shift(stream, time, 0.1)
    assert 500.0 + running.shift(0, 500.0, 0.1) == pytest.approx(10.2)
    assert 10.1 + running.shift(1, 10.1, 0.1) == pytest.approx(10.1)
    assert 500.0 + running.shift(1, 500.0, 0.1) == pytest.approx(10.2)
    assert running.clocks == 2
