"""Picture and sound on one time map make one segment; what contradicts stays apart, the weaker goes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fingerprint.matching.time_map import Segment

__all__ = ["fuse", "join_adjacent", "non_maximum_suppression"]

#: How far apart the two tracks may place the same moment, seconds.
MAX_TRACK_DISTANCE_S = 0.8

#: Bounds nearer than this are one bound, told by the track that knows it better, seconds.
SAME_BOUND_S = 1.5

#: Two segments of one track and place on maps this near are one, seconds of the reference.
SAME_MAP_S = 0.4

#: The longest pause between them, seconds.
MAX_PAUSE_S = 1.2

#: Share of a segment that a stronger one of the same track may cover before it counts as its echo.
MAX_ECHO_SHARE = 0.5


def fuse(pictures: Sequence[Segment], sounds: Sequence[Segment]) -> list[Segment]:
    """Join the segments of both tracks, in order of time."""
    left = list(sounds)
    found = []
    for picture in pictures:
        partners = [sound for sound in left if _agree(picture, sound)]
        segment = picture
        for sound in partners:
            segment = _joined(segment, sound)
            left.remove(sound)
        found.append(segment)
    return sorted([*found, *left], key=lambda segment: segment.start)


def _agree(a: Segment, b: Segment) -> bool:
    start, end = max(a.start, b.start), min(a.end, b.end)
    if end - start < min(1.0, 0.5 * min(a.length, b.length)):
        return False
    middle = (start + end) / 2
    return abs(a.map.at(middle) - b.map.at(middle)) < MAX_TRACK_DISTANCE_S


def _joined(picture: Segment, sound: Segment) -> Segment:
    """Return one segment; peaks place a moment better than pictures do, cuts bound a span better than peaks."""
    start = picture.start if abs(picture.start - sound.start) < SAME_BOUND_S else min(picture.start, sound.start)
    end = picture.end if abs(picture.end - sound.end) < SAME_BOUND_S else max(picture.end, sound.end)
    return replace(
        picture,
        start=start,
        end=end,
        map=sound.map,
        log_odds=picture.log_odds + sound.log_odds,
        similarity=max(picture.similarity, sound.similarity),
        sound=True,
    )


def non_maximum_suppression(segments: Sequence[Segment]) -> list[Segment]:
    """Leave out what a stronger segment of the same track says otherwise about the same query time."""
    kept: list[Segment] = []
    for segment in sorted(segments, key=lambda s: -s.log_odds):
        if not any(_echo(segment, other) for other in kept):
            kept.append(segment)
    return sorted(kept, key=lambda s: s.start)


def _echo(weak: Segment, strong: Segment) -> bool:
    if not ((weak.picture and strong.picture) or (weak.sound and strong.sound)):
        return False
    overlap = min(weak.end, strong.end) - max(weak.start, strong.start)
    return overlap > MAX_ECHO_SHARE * weak.length


def join_adjacent(segments: Sequence[Segment]) -> list[Segment]:
    """Join segments that follow each other on one time map."""
    found: list[Segment] = []
    for segment in sorted(segments, key=lambda s: s.start):
        last = found[-1] if found else None
        if last is not None and _continues(last, segment):
            found[-1] = replace(
                last,
                end=max(last.end, segment.end),
                log_odds=last.log_odds + segment.log_odds,
                similarity=max(last.similarity, segment.similarity),
            )
        else:
            found.append(segment)
    return found


def _continues(last: Segment, segment: Segment) -> bool:
    same_track = (last.picture, last.sound) == (segment.picture, segment.sound)
    near = segment.start - last.end < MAX_PAUSE_S
    return same_track and near and abs(last.map.at(segment.start) - segment.map.at(segment.start)) < SAME_MAP_S
