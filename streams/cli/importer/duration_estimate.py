"""Estimates how long media is before any of it is imported, by looking into some of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from fingerprint.media.errors import MediaError
from fingerprint.media.limits import DEFAULT_LIMITS
from streams.ports.decoder_errors import DecoderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.cli.importer.items import Item
    from streams.ports.decoder import MediaDecoder

__all__ = ["estimated_seconds"]

#: Files that are looked into: opening one takes some hundredths of a second.
SAMPLE = 40


def estimated_seconds(items: Sequence[Item], decoder: MediaDecoder) -> float | None:
    """Estimate the length of all items from that of some files on this machine; None when there are none.

    Where the sizes of all are known, length is taken to go with size, else all to be as long as the files in the mean.

    Args:
        items: What is to be imported.
        decoder: What looks into files.
    """
    files = [item for item in items if urlsplit(item.location).scheme == "file"]
    seconds, looked_at = 0.0, []
    for item in files[:: max(1, len(files) // SAMPLE)]:
        try:
            with Path(unquote(urlsplit(item.location).path)).open("rb") as file:
                seconds += decoder.probe(file, DEFAULT_LIMITS).duration
        except (OSError, MediaError, MemoryError, DecoderError):
            continue
        looked_at.append(item)
    if not looked_at:
        return None
    if all(item.size > 0 for item in items):
        return seconds * sum(item.size for item in items) / sum(item.size for item in looked_at)
    return seconds * len(items) / len(looked_at)
