"""Picture and sound on one time map make one segment; what contradicts stays apart, the weaker goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fingerprint.matching.time_map import Segment

__all__ = ["PARAMETERS", "FusionParameters", "fuse", "join_adjacent", "non_maximum_suppression"]


@dataclass(frozen=True, slots=True)
class FusionParameters:
    """When two segments are one, and when one is the other's echo."""

    #: How far apart the two tracks may place the same moment.
    max_track_distance_s: float = parameter(0.8, unit="s", low=0.1, high=5.0, source="chosen, not measured")

    #: Time that segments of both tracks have in common at least.
    min_common_s: float = parameter(1.0, unit="s", low=0.1, high=10.0, source="chosen, not measured")

    #: Share of the shorter one that is enough as well.
    min_common_share: float = parameter(0.5, unit="share", low=0.05, high=1.0, source="chosen, not measured")

    #: Bounds nearer than this are one bound, told by the track that knows it better.
    same_bound_s: float = parameter(1.5, unit="s", low=0.1, high=10.0, source="chosen, not measured")

    #: Two segments of one track and place on maps this near are one, seconds of the reference.
    same_map_s: float = parameter(0.4, unit="s", low=0.05, high=2.0, source="chosen, not measured")

    #: The longest pause between them.
    max_pause_s: float = parameter(1.2, unit="s", low=0.0, high=10.0, source="chosen, not measured")

    #: Share of a segment that a stronger one of the same track may cover before it counts as its echo.
    max_echo_share: float = parameter(0.5, unit="share", low=0.05, high=1.0, source="chosen, not measured")


PARAMETERS = FusionParameters()


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
    if end - start < min(PARAMETERS.min_common_s, PARAMETERS.min_common_share * min(a.length, b.length)):
        return False
    middle = (start + end) / 2
    return abs(a.map.at(middle) - b.map.at(middle)) < PARAMETERS.max_track_distance_s


def _joined(picture: Segment, sound: Segment) -> Segment:
    """Return one segment; peaks place a moment better than pictures do, cuts bound a span better than peaks."""
    near = PARAMETERS.same_bound_s
    start = picture.start if abs(picture.start - sound.start) < near else min(picture.start, sound.start)
    end = picture.end if abs(picture.end - sound.end) < near else max(picture.end, sound.end)
    return replace(
        picture,
        start=start,
        end=end,
        map=sound.map,
        log_odds=picture.log_odds + sound.log_odds,
        similarity=max(picture.similarity, sound.similarity),
        sound=True,
        findings=picture.findings + sound.findings,
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
    return overlap > PARAMETERS.max_echo_share * weak.length


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
                findings=last.findings + segment.findings,
            )
        else:
            found.append(segment)
    return found


def _continues(last: Segment, segment: Segment) -> bool:
    same_track = (last.picture, last.sound) == (segment.picture, segment.sound)
    near = segment.start - last.end < PARAMETERS.max_pause_s
    apart = abs(last.map.at(segment.start) - segment.map.at(segment.start))
    return same_track and near and apart < PARAMETERS.same_map_s
