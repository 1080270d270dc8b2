"""Estimates how long media is before any of it is imported, by looking into some of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.imports.items import Item

__all__ = ["estimated_seconds"]

#: Files that are looked into: opening one takes some hundredths of a second.
SAMPLE = 40


def estimated_seconds(items: Sequence[Item]) -> float | None:
    """Estimate the length of all items from that of some files on this machine; None when there are none.

    Where the sizes of all are known, length is taken to go with size, else all to be as long as the files in the mean.
    """
    from fingerprint.media.errors import MediaError  # noqa: PLC0415 (the engine loads in seconds)
    from fingerprint.media.probe import probe  # noqa: PLC0415

    files = [item for item in items if urlsplit(item.location).scheme == "file"]
    seconds, looked_at = 0.0, []
    for item in files[:: max(1, len(files) // SAMPLE)]:
        try:
            seconds += probe(unquote(urlsplit(item.location).path)).duration
        except MediaError:
            continue
        looked_at.append(item)
    if not looked_at:
        return None
    if all(item.size > 0 for item in items):
        return seconds * sum(item.size for item in items) / sum(item.size for item in looked_at)
    return seconds * len(items) / len(looked_at)
