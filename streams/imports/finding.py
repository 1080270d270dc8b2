"""Finds what a person has named: a folder, a glob, a manifest, one file, or a prefix on S3."""

from __future__ import annotations

import glob
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import fsspec

from streams.imports.items import Item
from streams.imports.manifest import MANIFEST_SUFFIXES, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.imports.items import Fault

__all__ = ["MEDIA_SUFFIXES", "find"]

#: Files that are taken for media, besides fingerprints.
MEDIA_SUFFIXES = frozenset(
    """
    .3gp .aac .avi .flac .flv .m4a .m4v .mdna .mkv .mov .mp3 .mp4 .mpeg .mpg
    .mts .mxf .ogg .ogv .opus .ts .wav .webm .wma .wmv
    """.split()  # noqa: SIM905 (a list of suffixes reads best as words)
)
#: Schemes of places that the service reads media from.
MEDIA_SCHEMES = frozenset({"http", "https", "s3", "file"})
#: What stands between the folders of a path in a MediaId, which goes into addresses.
SEPARATOR = "_"


def find(place: str, library: str) -> Iterator[Item | Fault]:
    """Find the media items at a place.

    Args:
        place: A folder, a glob, a media file, a CSV or JSON-lines manifest, or an `s3://` prefix or glob.
        library: Where items go that name no library of their own.

    Raises:
        OSError: The place is not there, or cannot be read.
        ValueError: It is a manifest that cannot be used, or an address that cannot be listed.
        ImportError: It lies on S3, and `s3fs` is not installed.
    """
    if place.lower().endswith(MANIFEST_SUFFIXES):
        return read_manifest(place, library, lambda location: _located(location, place))
    if "://" in place and urlsplit(place).scheme != "file":
        return _in_bucket(place, library)
    path = unquote(urlsplit(place).path) if "://" in place else place
    if glob.has_magic(path) and not os.path.lexists(path):
        return _matching(path, library)
    return _below(Path(path).expanduser(), library)


def _below(path: Path, library: str) -> Iterator[Item]:
    if not path.is_dir():
        yield _file_item(path, path.parent, library)
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            found = Path(folder) / name
            if found.suffix.lower() in MEDIA_SUFFIXES:
                yield _file_item(found, path, library)


def _matching(pattern: str, library: str) -> Iterator[Item]:
    fixed = pattern[: min(pattern.index(mark) for mark in "*?[" if mark in pattern)]
    root = Path(fixed.rpartition("/")[0] or ("/" if fixed.startswith("/") else "."))
    for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 (the pattern has its own root)
        path = Path(name)
        if path.is_file() and path.suffix.lower() in MEDIA_SUFFIXES:
            yield _file_item(path, root, library)


def _in_bucket(place: str, library: str) -> Iterator[Item]:
    if urlsplit(place).scheme in {"http", "https"}:
        raise ValueError(f"{place} cannot be listed: name its media in a manifest")
    filesystem, path = fsspec.core.url_to_fs(place)
    if glob.has_magic(path):
        found = filesystem.glob(path, detail=True)
        root = path[: min(path.index(mark) for mark in "*?[" if mark in path)].rpartition("/")[0]
    else:
        found = filesystem.find(path, detail=True)
        root = path.rstrip("/") if path not in found else path.rpartition("/")[0]
    for name, details in sorted(found.items()):
        if details.get("type", "file") == "file" and PurePosixPath(name).suffix.lower() in MEDIA_SUFFIXES:
            yield Item(
                location=filesystem.unstrip_protocol(name),
                media_id=_media_id(name.removeprefix(root).lstrip("/")),
                library=library,
                size=int(details.get("size") or 0),
            )


def _file_item(path: Path, root: Path, library: str) -> Item:
    return Item(
        location=path.absolute().as_uri(),
        media_id=_media_id(path.relative_to(root).as_posix()),
        library=library,
        size=path.stat().st_size,
        origin=str(path),
    )


def _media_id(relative: str) -> str:
    """Return the name of an item: its path from where the search began, without its suffix."""
    return PurePosixPath(relative).with_suffix("").as_posix().replace("/", SEPARATOR)


def _located(location: str, manifest: str) -> str:
    """Return a manifest's location as one that the service can read.

    Raises:
        ValueError: The service reads media from no such place.
    """
    scheme = urlsplit(location).scheme if "://" in location else ""
    if scheme in MEDIA_SCHEMES:
        return location
    if scheme:
        raise ValueError(f"media is not read from {scheme}://: name a file, http(s):// or s3://")
    if "://" in manifest:
        return f"{manifest.rpartition('/')[0]}/{location.lstrip('/')}"
    return (Path(manifest).parent / Path(location).expanduser()).absolute().as_uri()
