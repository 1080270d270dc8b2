from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clips import Clips, picture

from fingerprint.media import container
from fingerprint.media.decode import Picture, SoundBlock, decode
from fingerprint.media.edit_list import cuts_nothing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

#: Pictures that wait for one another, and sound whose encoder runs in: both tracks begin inside their samples.
ORDINARY = {"video_options": {"g": "25", "bf": "2"}, "seconds": 6.0, "clicks": (2.5, 4.5)}


def edited(film: Path, track: int, *, begin: float = 0.0, shown: float | None = None, speed: float = 1.0) -> io.BytesIO:
    """Return the film with one edit of a track changed: where it begins (later by seconds), how long, how fast."""
    data = bytearray(film.read_bytes())
    at = -1
    for _ in range(track + 1):
        at = data.index(b"elst", at + 1)
    rate = struct.unpack_from(">I", data, data.index(b"mdhd", at) + 16)[0]
    count, length, first = struct.unpack_from(">IIi", data, at + 8)
    assert count == 1
    length = length if shown is None else round(shown * 1000)
    struct.pack_into(">Iii", data, at + 12, length, first + round(begin * rate), round(speed * 0x10000))
    return io.BytesIO(bytes(data))


def line(source: io.BytesIO | Path) -> NDArray[np.float32]:
    return np.concatenate([part.samples for part in decode(source, picture=None) if isinstance(part, SoundBlock)])


@pytest.mark.parametrize("fps", [5, 10, 25])
def test_tracks_that_only_wait_for_their_encoders_are_not_cut(clips: Clips, fps: int) -> None:
    with clips.make(f"waits-{fps}.mp4", fps=fps, **ORDINARY).open("rb") as file:
        assert cuts_nothing(file)


def test_a_film_without_edit_lists_is_not_cut(clips: Clips) -> None:
    film = clips.make("fragments.mp4", options={"movflags": "frag_keyframe+empty_moov"}, audio=None)
    assert cuts_nothing(io.BytesIO(film.read_bytes().replace(b"edts", b"free")))


@pytest.mark.parametrize("track", [0, 1])
@pytest.mark.parametrize(
    "edit", [{"begin": 1.0}, {"begin": 0.3}, {"shown": 5.0}, {"shown": 5.9}, {"speed": 0.5}, {"speed": 0.0}]
)
def test_an_edit_that_leaves_something_out_is_a_cut(clips: Clips, track: int, edit: dict[str, float]) -> None:
    film = clips.make("ordinary.mp4", **ORDINARY)
    assert not cuts_nothing(edited(film, track, **edit))


def test_several_edits_are_a_cut(clips: Clips) -> None:
    data = bytearray(clips.make("ordinary.mp4", **ORDINARY).read_bytes())
    struct.pack_into(">I", data, data.index(b"elst") + 8, 2)
    assert not cuts_nothing(io.BytesIO(bytes(data)))


def test_a_track_that_starts_late_is_told_from_one_that_is_whole(clips: Clips) -> None:
    with clips.make("late.mp4", sound_from=1.0, **ORDINARY).open("rb") as file:
        assert not cuts_nothing(file)


@pytest.mark.parametrize("name", ["other.mkv", "other.ts", "other.avi"])
def test_of_other_formats_nothing_is_said(clips: Clips, name: str) -> None:
    with clips.make(name, video="mpeg4").open("rb") as file:
        assert not cuts_nothing(file)


@given(data=st.data())
def test_damage_is_no_error(film: bytes, data: st.DataObject) -> None:
    damaged = bytearray(film)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(film) - 1))] = data.draw(st.integers(0, 255))
    assert cuts_nothing(io.BytesIO(bytes(damaged[: data.draw(st.integers(0, len(film)))]))) in {True, False}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The header of a film: what damage can strike."""
    data = Clips(tmp_path_factory.mktemp("film")).make("film.mp4", seconds=1).read_bytes()
    return data[: data.index(b"ftyp") + 40] + data[data.index(b"moov") - 4 :]


def test_what_an_edit_cuts_off_is_neither_seen_nor_heard(clips: Clips) -> None:
    film = clips.make("ordinary.mp4", **ORDINARY)
    seen = [part for part in decode(edited(film, 0, begin=2, shown=3), sound=None) if isinstance(part, Picture)]
    assert [part.number for part in seen] == [0, 1, 2, 3, 4, 5]
    for part in seen:
        original = picture(round((part.time + 2) * 25), (64, 48))
        assert np.abs(part.rgb[-1, -1] - original[-1, -1].astype(int)).max() < 4
    loud = np.flatnonzero(np.abs(line(edited(film, 1, begin=2, shown=3))) > 0.2)
    assert loud[0] / 8000 == pytest.approx(0.5, abs=0.1)


def test_a_film_that_is_not_cut_is_read_as_ffmpeg_reads_its_edits(
    clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = clips.make("ordinary.mp4", **ORDINARY)
    pictures, sound = [part for part in decode(film, sound=None) if isinstance(part, Picture)], line(film)
    monkeypatch.setattr(container, "cuts_nothing", lambda _: False)
    others, other = [part for part in decode(film, sound=None) if isinstance(part, Picture)], line(film)
    assert [part.time for part in pictures] == [part.time for part in others]
    assert all(np.array_equal(one.rgb, two.rgb) for one, two in zip(pictures, others, strict=True))
    assert np.array_equal(sound, other)
