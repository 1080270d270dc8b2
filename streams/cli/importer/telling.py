"""Tells which of many files are media: what is not taken is named, with the reason."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fingerprint.media.sniff import HEAD_BYTES, media_kind
from streams.cli.importer.items import Fault, LeftOut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["LINKED_FOLDER", "files_below", "is_called_media", "media_file", "not_media"]

#: Names that say of a file that it is media: then it is asked for, whatever it holds, and fails with a code where it
#: is damaged. A file of any other name is looked into.
MEDIA_SUFFIXES = frozenset(
    """
    .264 .265 .3g2 .3gp .aac .ac3 .aif .aifc .aiff .amr .ape .asf .au .avi .caf .divx .dts .dv .eac3 .f4v .flac
    .flv .gxf .h263 .h264 .h265 .hevc .ivf .m1v .m2t .m2ts .m2v .m4a .m4b .m4v .mdna .mjpeg .mjpg .mk3d .mka .mkv
    .mov .mp2 .mp3 .mp4 .mpeg .mpg .mpv .mts .mxf .nut .obu .oga .ogg .ogm .ogv .ogx .opus .qt .rm .rmvb .spx .trp
    .ts .tta .vc1 .vob .voc .w64 .wav .webm .wma .wmv .wtv .wv .y4m
    """.split()  # noqa: SIM905 (a list of suffixes reads best as words)
)
#: Why something was left out.
LINKED_FOLDER = "it is a link to a folder, which may lead in circles: name that folder itself"
NO_PLAIN_FILE = "it is no plain file"
EMPTY = "it is empty"
NO_MEDIA = "it does not begin like media"


def is_called_media(name: str) -> bool:
    """Tell whether a file's name says that it is media."""
    return PurePosixPath(name).suffix.lower() in MEDIA_SUFFIXES


def files_below(folder: Path) -> Iterator[Path | Fault | LeftOut]:
    """Yield the media files below a folder in order of their paths; and what else there is, with the reason."""
    unreadable: list[OSError] = []
    for here, folders, names in os.walk(folder, onerror=unreadable.append):
        folders.sort()
        for name in folders:
            if (Path(here) / name).is_symlink():
                yield LeftOut(str(Path(here) / name), LINKED_FOLDER)
        for name in sorted(names):
            yield media_file(Path(here) / name)
    for error in unreadable:
        yield Fault(str(error.filename), f"the folder cannot be read: {error.strerror}")


def media_file(path: Path) -> Path | Fault | LeftOut:
    """Return the path of a media file; or why it is none."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return LeftOut(str(path), NO_PLAIN_FILE)
        reason = not_media(path.name, found.st_size, lambda: _head(path))
    except OSError as error:
        kind = Fault if is_called_media(path.name) else LeftOut
        return kind(str(path), f"it cannot be read: {error.strerror}")
    return LeftOut(str(path), reason) if reason else path


def not_media(name: str, size: int, read_head: Callable[[], bytes]) -> str:
    """Return why a file is not taken for media; empty where it is.

    Args:
        name: What it is called.
        size: Its bytes.
        read_head: Reads its first `HEAD_BYTES`; called only where its name says nothing.
    """
    if is_called_media(name):
        return ""
    if size == 0:
        return EMPTY
    return "" if media_kind(read_head()) else NO_MEDIA


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)
