"""Has files made by the machine's `ffmpeg`, out of its own test picture and test sound."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["FILM", "SECONDS", "Call", "Recipe", "Writer", "both", "encoders", "muxers", "picture", "sound"]

#: How long the files are: long enough for windows of both tracks.
SECONDS = 2.0

#: Seconds that one call may take: some combinations never end.
PATIENCE_S = 120

#: Arguments of one call of FFmpeg. It runs in an empty folder; what calls may name lies in the folder above.
Call = tuple[str, ...]

#: A plain film, for calls that change one.
FILM = "../film.mp4"

#: What else calls may name, by file: lines of text, chapters that overlap and have no ASCII name, no media at all.
HELPERS = {
    "lines.srt": "1\n00:00:00,100 --> 00:00:00,900\nZażółć gęślą jaźń\n\n2\n00:00:01,000 --> 00:00:09,000\n後\n\n",
    "chapters.txt": ";FFMETADATA1\ntitle=Ünïcødé\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=Première\n"
    "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=90000\ntitle=第二\n",
    "blob.bin": "no media at all " * 64,
}

#: Devices, networks, and what writes into other files or none.
NO_FILES = (
    "alsa", "caca", "fbdev", "opengl", "oss", "pulse", "sdl", "sdl2", "xv", "video4linux2", "v4l2", "decklink", "rtp",
    "rtsp", "rtp_mpegts", "sap", "whip", "fifo", "fifo_test", "tee", "null",
)  # fmt: skip

#: How the names of encoders end that need hardware.
OF_HARDWARE = ("_amf", "_cuvid", "_mf", "_nvenc", "_omx", "_qsv", "_v4l2m2m", "_vaapi", "_videotoolbox", "_vulkan")

#: What every call begins with. One thread: as many as there are cores would wait for each other on a busy machine.
PROGRAM = ("ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-y", "-threads", "1", "-filter_threads", "1")


def picture(size: str = "160x120", rate: str = "25", seconds: float = SECONDS) -> Call:
    """Return the input of a moving test picture."""
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}")


def sound(rate: int = 48_000, seconds: float = SECONDS) -> Call:
    """Return the input of a test sound: a tone and beeps, in one channel."""
    return ("-f", "lavfi", "-i", f"sine=frequency=440:beep_factor=4:sample_rate={rate}:duration={seconds}")


def both(size: str = "160x120", seconds: float = SECONDS) -> Call:
    """Return the inputs of a test picture and a test sound."""
    return (*picture(size, seconds=seconds), *sound(seconds=seconds))


def only(parts: Sequence[bytes]) -> bytes:
    """Return a file as FFmpeg has made it."""
    (part,) = parts
    return part


@dataclass(frozen=True)
class Recipe:
    """How an odd file is made.

    Attributes:
        name: What is odd about it.
        calls: Calls of FFmpeg, each of which makes a part of it.
        change: Puts the parts together, and changes them.
    """

    name: str
    calls: Sequence[Call]
    change: Callable[[Sequence[bytes]], bytes] = field(default=only)


class Writer:
    """Makes files in a folder.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[Call, list[Path]] = {}
        for name, text in HELPERS.items():
            (folder / name).write_text(text, encoding="utf-8")
        self._prepare(*picture(seconds=0.04), "-frames:v", "1", "cover.png")
        self._prepare(*both(), "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "film.mp4")

    def files(self, recipe: Recipe) -> list[Path]:
        """Return the files that a recipe gives; none where this FFmpeg does not make such."""
        parts = [self._files(call) for call in recipe.calls]
        if not all(parts):
            return []
        if recipe.change is only:
            return [path for part in parts for path in part]
        path = self._folder / f"changed-{len(list(self._folder.iterdir()))}"
        path.write_bytes(recipe.change([part[0].read_bytes() for part in parts]))
        return [path]

    def forget(self) -> None:
        """Remove what was made, but for what calls name."""
        for paths in self._made.values():
            for path in paths:
                path.unlink(missing_ok=True)
        self._made.clear()

    def _prepare(self, *arguments: str) -> None:
        subprocess.run([*PROGRAM, *arguments], cwd=self._folder, check=True, timeout=PATIENCE_S)

    def _files(self, call: Call) -> list[Path]:
        if call not in self._made:
            folder = self._folder / f"made-{len(self._made)}"
            folder.mkdir()
            try:
                ran = subprocess.run(
                    [*PROGRAM, *call], cwd=folder, check=False, capture_output=True, timeout=PATIENCE_S
                )
                done = ran.returncode == 0
            except subprocess.TimeoutExpired:
                done = False
            if not done:
                shutil.rmtree(folder)
            self._made[call] = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
        return self._made[call]


def muxers() -> list[str]:
    """Return the containers that FFmpeg writes as files."""
    names = [name.split(",")[0] for _, name in _listed("-muxers")]
    return [name for name in names if name not in NO_FILES]


def encoders(kind: str) -> list[str]:
    """Return the encoders of pictures (`V`) or of sound (`A`) that need no hardware."""
    return [name for flags, name in _listed("-encoders") if flags[0] == kind and not name.endswith(OF_HARDWARE)]


def _listed(what: str) -> list[tuple[str, str]]:
    """Return flags and names of a list of FFmpeg's, which stands below a line of dashes."""
    told = subprocess.run(["ffmpeg", "-hide_banner", what], check=True, capture_output=True, text=True).stdout
    lines = told.splitlines()
    head = next(number for number, line in enumerate(lines) if line.strip() and set(line.strip()) == {"-"})
    return [(words[0], words[1]) for words in map(str.split, lines[head + 1 :]) if len(words) > 1]
