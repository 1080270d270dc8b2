"""What both sides have and is not alike: other sound to the same still picture speaks against a copy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.matching.findings import PictureFinding
from fingerprint.parameters import parameter
from fingerprint.sound import track as sound_track

if TYPE_CHECKING:
    from fingerprint.matching.time_map import Segment
    from fingerprint.sound.track import SoundTrack

__all__ = ["PARAMETERS", "ContradictionParameters", "contradicted"]


@dataclass(frozen=True, slots=True)
class ContradictionParameters:
    """What other sound counts against a picture that stands still."""

    #: Log-odds against a segment for each second in which both sides have sound and it is not the same.
    unlike_sound_log_odds_per_s: float = parameter(
        0.8, unit="log-odds/s", low=0.0, high=10.0, source="as seconds of a picture that move unlike; not measured"
    )

    #: The same at most: what a picture's common features say at most for it.
    max_unlike_sound_log_odds: float = parameter(
        12.0, unit="log-odds", low=0.0, high=100.0, source="by what it weighs against: the one cover of two songs"
    )

    #: Log-odds of motion from which on the picture is told by how it moves, whatever is heard: it was dubbed.
    moving_log_odds: float = parameter(
        6.0, unit="log-odds", low=0.5, high=100.0, source="chosen, not measured: five seconds that move alike"
    )


PARAMETERS = ContradictionParameters()


def contradicted(segment: Segment, query: SoundTrack | None, reference: SoundTrack | None) -> Segment:
    """Return a segment with what other sound says against it; one that is told by its sound too is left as it is.

    A film that was dubbed is a copy: its picture moves as the original's does. Of a cover, a slide or a wall there are
    many with sounds of their own.

    Args:
        segment: What the picture tells.
        query: The query's sound; None where there is none.
        reference: The reference's.
    """
    if segment.sound or query is None or reference is None:
        return segment
    by_motion = sum(one.by_motion for one in segment.findings if isinstance(one, PictureFinding))
    still_share = float(np.clip(1.0 - by_motion / PARAMETERS.moving_log_odds, 0.0, 1.0))
    ours = _sounding(query, segment.start, segment.end)
    theirs = _sounding(reference, segment.map.at(segment.start), segment.map.at(segment.end))
    most = PARAMETERS.max_unlike_sound_log_odds
    against = still_share * min(most, PARAMETERS.unlike_sound_log_odds_per_s * min(ours, theirs))
    return replace(segment, log_odds=segment.log_odds - against)


def _sounding(track: SoundTrack, start: float, end: float) -> int:
    """Return how many seconds from one time to another have sound in them."""
    times = track.frames * sound_track.PARAMETERS.frame_s
    inside = times[(times >= start) & (times < end)]
    return len(np.unique(np.floor(inside)))
