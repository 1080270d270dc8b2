"""Which rendition of a video to fingerprint, and whether a rendition tells of new content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.limits import LARGEST_RENDITIONS, MOST_RENDITIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.events import Rendition

__all__ = ["best_first", "is_known", "is_new_content", "is_usable", "noted"]

#: A picture with fewer lines loses detail that the fingerprint needs; the contract names the figure.
LEAST_LINES = 240
#: What a rendition without a stated size is taken for: 720p, the middle of what upload systems make.
TYPICAL_LINES = 720
#: Playlists lead to other addresses, which are never followed from inside a media file.
PLAYLIST_FORMATS = frozenset({"m3u8", "hls", "mpd", "dash", "m3u", "smil", "f4m", "ism"})


def is_usable(rendition: Rendition) -> bool:
    """Whether a job can be made from the rendition: it is there, it is not encrypted, it is one file."""
    return (
        rendition.status == "success"
        and bool(rendition.file_url)
        and not rendition.encrypt
        and (rendition.format or "").lower() not in PLAYLIST_FORMATS
    )


def best_first(renditions: Iterable[Rendition]) -> list[Rendition]:
    """Return the usable renditions, the one to fingerprint first.

    Pictures come before sound alone, at least `LEAST_LINES` lines before fewer, then the cheapest to decode
    (pixels times frames a second); of too small ones, the largest.
    """
    return sorted((r for r in renditions if is_usable(r)), key=_order)


def noted(renditions: Iterable[Rendition]) -> tuple[Rendition, ...]:
    """Return the renditions that are kept of those that a video has: the first ones, as many as there is room for.

    They are kept with the job and remembered with its media item. What is kept stays kept when others come
    behind it: a rendition that was forgotten could be taken for new content when its event is replayed.
    """
    kept: list[Rendition] = []
    size = 0
    for rendition in renditions:
        size += len(msgspec.json.encode(rendition))
        if len(kept) == MOST_RENDITIONS or size > LARGEST_RENDITIONS:
            break
        kept.append(rendition)
    return tuple(kept)


def _order(rendition: Rendition) -> tuple[bool, bool, float, str]:
    lines = rendition.height or TYPICAL_LINES
    width = rendition.width or lines * 16 // 9
    short_side = min(lines, width)
    too_small = short_side < LEAST_LINES
    pixels_a_second = width * lines * _frame_rate(rendition)
    return (
        bool(rendition.is_audio),
        too_small,
        -pixels_a_second if too_small else pixels_a_second,
        rendition.file_url or "",
    )


def _frame_rate(rendition: Rendition) -> float:
    try:
        return max(1.0, float(rendition.fps or 25))
    except ValueError:
        return 25.0


def is_known(rendition: Rendition, known: Iterable[Rendition]) -> bool:
    """Whether the very same file has been told of before, by this event or by another."""
    return any(rendition.file_url == other.file_url and _same_size(rendition, other) for other in known)


def is_new_content(rendition: Rendition, known: Iterable[Rendition]) -> bool:
    """Whether the rendition shows that the video was replaced, rather than made in one more size.

    It does when another transcoding run wrote another file, or one of another size, in the place of a rendition
    that is known. A run is told by its `JobId`; without one on both sides, the changed file alone tells it.
    """
    known = list(known)
    if is_known(rendition, known):
        return False
    if rendition.job_id and any(rendition.job_id == other.job_id for other in known):
        return False
    return any(rendition.file_url == other.file_url or _place(rendition) == _place(other) for other in known)


def _same_size(one: Rendition, other: Rendition) -> bool:
    return one.size is None or other.size is None or one.size == other.size


def _place(rendition: Rendition) -> tuple[object, ...]:
    """What stays the same when a rendition is made anew: its definition, or failing that its picture's size."""
    kind = (rendition.format or "").lower(), bool(rendition.is_audio)
    if rendition.definition:
        return *kind, rendition.definition
    return *kind, rendition.width, rendition.height
