"""Finds what a person has named: a folder, a glob, a manifest, one file, or a prefix on S3."""

from __future__ import annotations

import glob
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import fsspec

from fingerprint.media.sniff import HEAD_BYTES
from streams.cli.importer.items import Fault, Item, LeftOut
from streams.cli.importer.manifest import MANIFEST_SUFFIXES, read_manifest
from streams.cli.importer.telling import files_below, media_file, not_media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fsspec import AbstractFileSystem

__all__ = ["find"]

#: Schemes of places that the service reads media from.
MEDIA_SCHEMES = frozenset({"http", "https", "s3", "file"})
#: The mark of a glob that searches folders below, too.
DEEP = "**"
#: Why a folder was left out that a glob matches.
FOLDER = "it is a folder: name it by itself, or search below with **"
#: What stands between the folders of a path in a MediaId, which goes into addresses.
SEPARATOR = "_"


def find(place: str, library: str) -> Iterator[Item | Fault | LeftOut]:
    """Find the media items at a place, and name what else is there.

    Files whose names do not say that they are media are looked into.

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


def _below(path: Path, library: str) -> Iterator[Item | Fault | LeftOut]:
    if not path.is_dir():
        yield _file_item(path, path.parent, library)
        return
    for found in files_below(path):
        yield _file_item(found, path, library) if isinstance(found, Path) else found


def _matching(pattern: str, library: str) -> Iterator[Item | Fault | LeftOut]:
    fixed = pattern[: min(pattern.index(mark) for mark in "*?[" if mark in pattern)]
    root = Path(fixed.rpartition("/")[0] or ("/" if fixed.startswith("/") else "."))
    for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 (the pattern has its own root)
        path = Path(name)
        if path.is_dir():
            if DEEP not in pattern:  # what is in it matches by itself otherwise
                yield LeftOut(name, FOLDER)
            continue
        found = media_file(path)
        yield _file_item(found, root, library) if isinstance(found, Path) else found


def _in_bucket(place: str, library: str) -> Iterator[Item | LeftOut]:
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
        location = filesystem.unstrip_protocol(name)
        if details.get("type", "file") != "file":
            if DEEP not in place:
                yield LeftOut(location, FOLDER)
            continue
        size = int(details.get("size") or 0)
        if reason := _not_media(filesystem, name, size):
            yield LeftOut(location, reason)
            continue
        yield Item(
            location=location,
            media_id=_media_id(name.removeprefix(root).lstrip("/")),
            library=library,
            size=size,
            derived=True,
        )


def _not_media(filesystem: AbstractFileSystem, name: str, size: int) -> str:
    """Return why an object is not taken for media; empty where it is."""
    try:
        return not_media(name, size, lambda: filesystem.cat_file(name, start=0, end=min(size, HEAD_BYTES)))
    except OSError as error:
        return f"it cannot be read: {error}"


def _file_item(path: Path, root: Path, library: str) -> Item:
    return Item(
        location=path.absolute().as_uri(),
        media_id=_media_id(path.relative_to(root).as_posix()),
        library=library,
        size=path.stat().st_size,
        origin=str(path),
        derived=True,
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
