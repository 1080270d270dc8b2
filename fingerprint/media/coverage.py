"""What of a media item was looked at, and why the rest was not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fingerprint.media.errors import MediaError
from schemas.coverage import REASONS, Cause, Coverage, Missed, percent
from schemas.errors import ErrorCode
from schemas.matches import Track

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["MediaCoverage", "TrackCoverage", "nothing_decodes"]

#: Shares are told in ten thousandths.
SHARE_SCALE = 10_000

#: Digits of times, seconds.
TIME_DIGITS = 3


#: What a job fails with when too much was missed for a cause, and what to do then.
_REFUSALS = {
    Cause.OUT_OF_MEMORY: (
        ErrorCode.RESOURCE_TOO_LARGE,
        "send a smaller rendition, or raise MEDIADNA_TASK_MEMORY_MB",
    ),
    Cause.TOO_LARGE: (ErrorCode.RESOURCE_TOO_LARGE, "send a smaller rendition, or raise MEDIADNA_MAX_PIXELS"),
    Cause.CUT_SHORT: (ErrorCode.RESOURCE_CONTENT_BAD, "upload the whole file again"),
    Cause.DAMAGED: (ErrorCode.RESOURCE_CONTENT_BAD, "transcode the media anew, or upload it again"),
    Cause.UNSUPPORTED: (
        ErrorCode.RESOURCE_NOT_SUPPORTED,
        "send a rendition in common codecs, such as H.264 and AAC",
    ),
    Cause.APPEARS_LATE: (
        ErrorCode.RESOURCE_NOT_SUPPORTED,
        "send the parts one by one, or put the media into a container that lists its tracks, such as Matroska",
    ),
}


@dataclass(frozen=True)
class TrackCoverage:
    """How much of a track was looked at.

    Attributes:
        expected: Seconds in which the track has something to show.
        missed: Seconds of these that were not looked at, by the cause.
    """

    expected: float = 0.0
    missed: Mapping[Cause, float] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        """Share that was looked at, 0..1; None where there was nothing to look at. All is 1, and nothing less is."""
        if not self.expected:
            return None
        share = max(0.0, 1 - sum(self.missed.values()) / self.expected)
        return math.floor(share * SHARE_SCALE + 1e-9) / SHARE_SCALE

    @property
    def main_cause(self) -> Cause | None:
        """What most of what is missed was missed for; None where nothing was."""
        return max(self.missed, key=lambda cause: self.missed[cause], default=None)

    @classmethod
    def joined(cls, parts: Iterable[TrackCoverage]) -> TrackCoverage:
        """Return the sum of chunks of one track."""
        expected, missed = 0.0, dict.fromkeys(Cause, 0.0)
        for part in parts:
            expected += part.expected
            for cause, seconds in part.missed.items():
                missed[cause] += seconds
        return cls(expected, {cause: seconds for cause, seconds in missed.items() if seconds})


@dataclass(frozen=True)
class MediaCoverage:
    """How much of a media item, or of a chunk of one, was looked at.

    Attributes:
        picture: Of its picture.
        sound: Of its sound.
    """

    picture: TrackCoverage = field(default_factory=TrackCoverage)
    sound: TrackCoverage = field(default_factory=TrackCoverage)

    @property
    def tracks(self) -> dict[Track, TrackCoverage]:
        """Both tracks."""
        return {Track.PICTURE: self.picture, Track.SOUND: self.sound}

    @classmethod
    def joined(cls, chunks: Iterable[MediaCoverage]) -> MediaCoverage:
        """Return what was looked at of an item whose chunks these are."""
        parts = list(chunks)
        return cls(
            TrackCoverage.joined(part.picture for part in parts), TrackCoverage.joined(part.sound for part in parts)
        )

    def told(self) -> Coverage:
        """Return the shares as they are told."""
        return Coverage(
            picture=self.picture.share,
            sound=self.sound.share,
            missed=tuple(
                Missed(track=track, cause=cause, seconds=round(part.missed[cause], TIME_DIGITS))
                for track, part in self.tracks.items()
                for cause in Cause
                if round(part.missed.get(cause, 0.0), TIME_DIGITS)
            ),
        )

    def require(self, least: float) -> None:
        """Check that enough was looked at for an answer.

        Args:
            least: The least share of each track that is there, 0..1.

        Raises:
            MediaError: Of a track less was looked at. The code is that of the cause of most of what is missing.
        """
        for track, part in self.tracks.items():
            cause = part.main_cause
            if part.share is None or part.share >= least or cause is None:
                continue
            code, next_step = _REFUSALS[cause]
            raise MediaError(
                code,
                f"only {percent(part.share)} of the {track} could be looked at, and {percent(least)} is the least "
                f"(MEDIADNA_LEAST_COVERAGE): {REASONS[cause]}; {next_step}",
            )


def nothing_decodes(cause: Cause | None) -> MediaError | MemoryError:
    """Return the error of media of which nothing decodes.

    Args:
        cause: Why, as the decoders say; None where they say nothing.
    """
    if cause is Cause.OUT_OF_MEMORY:
        return MemoryError("there is not the memory to decode a picture of this media")
    if cause in {None, Cause.DAMAGED, Cause.CUT_SHORT}:
        return MediaError(
            ErrorCode.RESOURCE_CONTENT_BAD,
            "nothing in the file decodes: it is damaged or not what its header says, upload it again",
        )
    code, next_step = _REFUSALS[cause]
    return MediaError(code, f"nothing in the file can be looked at: {REASONS[cause]}; {next_step}")
