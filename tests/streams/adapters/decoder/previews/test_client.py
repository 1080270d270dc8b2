"""What is made in the cage plays everywhere, and shows at each second what fingerprints saw at that second."""

from __future__ import annotations

import io
import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from support.clips import Clips

from fingerprint.media.decode import decode
from fingerprint.media.errors import MediaError
from fingerprint.media.limits import MediaLimits
from fingerprint.media.request import Picture, PictureWish, SoundBlock, SoundWish
from schemas.errors import ErrorCode
from streams.adapters.decoder.previews.client import CagedPreviewer
from streams.ports.decoder_errors import DecoderEndedError
from streams.ports.previews import LONGEST_PREVIEW_S, Form, NothingThereError, SpanTooLongError

LIMITS = MediaLimits()
#: Key frames twice a second, so that copies begin in mid-file.
CUTTABLE = {"g": "12"}
#: Levels of brightness that encoding may change; neighbouring pictures of clips differ by more.
SHADE = 3.0
#: Seconds that a click may lie elsewhere in a copy: the run-in of AAC, which containers without an index keep.
CLICK_S = 0.025


@pytest.fixture(scope="module")
def previewer() -> Iterator[CagedPreviewer]:
    """One process for all tests."""
    previewer = CagedPreviewer(memory=2**30, required=True)
    previewer.prepare()
    yield previewer
    previewer.close()


@dataclass
class Preview:
    """What came of a request."""

    form: Form
    start: float
    data: bytes

    @property
    def codecs(self) -> list[str]:
        with av.open(io.BytesIO(self.data)) as container:
            return [stream.codec_context.name for stream in container.streams]


def _preview(
    previewer: CagedPreviewer, path: Path, start: float = 0.0, end: float | None = None, *, original: bool = False
) -> Preview:
    pieces: list[bytes] = []
    with path.open("rb") as file:
        made = previewer.preview(file, start, end, LIMITS, may_be_original=original, sink=pieces.append)
    return Preview(made.form, made.start, b"".join(pieces))


#: Seconds that times may differ by: containers round them.
ROUNDING_S = 0.002


def _shades(pictures: list[tuple[float, Any]]) -> list[tuple[float, float]]:
    """Return the brightness of pictures, by their seconds."""
    return [(time, float(rgb[rgb.shape[0] * 5 // 8 :, rgb.shape[1] * 5 // 8 :].mean())) for time, rgb in pictures]


def _truth(path: Path) -> list[tuple[float, float]]:
    """Return what the pipeline sees of media, and when."""
    seen = decode(path, picture=PictureWish(rate=60.0), sound=None)
    return _shades([(one.time, one.rgb) for one in seen if isinstance(one, Picture)])


def _shown(preview: Preview) -> list[tuple[float, float]]:
    """Return what a player shows of a preview, and when on the pipeline's clock."""
    with av.open(io.BytesIO(preview.data)) as container:
        assert abs(container.start_time or 0) < ROUNDING_S * 1e6
        frames = [(frame.time + preview.start, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    return _shades(frames)


def _clicks(source: Any) -> list[float]:
    """Return when the pipeline hears clicks."""
    blocks = [one for one in decode(source, picture=None, sound=SoundWish(rate=48_000)) if isinstance(one, SoundBlock)]
    loud = np.flatnonzero(np.abs(np.concatenate([np.zeros(0), *(block.samples for block in blocks)])) > 0.3)
    begins = loud[np.flatnonzero(np.diff(loud, prepend=-48_000) > 4_800)]
    return [at / 48_000 + blocks[0].time for at in begins]


def _on_show(shown: list[tuple[float, float]], second: float) -> float:
    return [shade for time, shade in shown if time <= second][-1]


def _shows_the_same(path: Path, preview: Preview, start: float = 0.0, end: float = 1e9) -> None:
    """Demand of a preview that it shows and sounds at each second as the pipeline saw and heard it."""
    if "h264" in preview.codecs:
        shown = _shown(preview)
        wanted = [(time, shade) for time, shade in _truth(path) if start <= time < end]
        assert len(wanted) > 1
        for time, shade in wanted:
            assert abs(_on_show(shown, time + ROUNDING_S) - shade) < SHADE, f"another picture at {time}"
        for (_, shade), (time, _) in itertools.pairwise(wanted):
            assert abs(_on_show(shown, time - ROUNDING_S) - shade) < SHADE, f"another picture before {time}"
    heard = [click + preview.start for click in _clicks(io.BytesIO(preview.data))] if "aac" in preview.codecs else []
    for click in _clicks(path):
        if start + 0.1 <= click < end - 0.1:
            assert min(abs(click - one) for one in heard) < CLICK_S


def _picture(source: Any) -> Any:
    """Return the first picture after half a second."""
    seen = decode(source, 0.52, picture=PictureWish(rate=25.0), sound=None)
    return next(one for one in seen if isinstance(one, Picture)).rgb


CASES: dict[str, tuple[Form, dict[str, Any]]] = {
    "a.mkv": (Form.COPY, {}),
    "a.mp4": (Form.COPY, {}),
    "a.mov": (Form.COPY, {}),
    "a.ts": (Form.COPY, {}),
    "a.flv": (Form.COPY, {}),
    "late-sound.mkv": (Form.COPY, {"sound_from": 0.5}),
    "gap.mkv": (Form.ENCODED, {"drop_sound": (1.2, 1.7)}),
    "late-picture.mp4": (Form.ENCODED, {"picture_from": 0.52}),
    "hevc.mkv": (Form.ENCODED, {"video": "libx265", "video_options": {"x265-params": "log-level=none:keyint=12"}}),
    "ten-bits.mp4": (Form.ENCODED, {"pixels": "yuv420p10le"}),
    "a.avi": (Form.ENCODED, {"video": "mpeg4", "audio": "libmp3lame"}),
    "a.webm": (Form.ENCODED, {"video": "libvpx", "audio": "libopus"}),
    "a.mpg": (Form.ENCODED, {"video": "mpeg2video", "audio": "mp2"}),
    "varying.mkv": (Form.COPY, {"times": [n / 25 + (0.013 if n % 3 else 0.0) for n in range(100)]}),
    "varying.webm": (Form.ENCODED, {"video": "libvpx", "audio": None, "times": [n / 10 for n in (0, 1, 2, 9, 10, 39)]}),
    "silent.mkv": (Form.COPY, {"audio": None}),
    "fast.mp4": (Form.COPY, {"fps": 50}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_preview_shows_at_each_second_what_the_pipeline_saw_then(
    previewer: CagedPreviewer, tmp_path: Path, name: str
) -> None:
    form, how = CASES[name]
    options = {"clicks": (1.0, 2.5)} | ({"video_options": CUTTABLE} if form is Form.COPY else {}) | how
    path = Clips(tmp_path).make(name, **options)
    whole = _preview(previewer, path)
    assert whole.form is form
    assert whole.start == 0
    assert whole.codecs == ["h264", *(["aac"] if how.get("audio", "aac") else [])]
    _shows_the_same(path, whole)
    span = _preview(previewer, path, 1.7, 3.1)
    assert 1.7 - 0.6 < span.start <= 1.7
    assert span.form is form
    assert span.form is Form.COPY or span.start == 1.7
    if name != "a.mpg":  # there the pipeline itself takes pictures behind a seek for 20 ms later than read through
        _shows_the_same(path, span, 1.7, 3.1)


def test_an_mp4_file_that_plays_everywhere_is_shown_itself(previewer: CagedPreviewer, tmp_path: Path) -> None:
    clips = Clips(tmp_path)
    assert _preview(previewer, clips.make(), original=True) == Preview(Form.ORIGINAL, 0.0, b"")
    assert _preview(previewer, clips.make("b.mp4", video=None), original=True).form is Form.ORIGINAL
    for unfit in (
        clips.make("late.mp4", picture_from=0.52, audio=None),
        clips.make("hevc.mp4", video="libx265", video_options={"x265-params": "log-level=none"}),
        clips.make("fragments.mp4", options={"movflags": "frag_keyframe+empty_moov"}),
        clips.make("film.mov"),
        clips.rotated(clips.make("upright.mp4"), 90),
    ):
        assert _preview(previewer, unfit, original=True).form is not Form.ORIGINAL, unfit.name


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_film_that_was_turned_is_shown_upright(previewer: CagedPreviewer, tmp_path: Path, degrees: int) -> None:
    clips = Clips(tmp_path)
    path = clips.rotated(clips.make(seconds=1.0, audio=None), degrees)
    preview = _preview(previewer, path)
    with path.open("rb") as file:
        jpeg = previewer.frame(file, 0.52, 64, LIMITS)
    thumbnail = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
    true = next(one for one in decode(path, 0.52, picture=PictureWish(rate=25.0)) if isinstance(one, Picture)).rgb
    shown = next(
        one
        for one in decode(io.BytesIO(preview.data), 0.52, picture=PictureWish(rate=25.0))
        if isinstance(one, Picture)
    ).rgb
    for picture in (shown, thumbnail):
        assert picture.shape == true.shape
        assert np.abs(picture.astype(int) - true).mean() < 6


@pytest.mark.parametrize(
    ("name", "how"), [("a.wav", {"audio": "pcm_s16le"}), ("a.m4a", {}), ("a.mp3", {"audio": "libmp3lame"})]
)
def test_sound_alone_is_a_file_of_sound(
    previewer: CagedPreviewer, tmp_path: Path, name: str, how: dict[str, str]
) -> None:
    path = Clips(tmp_path).make(name, video=None, clicks=(1.0, 2.5), **how)
    for span in ((0.0, None), (0.9, 3.0)):
        preview = _preview(previewer, path, *span)
        assert preview.codecs == ["aac"]
        _shows_the_same(path, preview, span[0], span[1] or 4.0)
    with path.open("rb") as file, pytest.raises(NothingThereError):
        previewer.frame(file, 1.0, 180, LIMITS)


def test_a_thumbnail_is_the_picture_that_is_on_show_at_that_second(previewer: CagedPreviewer, tmp_path: Path) -> None:
    path = Clips(tmp_path).make(video_options=CUTTABLE, size=(320, 240))
    truth = _truth(path)
    with path.open("rb") as file:
        for at in (0.0, 0.041, 1.0, 1.99, 3.97, 4.0):
            jpeg = previewer.frame(file, at, 120, LIMITS)
            picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
            assert picture.shape == (120, 160, 3)
            shade = [shade for time, shade in truth if time <= at + 0.0015][-1]
            assert abs(picture[80:, 110:].mean() - shade) < SHADE, at
        with pytest.raises(NothingThereError):
            previewer.frame(file, 60.0, 120, LIMITS)


def test_a_picture_that_stays_is_the_thumbnail_of_all_of_its_seconds(previewer: CagedPreviewer, tmp_path: Path) -> None:
    path = Clips(tmp_path).make("slides.mkv", audio=None, times=[0.0, 8.0, 16.0, 16.04])
    with path.open("rb") as file:
        pictures = [previewer.frame(file, at, 48, LIMITS) for at in (0.5, 4.0, 7.5, 8.5)]
    shades = [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR)[30:, 40:].mean() for one in pictures]
    assert shades[:3] == pytest.approx([40.0] * 3, abs=SHADE)
    assert shades[3] == pytest.approx(47.0, abs=SHADE)


def test_a_file_that_was_cut_off_is_shown_as_far_as_it_goes(previewer: CagedPreviewer, tmp_path: Path) -> None:
    clips = Clips(tmp_path)
    whole = clips.make("a.mkv", video_options=CUTTABLE, clicks=(1.0,))
    data = whole.read_bytes()
    cut = clips.write("cut.mkv", data[: len(data) * 2 // 3])
    _shows_the_same(cut, _preview(previewer, cut))
    with pytest.raises(MediaError) as caught:  # its index is at the end
        _preview(previewer, clips.write("cut.mp4", clips.make("b.mp4").read_bytes()[:20_000]))
    assert caught.value.code is ErrorCode.RESOURCE_CONTENT_BAD


def test_what_is_damaged_in_the_middle_is_encoded_as_it_is_seen(previewer: CagedPreviewer, tmp_path: Path) -> None:
    clips = Clips(tmp_path)
    data = bytearray(clips.make("a.ts", video_options=CUTTABLE).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    preview = _preview(previewer, clips.write("damaged.ts", bytes(data)))
    assert preview.codecs == ["h264", "aac"]
    assert _shown(preview)[-1][0] > 3.5


def test_pictures_over_the_limit_are_refused(previewer: CagedPreviewer, tmp_path: Path) -> None:
    path = Clips(tmp_path).make()
    with path.open("rb") as file, pytest.raises(MediaError) as caught:
        previewer.frame(file, 0.0, 48, MediaLimits(max_pixels=1000))
    assert caught.value.code is ErrorCode.RESOURCE_TOO_LARGE


def test_a_span_that_is_too_long_or_behind_the_end_is_told(previewer: CagedPreviewer, tmp_path: Path) -> None:
    path = Clips(tmp_path).make("a.mkv", audio=None, times=[0.0, 300.0, LONGEST_PREVIEW_S + 20])
    with pytest.raises(SpanTooLongError):
        _preview(previewer, path)
    assert _preview(previewer, path, 300.0, 310.0).start <= 300.0
    with pytest.raises(NothingThereError):
        _preview(previewer, path, 1000.0, 1010.0)


def test_what_fails_to_take_the_file_is_told_and_the_decoder_goes_on(previewer: CagedPreviewer, tmp_path: Path) -> None:
    path = Clips(tmp_path).make("a.mkv", seconds=1.0)

    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    previewer.prepare()
    pid = previewer.pid
    with path.open("rb") as file, pytest.raises(OSError, match="No space left"):
        previewer.preview(file, 0.0, None, LIMITS, may_be_original=False, sink=full)
    assert _preview(previewer, path).codecs == ["h264", "aac"]
    assert previewer.pid == pid


def test_a_decoder_that_dies_costs_one_answer(previewer: CagedPreviewer, tmp_path: Path) -> None:
    path = Clips(tmp_path).make("a.mkv", seconds=1.0)

    class Dying(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            thread = threading.Thread(target=previewer.interrupt)
            thread.start()
            thread.join()
            return super().read(size)

    with pytest.raises(DecoderEndedError):
        previewer.preview(Dying(path.read_bytes()), 0.0, None, LIMITS, may_be_original=False, sink=lambda _: None)
    assert _preview(previewer, path).codecs == ["h264", "aac"]
