"""What a fingerprint can hold at the most, and whether one that came from outside holds no more.

A fingerprint file is as untrusted as media, and much denser: a few hundred bytes can claim years, and a few hundred
kilobytes more windows than a day of video has. So what is read is held against what the engine makes: every bound here
follows from how it looks at media, and none is a matter of taste. What the engine makes passes, whatever the media.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fingerprint.codec import BadFingerprintError, FingerprintTooLargeError
from fingerprint.picture import embedding, extractor, local_features
from fingerprint.picture import track as picture_track
from fingerprint.sound.extractor import CODE_SCALE, DENSITY, WINDOW_STEP
from fingerprint.sound.track import FRAME_S, LENGTH
from schemas.limits import LONGEST_MEDIA_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.picture.keyframes import Keyframes
    from fingerprint.picture.track import PictureTrack
    from fingerprint.sound.track import SoundTrack

__all__ = ["check", "check_duration", "check_keyframes", "most_bytes", "most_windows"]

#: How pictures are looked at, described and stored.
GRID_RATE, LOCAL_BLOCK = extractor.PARAMETERS.grid_rate_hz, extractor.PARAMETERS.local_spacing_steps
DUE, CUT_STEP = extractor.PARAMETERS.due_steps, extractor.PARAMETERS.cut_spacing_steps
LOCAL_FEATURES, CODE_LENGTH = extractor.PARAMETERS.max_local_features, local_features.PARAMETERS.code_length
LONG_SIDE, THUMBNAIL_CELLS = local_features.PARAMETERS.long_side_px, picture_track.PARAMETERS.thumbnail_cells

#: Milliseconds of a point of the time grid.
GRID_MS = 1000 // GRID_RATE

#: How far a time may be off its place, milliseconds: a picture is taken up to 1.5 ms early, and times are rounded.
OFF_MS = 2

#: Pictures that are described of each `DUE` points of the grid: the one that is due and those that cuts give, each
#: `CUT_STEP` points from the last.
DESCRIBED = DUE // CUT_STEP

#: Pictures with local features of each `LOCAL_BLOCK` points: one, and one more where a chunk begins among them.
LOCAL = 2

#: Windows a second of picture and of sound.
PICTURE_WINDOWS, SOUND_WINDOWS = DESCRIBED * GRID_RATE / DUE, 1 / (WINDOW_STEP * FRAME_S)

#: Windows of a media item that its length does not account for: the first and the last of each track are begun.
SPARE_WINDOWS = 2 * DESCRIBED + 2

#: Numbers in the vector of a picture, as `trained()` has them, which takes long to load.
VECTOR = 384

#: Bytes of a second of picture, unpacked: number, time and vector of what is described; step and miniature of what is
#: looked at; row, count and features (place, size, turn, code) of what has local features.
PICTURE_BYTES = (
    PICTURE_WINDOWS * (4 + 4 + VECTOR)
    + GRID_RATE * (4 + THUMBNAIL_CELLS)
    + LOCAL * GRID_RATE / LOCAL_BLOCK * (8 + LOCAL_FEATURES * (4 + 1 + 1 + CODE_LENGTH))
)

#: Bytes of a second of sound, unpacked: step and note of each peak; number, start and vector of each window.
SOUND_BYTES = DENSITY * (4 + 1) + SOUND_WINDOWS * (4 + 4 + LENGTH)

#: Bytes beside: names, types and shapes, and the second that is begun.
SPARE_BYTES = 2**16

#: Least length of a stored vector: one number that is cut off at 127, less what rounding takes.
LEAST_LENGTH = 126.0


def most_windows(duration: float) -> int:
    """Return how many windows media of so many seconds have at the most, all tracks together."""
    return SPARE_WINDOWS + int(duration * (PICTURE_WINDOWS + SOUND_WINDOWS))


def most_bytes(duration: float) -> int:
    """Return how many bytes the fingerprint of so many seconds takes at the most, unpacked."""
    return SPARE_BYTES + int(duration * (PICTURE_BYTES + SOUND_BYTES))


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
    last_ms = round(duration * 1000) + GRID_MS + OFF_MS
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
    _check_grid(keyframes.times_ms, round(duration * 1000) + GRID_MS + OFF_MS)


def _check_grid(times_ms: NDArray[np.int32], last_ms: int) -> None:
    """Times of pictures that are looked at: one in each step of the grid, in order, and none behind the end."""
    times = times_ms.astype(np.int64)
    earliest = np.arange(len(times)) * GRID_MS - OFF_MS
    close = times[2:] - times[:-2] < GRID_MS - OFF_MS
    if (times < np.maximum(earliest, 0)).any() or close.any() or (np.diff(times) < 0).any():
        raise BadFingerprintError(f"the fingerprint looks at more than {GRID_RATE} pictures a second")
    if (times > last_ms).any():
        raise BadFingerprintError("the fingerprint's pictures lie behind its end")


def _check_described(picture: PictureTrack) -> None:
    numbers, times = picture.numbers.astype(np.int64), picture.times_ms.astype(np.int64)
    if (numbers < 0).any() or (np.diff(numbers) <= 0).any():
        raise BadFingerprintError("the fingerprint's pictures are not numbered in order")
    early = times < numbers * GRID_MS - OFF_MS
    late = times > (numbers + 1) * GRID_MS
    if early.any() or late.any() or not np.isin(times, picture.grid_ms).all():
        raise BadFingerprintError("the fingerprint's pictures are numbered other than their times say")
    if _crowded(numbers // DUE, DESCRIBED):
        raise BadFingerprintError(f"the fingerprint describes more than {PICTURE_WINDOWS:g} pictures a second")
    _check_lengths(picture.codes, 1 / embedding.PARAMETERS.code_step)
    sides = picture.size.tolist()
    if min(sides) < 1 or max(sides) != LONG_SIDE:
        raise BadFingerprintError(f"the fingerprint's longer side is not {LONG_SIDE} pixels")


def _check_local(picture: PictureTrack) -> None:
    rows, counts = picture.local_rows, picture.local_counts
    if (np.diff(rows) <= 0).any() or _crowded(picture.numbers[rows] // LOCAL_BLOCK, LOCAL):
        raise BadFingerprintError("the fingerprint has local features of too many pictures")
    if (counts > LOCAL_FEATURES).any():
        raise BadFingerprintError(f"the fingerprint has more than {LOCAL_FEATURES} local features of a picture")
    if (picture.local.points > 4 * (LONG_SIDE + 1)).any():
        raise BadFingerprintError("the fingerprint's local features lie outside of their pictures")


def _check_sound(sound: SoundTrack, last_ms: int) -> None:
    seconds = sound.frames * FRAME_S
    if (seconds * 1000 > last_ms).any() or (sound.starts_ms > last_ms).any():
        raise BadFingerprintError("the fingerprint's sound lies behind its end")
    if (np.diff(sound.frames) < 0).any() or _crowded(np.floor(seconds).astype(np.int64), DENSITY):
        raise BadFingerprintError(f"the fingerprint has more than {DENSITY} peaks of sound a second")
    numbers = sound.numbers.astype(np.int64)
    if (numbers < 0).any() or (np.diff(numbers) <= 0).any():
        raise BadFingerprintError("the fingerprint's windows of sound are not numbered in order")
    if (np.abs(numbers * (WINDOW_STEP * FRAME_S * 1000) - sound.starts_ms) > OFF_MS).any():
        raise BadFingerprintError("the fingerprint's windows of sound are numbered other than their times say")
    _check_lengths(sound.codes, CODE_SCALE)


def _check_lengths(codes: NDArray[np.int8], scale: float) -> None:
    """Stored vectors are unit vectors times a scale, with each number rounded, and cut off at what 8 bits hold."""
    longest = scale + 0.5 * np.sqrt(codes.shape[1])
    lengths = np.sqrt(np.einsum("nd,nd->n", codes, codes, dtype=np.int64))
    if ((lengths < LEAST_LENGTH) | (lengths > longest)).any():
        raise BadFingerprintError("the fingerprint's vectors are not of length one")


def _crowded(places: NDArray[np.signedinteger], most: int) -> bool:
    """Whether more than so many share one place; `places` rise."""
    return bool((places[most:] == places[:-most]).any())
