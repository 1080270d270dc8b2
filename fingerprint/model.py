"""Fingerprints, and the chunks that they are put together from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fingerprint import codec
from fingerprint.bounds import check, check_duration, check_keyframes, most_bytes
from fingerprint.codec import BadFingerprintError, digest_of, pack, stored, unpack
from fingerprint.media.coverage import MediaCoverage, TrackCoverage
from fingerprint.parameters import parameter
from fingerprint.picture.embedding import dequantise
from fingerprint.picture.keyframes import Keyframes
from fingerprint.picture.track import PictureTrack
from fingerprint.sound.track import SoundTrack
from fingerprint.types import Windows
from schemas.coverage import Cause
from schemas.limits import LONGEST_MEDIA_S
from schemas.matches import Track

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from fingerprint.codec import Arrays

__all__ = ["ALGORITHM", "PARAMETERS", "Chunk", "Fingerprint", "ModelParameters"]

#: Name and version of the algorithm; rises when stored fingerprints are no longer comparable.
ALGORITHM = "mediadna-2"

#: Hex digits of a name of the content, as many as SHA-1 has.
DIGEST_DIGITS = 40


@dataclass(frozen=True, slots=True)
class ModelParameters:
    """What the index is told of a fingerprint."""

    #: How long a window of the picture lasts at most: still scenes are described rarely.
    max_window_ms: int = parameter(
        10_000, unit="ms", low=1000, high=60_000, source="a still scene is described once in so much time"
    )


PARAMETERS = ModelParameters()


@dataclass(frozen=True)
class Fingerprint:
    """The library form of a media item: enough to match it, and to index it again, without the media.

    Attributes:
        duration: Seconds.
        picture: What is kept of the picture; None when there is none.
        sound: What is kept of the sound; None when there is none.
    """

    duration: float
    picture: PictureTrack | None = None
    sound: SoundTrack | None = None

    @property
    def has_picture(self) -> bool:
        """Whether there is a picture track."""
        return self.picture is not None

    @property
    def has_sound(self) -> bool:
        """Whether there is a sound track."""
        return self.sound is not None

    @cached_property
    def digest(self) -> str:
        """A name of the content, hex.

        Times, miniatures and peaks go in; what comes out of floating-point networks stays out, since its last bits
        differ between processors.
        """
        arrays: Arrays = {"duration": _milliseconds(self.duration)}
        if self.picture is not None:
            arrays |= {"grid": self.picture.grid_ms, "tiny": self.picture.thumbnails, "numbers": self.picture.numbers}
        if self.sound is not None:
            arrays |= self.sound.identity()
        return digest_of(arrays, ALGORITHM)[:DIGEST_DIGITS]

    def windows(self) -> dict[Track, Windows]:
        """Return the rows for the index, by track."""
        return _windows(self.picture, self.sound)

    def to_bytes(self) -> bytes:
        """Return the fingerprint as a compact file."""
        return pack("fingerprint", _to_arrays(self.duration, self.picture, self.sound))

    @classmethod
    def from_bytes(cls, data: bytes, max_duration_s: float = LONGEST_MEDIA_S) -> Fingerprint:
        """Return the fingerprint that a file holds, if it is one that the engine could have made.

        Args:
            data: The file's content, of whatever origin.
            max_duration_s: The longest media whose fingerprint is accepted, seconds.

        Raises:
            FingerprintTooLargeError: It is one of longer media, or holds more than one of such media does.
            BadFingerprintError: The file holds none, one of another version, or one that no media leaves.
        """
        arrays = unpack("fingerprint", data, most_bytes(max_duration_s))
        duration, picture, sound = _from_arrays(arrays, max_duration_s)
        if not duration:
            raise BadFingerprintError("the fingerprint is one of no media: its duration is 0")
        return cls(duration, picture, sound)


@dataclass(frozen=True)
class Chunk:
    """What one task makes of a span of a media item.

    Attributes:
        start: Where the span starts, seconds.
        duration: Where what was seen of the item ends, seconds from the item's start.
        picture: The span's part of the picture track.
        sound: The span's part of the sound track.
        keyframes: Pictures for a second look at the query.
        coverage: How much of the span was looked at. It is a chunk's alone: the fingerprint is of what was seen.
    """

    start: float
    duration: float
    picture: PictureTrack | None
    sound: SoundTrack | None
    keyframes: Keyframes = field(default_factory=lambda: Keyframes.of([]))
    coverage: MediaCoverage = field(default_factory=MediaCoverage)

    def windows(self) -> dict[Track, Windows]:
        """Return the rows for the index, by track."""
        return _windows(self.picture, self.sound)

    def to_bytes(self) -> bytes:
        """Return the chunk as bytes."""
        arrays = _to_arrays(self.duration, self.picture, self.sound) | self.keyframes.to_arrays()
        arrays |= {"start": _milliseconds(self.start)} | _coverage_to_arrays(self.coverage)
        return pack("chunk", arrays, codec.PARAMETERS.passing_level)

    @classmethod
    def from_bytes(cls, data: bytes) -> Chunk:
        """Return the chunk that bytes hold.

        Raises:
            BadFingerprintError: They hold none, or one that no media leaves.
        """
        arrays = unpack("chunk", data)
        start = int(stored(arrays, "start", np.int64, 1)[0]) / 1000
        duration, picture, sound = _from_arrays(arrays, LONGEST_MEDIA_S)
        keyframes = Keyframes.from_arrays(arrays)
        check_keyframes(keyframes, duration)
        if not 0 <= start <= duration:
            raise BadFingerprintError("the chunk ends before it starts")
        return cls(start, duration, picture, sound, keyframes, _coverage_from_arrays(arrays))


def _milliseconds(seconds: float) -> NDArray[np.int64]:
    return np.array([round(seconds * 1000)], np.int64)


def _to_arrays(duration: float, picture: PictureTrack | None, sound: SoundTrack | None) -> Arrays:
    arrays: Arrays = {"duration": _milliseconds(duration)}
    if picture is not None:
        arrays |= picture.to_arrays()
    if sound is not None:
        arrays |= sound.to_arrays()
    return arrays


def _from_arrays(
    arrays: Mapping[str, NDArray[Any]], max_duration_s: float
) -> tuple[float, PictureTrack | None, SoundTrack | None]:
    duration = int(stored(arrays, "duration", np.int64, 1)[0]) / 1000
    check_duration(duration, max_duration_s)
    picture = PictureTrack.from_arrays(arrays) if any(name.startswith("picture.") for name in arrays) else None
    sound = SoundTrack.from_arrays(arrays) if any(name.startswith("sound.") for name in arrays) else None
    check(duration, picture, sound)
    return duration, picture, sound


def _coverage_to_arrays(coverage: MediaCoverage) -> Arrays:
    """Return what was expected and what was missed of each track, by the causes' names: those rise in number."""
    return {
        f"coverage.{track}.{name}": np.array([seconds], np.float64)
        for track, part in coverage.tracks.items()
        for name, seconds in (("expected", part.expected), *part.missed.items())
        if seconds
    }


def _coverage_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> MediaCoverage:
    def seconds(track: Track, name: str) -> float:
        array = f"coverage.{track}.{name}"
        return float(stored(arrays, array, np.float64, 1)[0]) if array in arrays else 0.0

    def part(track: Track) -> TrackCoverage:
        missed = {cause: seconds(track, cause) for cause in Cause}
        return TrackCoverage(seconds(track, "expected"), {cause: lost for cause, lost in missed.items() if lost})

    return MediaCoverage(picture=part(Track.PICTURE), sound=part(Track.SOUND))


def _windows(picture: PictureTrack | None, sound: SoundTrack | None) -> dict[Track, Windows]:
    rows: dict[Track, Windows] = {}
    if picture is not None and len(picture.numbers):
        ends = np.append(picture.times_ms[1:], picture.grid_ms[-1:])
        rows[Track.PICTURE] = Windows(
            numbers=picture.numbers,
            starts_ms=picture.times_ms,
            ends_ms=np.minimum(ends, picture.times_ms + PARAMETERS.max_window_ms).astype(np.int32),
            vectors=dequantise(picture.codes),
        )
    if sound is not None:
        windows = sound.windows()
        if len(windows.numbers):
            rows[Track.SOUND] = windows
    return rows
