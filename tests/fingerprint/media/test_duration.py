"""A media item ends where its data does: no header, no wild time and no broken length makes one up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from support.clips import Clips

from fingerprint.engine import fingerprint_media
from fingerprint.media.decode import Picture, SoundBlock, decode
from fingerprint.media.limits import DEFAULT_LIMITS
from fingerprint.media.probe import probe

#: How long the clips are, when they click, and from when on their times are other ones, seconds.
SECONDS, CLICKS, FROM_S = 6.0, (2.0, 5.0), 3.0

#: What stands in each kind of file.
FORMS: dict[str, dict[str, Any]] = {
    "mkv": {},
    "mp4": {},
    "mov": {},
    "webm": {"video": "libvpx", "audio": "libopus"},
    "nut": {},
    "asf": {"video": "wmv2", "audio": "wmav2"},
}

#: Changes a packet of a kind, which is the so many-th of its stream, and whose times count so many seconds.
Change = Callable[[Any, str, int, float], None]


def retimed(clips: Clips, form: str, change: Change, **make: Any) -> Path:
    """Return a clip whose packets' times are changed, in the order in which they lay."""
    source = clips.make(f"as-made.{form}", seconds=SECONDS, clicks=CLICKS, **FORMS.get(form, {}), **make)
    path = clips.folder / f"retimed.{form}"
    with av.open(str(source)) as given, av.open(str(path), "w", options={"max_interleave_delta": "1"}) as output:
        streams = [output.add_stream_from_template(stream) for stream in given.streams]
        counted = [0] * len(streams)
        for packet in given.demux():
            if packet.size:  # the last ones of each stream are empty: they flush decoders
                index = packet.stream.index
                if packet.dts is None:  # Matroska and NUT do not tell it of what lies before the first picture to show
                    packet.dts = packet.pts - 2 * (packet.duration or 0)
                change(packet, packet.stream.type, counted[index], float(packet.time_base))
                counted[index] += 1
                packet.stream = streams[index]
                output.mux(packet)
    return path


def leap(kinds: tuple[str, ...], seconds: float) -> Change:
    """Return what moves these kinds of packets, from mid-file on."""

    def change(packet: Any, kind: str, _: int, tick: float) -> None:
        if kind in kinds and packet.dts * tick >= FROM_S:
            packet.dts += round(seconds / tick)
            packet.pts += round(seconds / tick)

    return change


def parts_of(path: Path) -> tuple[list[Picture], list[float]]:
    """Return the pictures of a file, and when it clicks."""
    parts = list(decode(path, several_clocks=probe(path).several_clocks))
    line = np.concatenate([part.samples for part in parts if isinstance(part, SoundBlock)])
    loud = np.flatnonzero(np.abs(line) > 0.2) / 8000
    clicks = [float(time) for i, time in enumerate(loud) if i == 0 or time - loud[i - 1] > 0.1]
    return [part for part in parts if isinstance(part, Picture)], clicks


def assert_plays_as_made(path: Path) -> None:
    assert probe(path).duration == pytest.approx(SECONDS, abs=0.2)
    pictures, clicks = parts_of(path)
    assert clicks == pytest.approx(CLICKS, abs=0.15)
    assert pictures[-1].time == pytest.approx(SECONDS - 0.5, abs=0.6)
    assert len(pictures) >= 2 * SECONDS - 3


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("kinds", "seconds"), [(("audio",), 7200.0), (("video",), 50_000.0), (("audio", "video"), 20_000.0)]
)
def test_times_that_leap_by_hours_are_one_running_time(
    clips: Clips, form: str, kinds: tuple[str, ...], seconds: float
) -> None:
    path = retimed(clips, form, leap(kinds, seconds))
    assert probe(path).several_clocks
    assert_plays_as_made(path)


@pytest.mark.parametrize(("form", "kind"), [("ts", "audio"), ("ts", "video"), ("flv", "audio"), ("mpg", "video")])
def test_one_stream_of_a_recording_that_goes_by_another_clock_from_mid_file_on_stays_beside_the_other(
    clips: Clips, form: str, kind: str
) -> None:
    make: dict[str, dict[str, Any]] = {
        "ts": {"video_options": {"g": "25"}},
        "flv": {"video": "flv", "audio": "libmp3lame"},
        "mpg": {"video": "mpeg2video", "audio": "mp2"},
    }
    path = retimed(clips, form, leap((kind,), 7200.0), **make[form])
    pictures, clicks = parts_of(path)
    # The muxer keeps the one stream's packets back for a while.
    assert probe(path).duration < SECONDS + 3.5
    assert pictures[-1].time < SECONDS + 3.5
    assert len(clicks) == len(CLICKS)


@pytest.mark.parametrize("form", [*FORMS, "ts"])
@pytest.mark.parametrize("seconds", [4000.0, 20_000.0])
def test_a_single_wild_time_of_showing_costs_no_picture_behind_it(clips: Clips, form: str, seconds: float) -> None:
    def change(packet: Any, kind: str, number: int, tick: float) -> None:
        if kind == "video" and number in {40, 60}:
            packet.pts += round(seconds / tick)

    assert_plays_as_made(retimed(clips, form, change))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("claim", [("video", 149, 90_000.0), ("audio", 275, 7000.0)])
def test_a_last_packet_that_claims_to_last_for_hours_does_not(
    clips: Clips, tmp_path: Path, form: str, claim: tuple[str, int, float]
) -> None:
    kind, last, seconds = claim

    def change(packet: Any, of: str, number: int, tick: float) -> None:
        if of == kind and number >= last:
            packet.duration = round(seconds / tick)

    path = retimed(clips, form, change)
    assert_plays_as_made(path)
    coverage = fingerprint_media(path, DEFAULT_LIMITS, tmp_path).coverage
    assert coverage.picture.share == coverage.sound.share == 1.0


@pytest.mark.parametrize("stays_s", [20.0, 900.0])
def test_a_last_picture_that_stays_for_minutes_does(clips: Clips, stays_s: float) -> None:
    path = clips.make("slides.mp4", times=(0.0, 1.0, 2.0, 2.0 + stays_s), audio=None)
    assert probe(path).duration >= 2.0 + stays_s


@pytest.mark.parametrize(
    ("form", "make", "turn_s"),
    [
        ("ts", {}, 2**33 / 90_000),
        ("mpg", {"video": "mpeg2video", "audio": "mp2"}, 2**33 / 90_000),
        ("vob", {"video": "mpeg2video", "audio": "ac3"}, 2**33 / 90_000),
        ("flv", {"video": "flv", "audio": "libmp3lame"}, 2**31 / 1000),
        ("asf", {"video": "wmv2", "audio": "wmav2"}, 2**32 / 1000),
    ],
)
@pytest.mark.parametrize("before_s", [1.0, 4.0, 7.0])
def test_a_clock_that_runs_over_is_one_running_time(
    clips: Clips, form: str, make: dict[str, Any], turn_s: float, before_s: float
) -> None:
    options = {"output_ts_offset": str(turn_s - before_s)}
    path = clips.make(f"over.{form}", seconds=SECONDS, clicks=CLICKS, options=options, **make)
    assert_plays_as_made(path)


@pytest.mark.parametrize(("form", "codec"), [("opus", "libopus"), ("oga", "flac"), ("flac", "flac")])
@pytest.mark.parametrize("order", [(6.0, 4.0), (4.0, 6.0, 5.0)])
def test_parts_of_sound_in_one_file_follow_one_another(
    clips: Clips, form: str, codec: str, order: tuple[float, ...]
) -> None:
    """Recordings of radio are chains of Ogg: each title is a part with a clock of its own."""
    parts = [
        clips.make(f"part{number}.{form}", video=None, audio=codec, seconds=seconds, clicks=(1.0,)).read_bytes()
        for number, seconds in enumerate(order)
    ]
    path = clips.write(f"chain.{form}", b"".join(parts))
    assert probe(path).duration == pytest.approx(sum(order), abs=0.36 * len(order))
    begins = np.cumsum([0.0, *order[:-1]])
    assert parts_of(path)[1] == pytest.approx([begin + 1.0 for begin in begins], abs=0.1)


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
@pytest.mark.parametrize("seconds", [2.0, 3.0])
def test_bytes_that_are_no_header_in_mid_file_are_no_time(clips: Clips, codec: str, seconds: float) -> None:
    """IVF has no marks: the header of a second file is taken for that of a packet."""
    part = clips.make("part.ivf", video=codec, audio=None, seconds=seconds).read_bytes()
    assert probe(clips.write("joined.ivf", part * 2)).duration == pytest.approx(seconds, abs=0.1)


@pytest.mark.parametrize("form", ["h264", "hevc", "obu", "m2v"])
@pytest.mark.parametrize("fps", [24, 25, 30, 50])
def test_a_bare_stream_is_as_long_as_its_pictures_are_shown(clips: Clips, form: str, fps: int) -> None:
    make: dict[str, dict[str, Any]] = {
        "h264": {},
        "hevc": {"video": "libx265", "video_options": {"x265-params": "log-level=none"}},
        "obu": {"video": "libsvtav1"},
        "m2v": {"video": "mpeg2video"},
    }
    path = clips.make(f"bare.{form}", seconds=4.0, fps=fps, audio=None, **make[form])
    duration = probe(path).duration
    if form != "obu":  # its headers need not tell a rate; FFmpeg takes 25 then
        assert duration == pytest.approx(4.0, abs=0.05)
    pictures = [part.time for part in decode(path, sound=None) if isinstance(part, Picture)]
    assert duration - 0.75 < pictures[-1] <= duration


@pytest.mark.parametrize(("codec", "seconds"), [("alac", 1.0), ("alac", 3.5), ("pcm_s16le", 0.3)])
def test_sound_whose_last_packet_does_not_say_how_long_it_is_ends_where_it_decodes_to(
    clips: Clips, codec: str, seconds: float
) -> None:
    path = clips.make("sound.mka", video=None, audio=codec, seconds=seconds)
    assert probe(path).duration == pytest.approx(seconds, abs=0.03)
