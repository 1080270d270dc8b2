"""Files that play, or did, and had something done to their bytes: joined, cut short, with garbage, with other words."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from odd_media.ffmpeg import Call, Recipe, both, picture, sound
from odd_media.oddities import FILMS, H264

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["KINDS"]

#: What is done to some files of every kind is done to these.
SOUNDS: dict[str, Call] = {
    "mp3": ("-c:a", "libmp3lame"),
    "adts": ("-c:a", "aac"),
    "flac": ("-c:a", "flac"),
    "wav": ("-c:a", "pcm_s16le"),
    "ac3": ("-c:a", "ac3"),
    "wv": ("-c:a", "wavpack"),
    "aiff": ("-c:a", "pcm_s16be"),
    "caf": ("-c:a", "alac"),
}
STREAMS: dict[str, Call] = {
    "h264": H264,
    "mpeg2video": ("-c:v", "mpeg2video"),
    "ivf": ("-c:v", "libvpx", "-cpu-used", "8"),
    "gif": ("-c:v", "gif"),
    "yuv4mpegpipe": ("-pix_fmt", "yuv420p"),
}

#: Transport streams that go on in other places: with other identifiers, in another order, as another program.
PARTS: dict[str, Call] = {
    "other identifiers": (*FILMS["mpegts"], "-mpegts_start_pid", "0x200", "-f", "mpegts", "out"),
    "sound before pictures": ("-map", "1", "-map", "0", *FILMS["mpegts"], "-f", "mpegts", "out"),
    "another program": (
        *(*FILMS["mpegts"], "-mpegts_start_pid", "0x300", "-mpegts_pmt_start_pid", "0x1200"),
        *("-mpegts_service_id", "7", "-f", "mpegts", "out"),
    ),
}

#: Sound that is joined to chains, part behind part.
CHAINS = {"ogg": "libvorbis", "opus": "libopus", "oga": "flac", "spx": "libspeex", "flac": "flac"}

#: Bytes before the first part of an FLV file, which further parts do not repeat.
FLV_HEADER = 13

#: A title that gets other bytes, of the same number.
TITLE = b"A-TITLE-OF-TWENTY-FOUR-B"

#: Words that are no ASCII: in other alphabets' own bytes, bytes that are in no text at all, half a character of UTF-8.
WORDS = {
    "Latin-1": "Très français, où ça va?".encode("latin-1"),
    "no text": bytes(range(0xE8, 0x100)),
    "half a character": ("ż" * 12).encode()[1:] + b"\xc5",
    "zeros": bytes(len(TITLE)),
    "Shift-JIS": "日本語の題名です日本語の".encode("shift-jis"),
}


def of_joining() -> Iterator[Recipe]:
    """Yield recipes of files joined byte by byte: clocks that start anew, streams and codecs that come and go."""
    for form in ("mpegts", "mpeg", "flv", "avi", "matroska", "mp4", "asf", "ogg", "nut"):
        calls = [_film(form), _film(form, "-output_ts_offset", "70")]
        yield Recipe(f"two of {form}", calls, _joined(form))
        yield Recipe(f"two of {form}, the later clock first", calls[::-1], _joined(form))
        silent = (*picture(), *FILMS[form], "-an", "-f", form, "out")
        yield Recipe(f"sound that appears in mid-file of {form}", [silent, _film(form)], _joined(form))
        blind = (*sound(), *FILMS[form], "-vn", "-f", form, "out")
        yield Recipe(f"pictures that appear in mid-file of {form}", [blind, _film(form)], _joined(form))
        yield Recipe(
            f"a larger picture in mid-file of {form}", [_film(form), _film(form, size="320x240")], _joined(form)
        )
    for name, options in PARTS.items():
        yield Recipe(f"{name} in mid-file of mpegts", [_film("mpegts"), (*both(), *options)], _joined("mpegts"))
    for form, name in CHAINS.items():
        calls = [(*sound(seconds=s), "-c:a", name, "-strict", "-2", "-f", form, "out") for s in (2, 1.5, 3)]
        yield Recipe(f"a chain of {name} in {form}", calls, b"".join)
    others = [_film("mpegts"), (*both(), "-c:v", "mpeg2video", "-c:a", "mp2", "-f", "mpegts", "out")]
    yield Recipe("other codecs in mid-file of mpegts", others, _joined("mpegts"))
    for form, codec in SOUNDS.items():
        calls = [_sound(form), (*sound(), *codec, "-ar", "32000", "-ac", "2", "-f", form, "out")]
        yield Recipe(f"two of {form} in one file", calls, _joined(form))
    for form, content in STREAMS.items():
        calls = [_stream(form), (*picture("96x64"), *content, "-f", form, "out")]
        yield Recipe(f"two of {form} in one file", calls, _joined(form))
    yield Recipe("a film behind a sound", [_sound("mp3"), _film("mpegts")], b"".join)
    yield Recipe("a sound behind a film", [_film("mpegts"), _sound("mp3")], b"".join)
    yield Recipe("Matroska in a transport stream", [_film("mpegts"), _film("matroska"), _film("mpegts")], b"".join)


def of_cutting() -> Iterator[Recipe]:
    """Yield recipes of files that are cut short, or lack their beginning."""
    for form, call in _all():
        for share in (0.02, 0.3, 0.9):
            yield Recipe(f"the first {share:.0%} of {form}", [call], _kept(0.0, share))
        yield Recipe(f"the second half of {form}", [call], _kept(0.5, 1.0))


def of_garbage() -> Iterator[Recipe]:
    """Yield recipes of files with something before, after or within."""
    page = b"<!DOCTYPE html><html><body>" + b"404 Not Found " * 200 + b"</body></html>"
    for form, call in _all():
        yield Recipe(f"zeros before {form}", [call], _with(before=bytes(1000)))
        yield Recipe(f"a page before {form}", [call], _with(before=page))
        yield Recipe(f"noise after {form}", [call], _with(after=_noise(70_000)))
        yield Recipe(f"noise within {form}", [call], _with(within=_noise(3000)))
        yield Recipe(f"zeros over {form}", [call], _over)


def of_words() -> Iterator[Recipe]:
    """Yield recipes of files whose title is no ASCII, or no text at all."""
    titled: Call = ("-metadata", f"title={TITLE.decode()}", "-metadata", f"comment={TITLE.decode()}")
    of_streams: Call = ("-metadata:s:0", f"title={TITLE.decode()}", "-metadata:s:0", f"language={TITLE.decode()[:3]}")
    service: Call = ("-metadata", f"service_name={TITLE.decode()}")
    for form, content in FILMS.items():
        call = (*both(), *content, *titled, *of_streams, *service, "-f", form, "out")
        for name, word in WORDS.items():
            yield Recipe(f"a title in {name} in {form}", [call], _said(word))
    for form, content in SOUNDS.items():
        call = (*sound(), *content, *titled, "-write_id3v2", "1", "-f", form, "out")
        for name, word in WORDS.items():
            yield Recipe(f"a title in {name} in {form}", [call], _said(word))


#: Everything here, by kind.
KINDS = {"joining": of_joining, "cutting": of_cutting, "garbage": of_garbage, "words": of_words}


def _film(form: str, *options: str, size: str = "160x120") -> Call:
    return (*both(size), *FILMS[form], *options, "-f", form, "out")


def _sound(form: str) -> Call:
    return (*sound(), *SOUNDS[form], "-f", form, "out")


def _stream(form: str) -> Call:
    return (*picture(), *STREAMS[form], "-f", form, "out")


def _all() -> Iterator[tuple[str, Call]]:
    for forms, make in ((FILMS, _film), (SOUNDS, _sound), (STREAMS, _stream)):
        for form in forms:
            yield form, make(form)


def _joined(form: str) -> Callable[[Sequence[bytes]], bytes]:
    skipped = FLV_HEADER if form == "flv" else 0
    return lambda parts: parts[0] + b"".join(part[skipped:] for part in parts[1:])


def _kept(first: float, last: float) -> Callable[[Sequence[bytes]], bytes]:
    return lambda parts: parts[0][int(len(parts[0]) * first) : int(len(parts[0]) * last)]


def _with(*, before: bytes = b"", within: bytes = b"", after: bytes = b"") -> Callable[[Sequence[bytes]], bytes]:
    def change(parts: Sequence[bytes]) -> bytes:
        middle = len(parts[0]) // 2
        return before + parts[0][:middle] + within + parts[0][middle:] + after

    return change


def _over(parts: Sequence[bytes]) -> bytes:
    """Return a file a tenth of which, in its middle, was never written."""
    first, last = len(parts[0]) * 45 // 100, len(parts[0]) * 55 // 100
    return parts[0][:first] + bytes(last - first) + parts[0][last:]


def _said(word: bytes) -> Callable[[Sequence[bytes]], bytes]:
    return lambda parts: parts[0].replace(TITLE, word.ljust(len(TITLE))[: len(TITLE)])


def _noise(size: int) -> bytes:
    return Random(size).randbytes(size)
