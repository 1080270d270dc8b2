from __future__ import annotations

import io
import math
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fingerprint.media.decode import Picture, PictureWish, SoundBlock, SoundWish, decode
from fingerprint.media.errors import MediaError
from fingerprint.media.limits import MediaLimits
from schemas.errors import ErrorCode

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from support.clips import Clips

RATE = 8000
FILMS = {
    "chunks.mp4": {"video": "libx264", "audio": "aac", "video_options": {"g": "60", "bf": "2"}},
    "fragments.mp4": {"video": "libx264", "audio": "aac", "options": {"movflags": "frag_keyframe+empty_moov"}},
    "chunks.mkv": {"video": "libx264", "audio": "libopus", "video_options": {"g": "60"}},
    "chunks.webm": {"video": "libvpx-vp9", "audio": "libopus", "video_options": {"g": "60", "cpu-used": "8"}},
    "chunks.ts": {"video": "libx264", "audio": "aac", "video_options": {"g": "60"}},
    "chunks.avi": {"video": "mpeg4", "audio": "libmp3lame"},
    "chunks.wmv": {"video": "wmv2", "audio": "wmav2"},
    "chunks.flv": {"video": "libx264", "audio": "aac"},
}


def pictures(source: Any, *args: float, **kwargs: Any) -> list[Picture]:
    return [item for item in decode(source, *args, sound=None, **kwargs) if isinstance(item, Picture)]


def blocks(source: Any, *args: float, **kwargs: Any) -> list[SoundBlock]:
    return [item for item in decode(source, *args, picture=None, **kwargs) if isinstance(item, SoundBlock)]


def samples(source: Any, *args: float, **kwargs: Any) -> NDArray[np.float32]:
    return np.concatenate([block.samples for block in blocks(source, *args, **kwargs)])


def clicks_of(line: NDArray[np.float32], start: float = 0.0) -> list[float]:
    """Return where the clicks of a line of samples are, seconds."""
    loud = np.flatnonzero(np.abs(line) > 0.2) / RATE + start
    return [float(time) for i, time in enumerate(loud) if i == 0 or time - loud[i - 1] > 0.1]


@pytest.mark.parametrize("name", FILMS)
def test_chunks_give_together_what_one_pass_gives(clips: Clips, name: str) -> None:
    film = clips.make(name, seconds=12, clicks=(1.5, 5.25, 8.75), **FILMS[name])
    whole = pictures(film)
    assert [picture.number for picture in whole] == list(range(len(whole)))
    assert len(whole) in {24, 25}  # some containers start the picture a few hundredths of a second late
    borders = (0.0, 2.3, 5.0, 8.5, math.inf)
    parts = [list(decode(film, a, b)) for a, b in pairwise(borders)]
    chunked = [item for part in parts for item in part if isinstance(item, Picture)]
    assert [(picture.number, picture.time) for picture in chunked] == [(p.number, p.time) for p in whole]
    for one, other in zip(chunked, whole, strict=True):
        assert np.array_equal(one.rgb, other.rgb)
    heard = [item for part in parts for item in part if isinstance(item, SoundBlock)]
    assert heard[0].first == 0
    assert all(one.first + len(one.samples) == other.first for one, other in pairwise(heard))
    line = np.concatenate([block.samples for block in heard])
    assert clicks_of(line) == pytest.approx([1.5, 5.25, 8.75], abs=0.1)
    assert len(line) == pytest.approx(len(samples(film)), abs=0.03 * RATE)


@pytest.mark.parametrize(
    ("name", "audio"),
    [
        ("s.mp3", "libmp3lame"),
        ("s.m4a", "aac"),
        ("s.aac", "aac"),
        ("s.ogg", "libopus"),
        ("s.flac", "flac"),
        ("s.wav", "pcm_s16le"),
    ],
)
def test_sound_alone_is_where_it_was_recorded(clips: Clips, name: str, audio: str) -> None:
    container = "adts" if name == "s.aac" else None
    path = clips.make(name, seconds=8, video=None, audio=audio, clicks=(1.0, 6.5), container=container)
    assert clicks_of(samples(path)) == pytest.approx([1.0, 6.5], abs=0.03)
    assert clicks_of(samples(path, 5.0, 7.0), 5.0) == pytest.approx([6.5], abs=0.03)
    assert not pictures(path)


def test_a_chunk_of_sound_starts_and_ends_on_its_sample(clip: Path) -> None:
    for start, end in ((0.0, 1.0), (1.2345, 2.0), (2.00001, 3.3333)):
        got = blocks(clip, start, end)
        assert got[0].first == round(start * RATE)
        assert got[0].time == got[0].first / RATE
        assert got[-1].first + len(got[-1].samples) == round(end * RATE)
        assert all(block.samples.dtype == np.float32 for block in got)


def test_a_margin_of_sound_comes_with_the_chunk_and_no_more_pictures(clips: Clips) -> None:
    film = clips.make("margin.mp4", seconds=10)
    got = list(decode(film, 4.0, 6.0, sound=SoundWish(margin_s=1.5)))
    heard = [item for item in got if isinstance(item, SoundBlock)]
    assert heard[0].first == round(2.5 * RATE)
    assert heard[-1].first + len(heard[-1].samples) == round(7.5 * RATE)
    assert [item.number for item in got if isinstance(item, Picture)] == [8, 9, 10, 11]
    at_start = blocks(film, 0.0, 1.0, sound=SoundWish(margin_s=1.5))
    assert at_start[0].first == 0


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv"])
def test_sound_that_starts_late_stays_late(clips: Clips, name: str) -> None:
    film = clips.make(name, sound_from=0.5, clicks=(1.0,))
    assert clicks_of(samples(film)) == pytest.approx([1.5], abs=0.03)
    assert blocks(film)[0].first == 0


@pytest.mark.parametrize("name", ["gap.mp4", "gap.mkv"])
def test_missing_sound_is_silence_and_what_follows_keeps_its_time(clips: Clips, name: str) -> None:
    film = clips.make(name, seconds=6, drop_sound=(2.0, 3.0), clicks=(1.0, 4.5))
    line = samples(film)
    assert clicks_of(line) == pytest.approx([1.0, 4.5], abs=0.03)
    assert not line[round(2.3 * RATE) : round(2.9 * RATE)].any()


@pytest.mark.parametrize("name", ["picture-late.mp4", "picture-late.mkv"])
def test_pictures_that_start_late_have_their_own_time(clips: Clips, name: str) -> None:
    film = clips.make(name, picture_from=0.6, clicks=(1.0,))
    assert pictures(film)[0].time == pytest.approx(0.6, abs=0.05)
    assert clicks_of(samples(film)) == pytest.approx([1.0], abs=0.03)


def test_times_of_a_transport_stream_start_at_zero(clips: Clips) -> None:
    film = clips.make("offset.ts", clicks=(1.0,), options={"output_ts_offset": "3600"})
    assert pictures(film)[0].time == pytest.approx(0.0, abs=0.05)
    assert clicks_of(samples(film)) == pytest.approx([1.0], abs=0.05)


def test_pictures_of_variable_rate_keep_their_times(clips: Clips) -> None:
    times = [0.0, 0.04, 0.08, 0.52, 0.56, 3.0, 3.04, 3.6, 9.0, 9.04, 9.1, 9.8]
    film = clips.make("vfr.mkv", times=times, audio=None)
    got = pictures(film)
    assert [picture.number for picture in got] == list(range(20))  # what stays on show is seen all the time
    own = [picture.time for picture in got if picture.number in {0, 1, 6, 7, 18, 19}]
    assert own == pytest.approx([0.0, 0.52, 3.0, 3.6, 9.0, 9.8], abs=0.002)
    halves = pictures(film, 0.0, 5.0) + pictures(film, 5.0, 12.0)
    assert [picture.number for picture in halves] == [picture.number for picture in got]


def test_skipping_pictures_never_leaves_a_gap(clips: Clips) -> None:
    """Of five pictures a second, eight of nine are of no use to others: skipping them would leave one in 1.8 s."""
    options = {"bf": "8", "b_strategy": "0", "x264-params": "b-pyramid=none:scenecut=0:b-adapt=0:keyint=40"}
    film = clips.make("sparse.mp4", seconds=20, fps=5, video_options=options, audio=None)
    assert [picture.number for picture in pictures(film)] == list(range(40))
    every = {picture.number: picture for picture in pictures(film, picture=PictureWish(rate=5))}
    for picture in pictures(film):
        same = every[round(picture.time * 5)]
        assert np.array_equal(picture.rgb, same.rgb)
    halves = pictures(film, 0.0, 9.0) + pictures(film, 9.0, 20.0)
    assert [(picture.number, picture.time) for picture in halves] == [(p.number, p.time) for p in pictures(film)]


def test_a_fine_grid_gives_every_picture(clip: Path) -> None:
    assert len(pictures(clip, picture=PictureWish(rate=25))) == 100


@pytest.mark.parametrize(("degrees", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_pictures_stand_upright(clips: Clips, clip: Path, degrees: int, corner: tuple[int, int]) -> None:
    rgb = pictures(clips.rotated(clip, degrees), 0.0, 0.5)[0].rgb
    assert rgb.shape == ((48, 64, 3) if degrees % 180 == 0 else (64, 48, 3))
    assert rgb.flags.c_contiguous
    corners = {(y, x): int(rgb[y, x].min()) for y in (0, -1) for x in (0, -1)}
    assert max(corners, key=lambda place: corners[place]) == corner


def test_pictures_are_scaled_to_their_long_side_and_never_up(clips: Clips, footage: dict[str, Path]) -> None:
    assert pictures(footage["bunny"], 0.0, 0.5)[0].rgb.shape == (180, 320, 3)
    assert pictures(footage["bunny"], 0.0, 0.5, picture=PictureWish(long_side=96))[0].rgb.shape == (54, 96, 3)
    assert pictures(footage["carphone"], 0.0, 0.5)[0].rgb.shape[0] == 144
    anamorphic = clips.make("wide.mp4", aspect=Fraction(2), audio=None)
    assert pictures(anamorphic, 0.0, 0.5)[0].rgb.shape == (48, 128, 3)


def test_a_picture_of_one_pixel_is_a_picture(clips: Clips) -> None:
    film = clips.make("pixel.mkv", size=(1, 1), video="ffv1", pixels="bgr0", audio=None)
    assert {picture.rgb.shape for picture in pictures(film)} == {(1, 1, 3)}


def test_transparent_video_decodes(clips: Clips) -> None:
    film = clips.make("alpha.webm", video="libvpx-vp9", pixels="yuva420p", audio=None)
    assert len(pictures(film)) == 8


def test_video_without_sound_and_sound_without_video_give_what_there_is(clips: Clips) -> None:
    assert {type(item) for item in decode(clips.make("silent.mp4", audio=None))} == {Picture}
    assert {type(item) for item in decode(clips.make("heard.m4a", video=None))} == {SoundBlock}


def test_a_file_object_gives_what_its_path_gives(clip: Path) -> None:
    with clip.open("rb") as file:
        for _ in range(2):
            got = list(decode(file, 1.0, 3.0))
            assert [p.number for p in got if isinstance(p, Picture)] == [2, 3, 4, 5]
        assert not file.closed


def test_two_walks_over_one_file_object_do_not_disturb_each_other(clip: Path) -> None:
    with clip.open("rb") as file:
        first, second = decode(file, sound=None), decode(file, 1.0, sound=None)
        numbers = [(one.number, two.number) for one, two in zip(first, second, strict=False)]  # type: ignore[union-attr]  # pictures only
    assert numbers == [(0, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7)]


def test_damage_in_the_middle_costs_what_is_damaged(clips: Clips) -> None:
    film = clips.make(
        "damaged.mp4", seconds=20, video_options={"g": "25"}, clicks=(2.0, 18.0), options={"movflags": "+faststart"}
    )
    data = bytearray(film.read_bytes())
    middle = len(data) // 2
    data[middle : middle + len(data) // 20] = np.random.default_rng(5).bytes(len(data) // 20)
    got = pictures(io.BytesIO(bytes(data)))
    assert len(got) > 34
    assert got[-1].number == 39
    assert clicks_of(samples(io.BytesIO(bytes(data))))[0] == pytest.approx(2.0, abs=0.05)
    assert clicks_of(samples(io.BytesIO(bytes(data))))[-1] == pytest.approx(18.0, abs=0.05)


def test_a_file_that_was_cut_off_gives_what_is_there(clips: Clips) -> None:
    film = clips.make("cut-off.mp4", seconds=20, options={"movflags": "+faststart"}).read_bytes()
    got = pictures(io.BytesIO(film[: len(film) * 6 // 10]))
    assert 15 < len(got) < 35
    assert [picture.number for picture in got] == list(range(len(got)))


def test_a_file_in_which_nothing_decodes_is_bad_content(clips: Clips) -> None:
    data = clips.make("front4.mp4", options={"movflags": "+faststart"}).read_bytes()
    start = data.find(b"mdat") + 4
    with pytest.raises(MediaError) as caught:
        list(decode(io.BytesIO(data[:start] + bytes(len(data) - start))))
    assert caught.value.code is ErrorCode.RESOURCE_CONTENT_BAD


def test_a_span_after_the_end_is_empty(clip: Path) -> None:
    assert not list(decode(clip, 100.0, 110.0))


def test_nothing_wished_is_nothing_given(clip: Path) -> None:
    assert not list(decode(clip, picture=None, sound=None))


def test_pictures_over_the_limit_are_refused(clip: Path) -> None:
    with pytest.raises(MediaError) as caught:
        list(decode(clip, limits=MediaLimits(max_pixels=64 * 48 - 1)))
    assert caught.value.code is ErrorCode.RESOURCE_TOO_LARGE


def test_decoding_ends_at_the_limit_on_duration(clip: Path) -> None:
    assert [picture.number for picture in pictures(clip, limits=MediaLimits(max_duration_s=2.0))] == [0, 1, 2, 3]


def test_an_error_of_the_file_object_comes_through(clips: Clips) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= 128 * 1024:
                raise MediaError(ErrorCode.TIMEOUT, "the server is slow")
            return super().read(size)

    film = clips.make("streamed.mp4", seconds=20, options={"movflags": "+faststart"})
    with pytest.raises(MediaError, match="the server is slow"):
        list(decode(Failing(film.read_bytes())))
