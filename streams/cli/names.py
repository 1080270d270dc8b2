"""What media is called that nobody has named: after its file, and no two alike."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["distinct_names", "media_name", "media_url"]

#: What stands between the folders of a path in a name, as in an import.
SEPARATOR = "_"


#: Addresses begin so; everything else is a path of this machine.
SCHEMES = frozenset({"http", "https", "s3", "file"})


def media_url(place: str) -> str:
    """Return the address of a file or URL."""
    scheme, mark, _ = place.partition(":")
    return place if mark and scheme.lower() in SCHEMES else Path(place).absolute().as_uri()


def media_name(place: str) -> str:
    """Return the name that a file or URL has by itself: that of the file, without its suffix."""
    return _parts(media_url(place))[1].stem or place


def _parts(url: str) -> tuple[str, PurePosixPath]:
    """Return host and path; an address that is none has no host."""
    try:
        address = urlsplit(url)
    except ValueError:
        return "", PurePosixPath(url)
    # As the file system gives it, so that a name that is no text stays the same.
    return address.netloc, PurePosixPath(unquote(address.path, errors="surrogateescape"))


def distinct_names(places: Iterable[str]) -> dict[str, str | None]:
    """Return a name for each file or URL, no two alike: one that replaces another would be lost without a word.

    A file whose name no other has is called by it, without its suffix. The others get as much more as tells them apart:
    the suffix (`clip.mp4`, `clip.mov`), else the folders above (`a_clip`, `b_clip`), up to the host.

    Args:
        places: Files or URLs; one that occurs twice is the same thing.

    Returns:
        The name of each place; None for those that nothing in their paths tells apart.
    """
    places = list(places)
    alike: dict[str, dict[str, str]] = {}
    for place in places:
        alike.setdefault(media_name(place), {}).setdefault(media_url(place), place)
    named: dict[str, str | None] = {next(iter(urls)): name for name, urls in alike.items() if len(urls) == 1}
    taken = {name for name in named.values() if name is not None}
    for urls in alike.values():
        if len(urls) > 1:
            names = _distinct_names(list(urls), taken)
            named |= names
            taken |= {name for name in names.values() if name is not None}
    return {place: named[media_url(place)] for place in places}


def _distinct_names(urls: list[str], taken: set[str]) -> dict[str, str | None]:
    """Return the shortest names that differ from each other and from those that are taken."""
    longer = [list(_longer(url)) for url in urls]
    for level in range(max(map(len, longer))):
        names = [names[min(level, len(names) - 1)] for names in longer]
        if len(set(names)) == len(names) and taken.isdisjoint(names):
            return dict(zip(urls, names, strict=True))
    return dict.fromkeys(urls)


def _longer(url: str) -> Iterator[str]:
    """Yield longer and longer names of an address: with the suffix, and with more folders."""
    host, path = _parts(url)
    parts = [part for part in (host, *path.parts) if part not in {"", "/"}]
    for first in range(len(parts) - 1, -1, -1):
        whole = SEPARATOR.join(parts[first:])
        yield whole.removesuffix(path.suffix)
        yield whole
