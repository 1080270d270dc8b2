"""From a stream of samples to a sound track: constant-Q spectrum, its peaks, and window vectors."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.fft import dctn
from scipy.ndimage import maximum_filter, uniform_filter1d

from fingerprint.media.request import SoundWish
from fingerprint.sound.track import FRAME_S, WINDOW_MS, SoundTrack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.media.request import SoundBlock

__all__ = ["CODE_SCALE", "DENSITY", "SOUND", "WINDOW_STEP", "SoundCollector", "transform"]

#: Samples a second: what lies above 4 kHz does not survive low bit rates.
RATE = 8000

#: Samples of one constant-Q transform; its middle half is kept, since it wraps around at its ends.
BLOCK = 2**15
HOP = BLOCK // 2

#: Frames of one transform, and of its middle half.
FRAMES = 546
KEPT = FRAMES // 2

#: Notes an octave, from the lowest to the highest frequency: the band that speech and music share.
NOTES, LOWEST, HIGHEST = 36, 200.0, 3500.0

#: Sound before and after a span that its analysis reaches into, seconds: a block, and half a running mean.
MARGIN_S = 5.0

#: What the decoder is asked for.
SOUND = SoundWish(rate=RATE, margin_s=MARGIN_S)

#: Magnitude that a sine of full scale has in the transform.
SCALE = 20.0

#: Each note's loudness is taken relative to its running mean over this many frames (2 s): equalising vanishes.
MEAN_FRAMES = 267

#: A peak is the loudest place this far around it, in frames and notes,
NEAR_FRAMES, NEAR_NOTES = 7, 4

#: stands out of the running mean by this much, dB, and is no quieter than this, dB of full scale.
LEAST_RISE, LEAST_LOUDNESS = 3.0, -75.0

#: Most peaks a second.
DENSITY = 30

#: Two windows start this far apart, frames: 1.85 a second.
WINDOW_STEP = 72

#: Frames of a window.
WINDOW_FRAMES = round(WINDOW_MS / 1000 / FRAME_S)

#: Coefficients of a window's cosine transform that are kept, in time and in pitch.
TIME_TERMS, PITCH_TERMS = 10, 10

#: What a window's vector, of length one, is multiplied by to be stored with 8 bits a number.
CODE_SCALE = 250

#: Peaks in a window below which there is nothing to hear in it: silence, hum and steady tones.
LEAST_PEAKS = 6


class SoundCollector:
    """Takes a chunk's sound in order; `track` is what came of it.

    Blocks, frames and windows are counted from the start of the item, so chunks give together what one pass gives.
    """

    def __init__(self, start: float, end: float) -> None:
        self._first = int(np.ceil(round(start / FRAME_S, 6)))
        self._last = int(np.ceil(round(end / FRAME_S, 6)))
        self._samples: list[NDArray[np.float32]] = []
        self._offset: int | None = None
        self.heard = False

    def add(self, block: SoundBlock) -> None:
        """Take the next samples."""
        if self._offset is None:
            self._offset = block.first
        self._samples.append(block.samples)

    def track(self) -> SoundTrack:
        """Return the library form."""
        if self._offset is None:
            return SoundTrack.nothing()
        self.heard = True
        spectrum, first = _spectrum(np.concatenate(self._samples), self._offset)
        rise = spectrum - uniform_filter1d(spectrum, MEAN_FRAMES, axis=1, mode="nearest")
        frames, bins = _peaks(spectrum, rise, first)
        inside = (frames >= self._first) & (frames < self._last)
        numbers, codes = self._windows(rise, first, frames)
        return SoundTrack(
            frames=frames[inside].astype(np.int32),
            bins=bins[inside].astype(np.uint8),
            numbers=numbers,
            starts_ms=np.rint(numbers * (WINDOW_STEP * FRAME_S * 1000)).astype(np.int32),
            codes=codes,
        )

    def _windows(
        self, rise: NDArray[np.float32], first: int, peaks: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """Return the windows that start in the span, in which there is something to hear."""
        bands = rise[: len(rise) // 4 * 4].reshape(-1, 4, rise.shape[1]).max(1)
        bands = np.clip(bands, -3.0, 24.0)
        numbers, codes = [], []
        for number in range(-(-self._first // WINDOW_STEP), -(-self._last // WINDOW_STEP)):
            begin = number * WINDOW_STEP
            window = bands[:, max(0, begin - first) : begin - first + WINDOW_FRAMES]
            loud = np.searchsorted(peaks, begin + WINDOW_FRAMES) - np.searchsorted(peaks, begin)
            if window.shape[1] < WINDOW_FRAMES // 2 or loud < LEAST_PEAKS:
                continue
            window = np.pad(window, ((0, 0), (0, max(0, WINDOW_FRAMES - window.shape[1]))))
            short = window[:, : WINDOW_FRAMES // 6 * 6].reshape(len(window), -1, 6).mean(2)
            terms = dctn(short, norm="ortho")[:PITCH_TERMS, :TIME_TERMS].reshape(-1)
            terms[0] = 0.0  # how loud it is on the whole
            length = float(np.linalg.norm(terms))
            if length > 0:
                numbers.append(number)
                codes.append(np.clip(np.rint(terms / length * CODE_SCALE), -127, 127).astype(np.int8))
        return np.array(numbers, np.int32), np.array(codes, np.int8).reshape(-1, TIME_TERMS * PITCH_TERMS)


@functools.cache
def transform() -> Any:
    """Return essentia's constant-Q transform (Velasco et al. 2011); importing essentia takes a second."""
    import essentia  # noqa: PLC0415 (slow, and not needed where only pictures or results are handled)

    essentia.log.infoActive = essentia.log.warningActive = False
    from essentia.standard import NSGConstantQ  # noqa: PLC0415 (must come after the log is silenced)

    return NSGConstantQ(
        inputSize=BLOCK,
        sampleRate=RATE,
        binsPerOctave=NOTES,
        minFrequency=LOWEST,
        maxFrequency=HIGHEST,
        rasterize="full",
    )


def _spectrum(samples: NDArray[np.float32], offset: int) -> tuple[NDArray[np.float32], int]:
    """Return loudness in dB, float32 `(notes, frames)`, and the number of the first frame."""
    first = max(0, -(-(offset + HOP // 2) // HOP)) if offset > 0 else 0
    last = (offset + len(samples) + HOP // 2) // HOP + 1
    parts = []
    for block in range(first, last):
        begin = block * HOP - HOP // 2 - offset
        piece = samples[max(0, begin) : max(0, begin + BLOCK)]
        padded = np.zeros(BLOCK, np.float32)
        at = max(0, -begin)
        padded[at : at + len(piece)] = piece
        tones = np.abs(transform()(padded)[0][:, KEPT // 2 + 1 : KEPT // 2 + 1 + KEPT])
        parts.append(20 * np.log10(np.maximum(tones / SCALE, 1e-6)))
    return np.concatenate(parts, 1).astype(np.float32), first * KEPT


def _peaks(
    spectrum: NDArray[np.float32], rise: NDArray[np.float32], first: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    top = maximum_filter(rise, (2 * NEAR_NOTES + 1, 2 * NEAR_FRAMES + 1), mode="constant")
    bins, frames = np.nonzero((rise == top) & (rise >= LEAST_RISE) & (spectrum >= LEAST_LOUDNESS))
    strength = rise[bins, frames]
    frames = frames + first
    second = np.floor(frames * FRAME_S).astype(np.int64)
    order = np.lexsort((-strength, second))
    _, starts, counts = np.unique(second[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(starts, counts)
    kept = order[rank < DENSITY]
    kept = kept[np.lexsort((bins[kept], frames[kept]))]
    return frames[kept], bins[kept]
