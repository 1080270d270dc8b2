"""Files below the allowed folders."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode

if TYPE_CHECKING:
    from streams.egress.policy import SourcePolicy

__all__ = ["open_file"]


def open_file(url: str, policy: SourcePolicy) -> BinaryIO:
    """Open a path or `file://` URL.

    Raises:
        MediaError: The file lies outside the allowed folders, is not there, is no plain file, or is too large.
    """
    folder, inner = _find(_path_of(url), policy)
    path = folder / inner
    try:
        handle = _open_beneath(folder, inner)
    except FileNotFoundError:
        raise _not_found(path) from None
    except OSError as error:
        raise MediaError(
            ErrorCode.RESOURCE_ACCESS, f"{path.name!r} cannot be opened ({error.strerror}): may the worker read it?"
        ) from None
    try:
        _check(os.fstat(handle), path, policy)
    except MediaError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def _path_of(url: str) -> Path:
    if "://" not in url:
        path = url
    else:
        parts = urlsplit(url)
        if parts.netloc not in {"", "localhost"}:
            raise MediaError(ErrorCode.RESOURCE_ACCESS, f"{url!r} names another machine: file:/// is for this one")
        path = unquote(parts.path)
    if not path or "\0" in path:
        raise MediaError(ErrorCode.RESOURCE_NOT_FOUND, "the address of the media holds no path")
    return Path(path)


def _find(path: Path, policy: SourcePolicy) -> tuple[Path, Path]:
    """Return the allowed folder that the path lies below, and the way from there, all symbolic links followed."""
    inside: list[tuple[Path, Path]] = []
    for folder in policy.folders:
        try:
            real = (folder / path).resolve()  # an absolute path stays itself
        except (OSError, RuntimeError):  # a loop of links, or a name that is too long
            continue
        if real.is_relative_to(folder):
            inside.append((folder, real.relative_to(folder)))
    if not inside:
        raise MediaError(
            ErrorCode.RESOURCE_ACCESS,
            f"{path.name!r} lies below none of the folders that MEDIADNA_MEDIA lists: put it there, or list its folder",
        )
    return next((found for found in inside if os.path.lexists(found[0] / found[1])), inside[0])


def _open_beneath(folder: Path, inner: Path) -> int:
    """Open a file step by step from its folder, following no link.

    Between the look at a path and its opening, somebody who may write below the folder can put a link in the place of
    any part of it. All links were followed before, so whatever is one now has just been put there.

    Raises:
        OSError: It is not there, not to be read, or not what it was a moment ago.
    """
    at = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in inner.parts[:-1]:
            below = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = below
        # Not to wait for the writer of a pipe that somebody put there.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(inner.name or ".", flags, dir_fd=at)
    finally:
        os.close(at)


def _check(found: os.stat_result, path: Path, policy: SourcePolicy) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise MediaError(ErrorCode.RESOURCE_NOT_SUPPORTED, f"{path.name!r} is not a file: name a media file")
    policy.check_size(found.st_size, repr(path.name))


def _not_found(path: Path) -> MediaError:
    return MediaError(ErrorCode.RESOURCE_NOT_FOUND, f"there is no file {path.name!r}: check the address of the media")
