"""What a fingerprint can hold at the most, and whether one that came from outside holds no more.

A fingerprint file is as untrusted as media, and much denser: a few hundred bytes can claim years, and a few hundred
kilobytes more windows than a day of video has. So what is read is held against what the engine makes: every bound here
follows from how it looks at media, and none is a matter of taste. What the engine makes passes, whatever the media.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fingerprint.codec import BadFingerprintError, FingerprintTooLargeError
from fingerprint.parameters import parameter
from fingerprint.picture import embedding, local_features
from fingerprint.picture import extractor as picture_extractor
from fingerprint.picture import track as picture_track
from fingerprint.sound import extractor as sound_extractor
from fingerprint.sound import track as sound_track
from fingerprint.sound.track import frame_s
from schemas.limits import LONGEST_MEDIA_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.picture.keyframes import Keyframes
    from fingerprint.picture.track import PictureTrack
    from fingerprint.sound.track import SoundTrack

__all__ = [
    "PARAMETERS",
    "BoundsParameters",
    "check",
    "check_duration",
    "check_keyframes",
    "most_bytes",
    "most_windows",
]

#: Bytes of a number that is stored in 32 bits.
INT32_BYTES = 4

#: Bytes of a number that is stored in 8 bits.
INT8_BYTES = 1

#: Numbers in the vector of a picture, as `trained()` has them, which takes long to load.
PICTURE_VECTOR_LENGTH = 384

#: Parts of a pixel in which the places of local features are stored.
POINTS_PER_PIXEL = 4


@dataclass(frozen=True, slots=True)
class BoundsParameters:
    """What is allowed for beside what the engine's own numbers say."""

    #: How far a time may be off its place: a picture is taken up to 1.5 ms early, and times are rounded.
    time_error_ms: int = parameter(2, unit="ms", low=2, high=10, source="1.5 ms and half a rounded millisecond")

    #: Pictures with local features of each block of the grid: one, and one more where a chunk begins among them.
    local_pictures_per_block: int = parameter(
        2, unit="count", low=2, high=4, source="follows from how pictures are chosen"
    )

    #: Bytes beside a fingerprint's numbers: names, types and shapes, and the second that is begun.
    spare_bytes: int = parameter(
        2**16,
        unit="bytes",
        low=2**12,
        high=2**20,
        source="a bound on cost: sixteen arrays' heads and a second, with room",
    )

    #: Least length of a stored vector: one number that is cut off at 127, less what rounding takes.
    min_vector_length: float = parameter(
        126.0, unit="ratio", low=100.0, high=126.0, source="follows from the stored form: 127, less what rounding takes"
    )


PARAMETERS = BoundsParameters()


def _grid_ms() -> int:
    """Milliseconds of a point of the time grid."""
    return 1000 // picture_extractor.PARAMETERS.grid_rate_hz


def _described() -> int:
    """Pictures that are described of those points of the grid among which one is due: it, and those that cuts give."""
    return picture_extractor.PARAMETERS.due_steps // picture_extractor.PARAMETERS.cut_spacing_steps


def _picture_windows_per_s() -> float:
    return _described() * picture_extractor.PARAMETERS.grid_rate_hz / picture_extractor.PARAMETERS.due_steps


def _sound_windows_per_s() -> float:
    return 1 / (sound_extractor.PARAMETERS.window_step_frames * frame_s())


def _picture_bytes_per_s() -> float:
    """Bytes of a second of picture, unpacked.

    They are number, time and vector of what is described; step and miniature of what is looked at; row, count and
    features (place, size, turn, code) of what has local features.
    """
    chosen = picture_extractor.PARAMETERS
    local_per_s = PARAMETERS.local_pictures_per_block * chosen.grid_rate_hz / chosen.local_spacing_steps
    feature = INT32_BYTES + 2 * INT8_BYTES + local_features.PARAMETERS.code_length
    return (
        _picture_windows_per_s() * (2 * INT32_BYTES + PICTURE_VECTOR_LENGTH)
        + chosen.grid_rate_hz * (INT32_BYTES + picture_track.PARAMETERS.thumbnail_cells)
        + local_per_s * (2 * INT32_BYTES + chosen.max_local_features * feature)
    )


def _sound_bytes_per_s() -> float:
    """Bytes of a second of sound, unpacked: step and note of each peak; number, start and vector of each window."""
    peaks = sound_extractor.PARAMETERS.max_peaks_per_s * (INT32_BYTES + INT8_BYTES)
    return peaks + _sound_windows_per_s() * (2 * INT32_BYTES + sound_track.PARAMETERS.vector_length)


def most_windows(duration: float) -> int:
    """Return how many windows media of so many seconds have at the most, all tracks together."""
    spare = 2 * _described() + 2  # what the length does not account for: the first and the last of each track are begun
    return spare + int(duration * (_picture_windows_per_s() + _sound_windows_per_s()))


def most_bytes(duration: float) -> int:
    """Return how many bytes the fingerprint of so many seconds takes at the most, unpacked."""
    return PARAMETERS.spare_bytes + int(duration * (_picture_bytes_per_s() + _sound_bytes_per_s()))


def check_duration(duration: float, most: float = LONGEST_MEDIA_S) -> None:
    """Let a duration pass, or not.

    Args:
        duration: What a fingerprint claims, seconds.
        most: The longest that is accepted, seconds.

    Raises:
        FingerprintTooLargeError: It is longer.
        BadFingerprintError: It is no duration.
    """
    if not duration >= 0:
        raise BadFingerprintError("the fingerprint's duration is negative: make it again from the media")
    if duration > most:
        raise FingerprintTooLargeError(
            f"the fingerprint is one of {duration:.0f} s of media, over the limit of {most:.0f} s: make one of each "
            "part of the media"
        )


def check(duration: float, picture: PictureTrack | None, sound: SoundTrack | None) -> None:
    """Let the tracks of a media item pass, or not.

    Args:
        duration: Seconds, as `check_duration` has let pass.
        picture: The picture track.
        sound: The sound track.

    Raises:
        BadFingerprintError: No media of that duration leaves such tracks.
    """
    last_ms = _last_ms(duration)
    if picture is not None:
        _check_grid(picture.grid_ms, last_ms)
        _check_described(picture)
        _check_local(picture)
    if sound is not None:
        _check_sound(sound, last_ms)


def check_keyframes(keyframes: Keyframes, duration: float) -> None:
    """Let the pictures of a chunk pass, or not.

    Raises:
        BadFingerprintError: There are more than the media's time grid has, or at other times.
    """
    _check_grid(keyframes.times_ms, _last_ms(duration))


def _last_ms(duration: float) -> int:
    """When the last picture of media may be, milliseconds."""
    return round(duration * 1000) + _grid_ms() + PARAMETERS.time_error_ms


def _check_grid(times_ms: NDArray[np.int32], last_ms: int) -> None:
    """Times of pictures that are looked at: one in each step of the grid, in order, and none behind the end."""
    times = times_ms.astype(np.int64)
    step, off = _grid_ms(), PARAMETERS.time_error_ms
    earliest = np.arange(len(times)) * step - off
    close = times[2:] - times[:-2] < step - off
    if (times < np.maximum(earliest, 0)).any() or close.any() or (np.diff(times) < 0).any():
        rate = picture_extractor.PARAMETERS.grid_rate_hz
        raise BadFingerprintError(f"the fingerprint looks at more than {rate} pictures a second")
    if (times > last_ms).any():
        raise BadFingerprintError("the fingerprint's pictures lie behind its end")


def _check_described(picture: PictureTrack) -> None:
    numbers, times = picture.numbers.astype(np.int64), picture.times_ms.astype(np.int64)
    if (numbers < 0).any() or (np.diff(numbers) <= 0).any():
        raise BadFingerprintError("the fingerprint's pictures are not numbered in order")
    step = _grid_ms()
    early = times < numbers * step - PARAMETERS.time_error_ms
    late = times > (numbers + 1) * step
    if early.any() or late.any() or not np.isin(times, picture.grid_ms).all():
        raise BadFingerprintError("the fingerprint's pictures are numbered other than their times say")
    if _crowded(numbers // picture_extractor.PARAMETERS.due_steps, _described()):
        raise BadFingerprintError(f"the fingerprint describes more than {_picture_windows_per_s():g} pictures a second")
    _check_lengths(picture.codes, 1 / embedding.PARAMETERS.code_step)
    sides, longer = picture.size.tolist(), local_features.PARAMETERS.long_side_px
    if min(sides) < 1 or max(sides) != longer:
        raise BadFingerprintError(f"the fingerprint's longer side is not {longer} pixels")


def _check_local(picture: PictureTrack) -> None:
    rows, counts, chosen = picture.local_rows, picture.local_counts, picture_extractor.PARAMETERS
    blocks = picture.numbers[rows] // chosen.local_spacing_steps
    if (np.diff(rows) <= 0).any() or _crowded(blocks, PARAMETERS.local_pictures_per_block):
        raise BadFingerprintError("the fingerprint has local features of too many pictures")
    if (counts > chosen.max_local_features).any():
        raise BadFingerprintError(
            f"the fingerprint has more than {chosen.max_local_features} local features of a picture"
        )
    if (picture.local.points > POINTS_PER_PIXEL * (local_features.PARAMETERS.long_side_px + 1)).any():
        raise BadFingerprintError("the fingerprint's local features lie outside of their pictures")


def _check_sound(sound: SoundTrack, last_ms: int) -> None:
    seconds, most = sound.frames * frame_s(), sound_extractor.PARAMETERS.max_peaks_per_s
    if (seconds * 1000 > last_ms).any() or (sound.starts_ms > last_ms).any():
        raise BadFingerprintError("the fingerprint's sound lies behind its end")
    if (np.diff(sound.frames) < 0).any() or _crowded(np.floor(seconds).astype(np.int64), most):
        raise BadFingerprintError(f"the fingerprint has more than {most} peaks of sound a second")
    numbers = sound.numbers.astype(np.int64)
    if (numbers < 0).any() or (np.diff(numbers) <= 0).any():
        raise BadFingerprintError("the fingerprint's windows of sound are not numbered in order")
    if (np.abs(numbers * sound_extractor.window_step_ms() - sound.starts_ms) > PARAMETERS.time_error_ms).any():
        raise BadFingerprintError("the fingerprint's windows of sound are numbered other than their times say")
    _check_lengths(sound.codes, sound_extractor.PARAMETERS.code_scale)


def _check_lengths(codes: NDArray[np.int8], scale: float) -> None:
    """Stored vectors are unit vectors times a scale, with each number rounded, and cut off at what 8 bits hold."""
    longest = scale + 0.5 * np.sqrt(codes.shape[1])
    lengths = np.sqrt(np.einsum("nd,nd->n", codes, codes, dtype=np.int64))
    if ((lengths < PARAMETERS.min_vector_length) | (lengths > longest)).any():
        raise BadFingerprintError("the fingerprint's vectors are not of length one")


def _crowded(places: NDArray[np.signedinteger], most: int) -> bool:
    """Whether more than so many share one place; `places` rise."""
    return bool((places[most:] == places[:-most]).any())
