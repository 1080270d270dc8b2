"""What of a media item was looked at, and why the rest was not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from fingerprint.media.errors import MediaError
from schemas.coverage import Cause, Coverage, Missed
from schemas.errors import ErrorCode
from schemas.matches import Track

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["MediaCoverage", "TrackCoverage", "nothing_decodes", "share_in_words"]

#: Shares are told in ten thousandths.
SHARE_SCALE = 10_000

#: Digits of times, seconds.
TIME_DIGITS = 3


class _Refusal(NamedTuple):
    """What a job fails with when too much was missed for one cause."""

    code: ErrorCode
    reason: str
    next_step: str


_REFUSALS = {
    Cause.OUT_OF_MEMORY: _Refusal(
        ErrorCode.RESOURCE_TOO_LARGE,
        "decoding it needs more memory than a task may use",
        "send a smaller rendition, or raise MEDIADNA_TASK_MEMORY_MB",
    ),
    Cause.TOO_LARGE: _Refusal(
        ErrorCode.RESOURCE_TOO_LARGE,
        "its pictures are over the limit on pixels",
        "send a smaller rendition, or raise MEDIADNA_MAX_PIXELS",
    ),
    Cause.UNSUPPORTED: _Refusal(
        ErrorCode.RESOURCE_NOT_SUPPORTED,
        "there is no decoder for it",
        "send a rendition in common codecs, such as H.264 and AAC",
    ),
    Cause.CUT_SHORT: _Refusal(ErrorCode.RESOURCE_CONTENT_BAD, "the file ends before it", "upload the whole file again"),
    Cause.DAMAGED: _Refusal(
        ErrorCode.RESOURCE_CONTENT_BAD, "it is damaged", "transcode the media anew, or upload it again"
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
            code, reason, next_step = _REFUSALS[cause]
            raise MediaError(
                code,
                f"{share_in_words(part.share)} of the {track} was looked at, and at least {share_in_words(least)} has "
                f"to be (MEDIADNA_LEAST_COVERAGE): {reason}; {next_step}",
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
    code, reason, next_step = _REFUSALS[cause]
    return MediaError(code, f"nothing in the file can be looked at: {reason}; {next_step}")


def share_in_words(share: float) -> str:
    """Write a share as a percentage, such as `37 %`; only all is `100 %`."""
    return f"{math.floor(share * 1000) / 10:g} %"
