"""From a stream of samples to a sound track: constant-Q spectrum, its peaks, and window vectors."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

from fingerprint.media.request import SoundWish
from fingerprint.parameters import parameter
from fingerprint.sound import track
from fingerprint.sound.track import SoundTrack, frame_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fingerprint.media.request import SoundBlock

__all__ = ["PARAMETERS", "SoundCollector", "SoundExtractorParameters", "sound_wish", "transform", "window_step_ms"]

#: Where the numbers of the peaks came from.
PEAKS = "by the stored form; {}, on 43 minutes of music, speech and effects and 10 s queries"

#: The largest number that a code holds, in 8 bits.
MAX_CODE = np.iinfo(np.int8).max

#: Decimal places to which a span's bounds are rounded, in frames, before the first frame in it is told: they come from
#: floating point.
FRAME_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class SoundExtractorParameters:
    """How peaks and windows are taken from a spectrum."""

    #: Sound before and after a span that its analysis reaches into: a block, and half a running mean.
    margin_s: float = parameter(
        5.0, unit="s", low=5.0, high=30.0, source="the length of a block, 4.1 s, and half of the running mean's, 1 s"
    )

    #: Magnitude that a sine of full scale has in the transform.
    full_scale_magnitude: float = parameter(
        20.0, unit="magnitude", low=10.0, high=40.0, source="by the stored form; what the transform makes of a sine"
    )

    #: The least magnitude that is told from none, of full scale.
    min_magnitude: float = parameter(
        1e-6, unit="share", low=1e-8, high=1e-4, source="by the stored form; -120 dB, below what 16 bits hold"
    )

    #: Each note's loudness is taken relative to its running mean over this many frames (2 s): equalising vanishes.
    mean_frames: int = parameter(
        267, unit="frames", low=67, high=1333, source=PEAKS.format("with 2 s equalising, hum and chords score nothing")
    )

    #: A peak is the loudest place this far around it in time.
    near_frames: int = parameter(7, unit="frames", low=2, high=40, source="by the stored form; chosen, not measured")

    #: The same in pitch.
    near_notes: int = parameter(4, unit="notes", low=1, high=18, source="by the stored form; chosen, not measured")

    #: A peak stands out of the running mean by this much.
    min_rise_db: float = parameter(
        3.0, unit="dB", low=0.5, high=12.0, source=PEAKS.format("of noise no more than chance is left")
    )

    #: And it is no quieter than this, of full scale.
    min_loudness_db: float = parameter(
        -75.0, unit="dB", low=-96.0, high=-40.0, source=PEAKS.format("silence scores nothing")
    )

    #: Most peaks a second.
    max_peaks_per_s: int = parameter(
        30,
        unit="1/s",
        low=5,
        high=100,
        source=PEAKS.format("half as many, in fewer pairs, lost up to 0.4 of the recall"),
    )

    #: Two windows start this far apart: 1.85 a second.
    window_step_frames: int = parameter(
        72,
        unit="frames",
        low=18,
        high=267,
        source="by the stored form; 1.85 windows a second ranked the right item first in 0.92 to 1.0 of 10 s queries",
    )

    #: Notes of which the loudest stands for all in a window.
    pooled_notes: int = parameter(4, unit="notes", low=1, high=12, source="by the stored form; chosen, not measured")

    #: Frames of which a window has the mean.
    pooled_frames: int = parameter(6, unit="frames", low=1, high=26, source="by the stored form; chosen, not measured")

    #: The least that a note falls below its running mean in a window: silence counts no more than that.
    lowest_rise_db: float = parameter(
        -3.0, unit="dB", low=-24.0, high=0.0, source="by the stored form; chosen, not measured"
    )

    #: The most that it rises above it.
    highest_rise_db: float = parameter(
        24.0, unit="dB", low=6.0, high=60.0, source="by the stored form; chosen, not measured"
    )

    #: Share of a window's frames that there have to be.
    min_window_share: float = parameter(
        0.5, unit="share", low=0.1, high=1.0, source="by the stored form; chosen, not measured"
    )

    #: Peaks in a window below which there is nothing to hear in it: silence, hum and steady tones.
    min_window_peaks: int = parameter(
        6, unit="count", low=1, high=30, source="by the stored form; chosen, not measured"
    )

    #: What a window's vector, of length one, is multiplied by to be stored with 8 bits a number.
    code_scale: int = parameter(
        250, unit="ratio", low=127, high=1000, source="by the stored form; chosen, not measured"
    )

    @property
    def window_frames(self) -> int:
        """Frames of a window."""
        return round(track.PARAMETERS.window_ms / 1000 / frame_s())


PARAMETERS = SoundExtractorParameters()


def sound_wish() -> SoundWish:
    """Return what the decoder is asked for."""
    return SoundWish(rate=track.PARAMETERS.rate_hz, margin_s=PARAMETERS.margin_s)


def window_step_ms() -> float:
    """Return how far apart two windows start, milliseconds."""
    return PARAMETERS.window_step_frames * frame_s() * 1000


class SoundCollector:
    """Takes a chunk's sound in order; `track` is what came of it.

    Blocks, frames and windows are counted from the start of the item, so chunks give together what one pass gives.
    """

    def __init__(self, start: float, end: float) -> None:
        self._first = int(np.ceil(round(start / frame_s(), FRAME_DECIMALS)))
        self._last = int(np.ceil(round(end / frame_s(), FRAME_DECIMALS)))
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
        rise = spectrum - scipy.ndimage.uniform_filter1d(spectrum, PARAMETERS.mean_frames, axis=1, mode="nearest")
        frames, bins = _peaks(spectrum, rise, first)
        inside = (frames >= self._first) & (frames < self._last)
        numbers, codes = self._windows(rise, first, frames)
        return SoundTrack(
            frames=frames[inside].astype(np.int32),
            bins=bins[inside].astype(np.uint8),
            numbers=numbers,
            starts_ms=np.rint(numbers * window_step_ms()).astype(np.int32),
            codes=codes,
        )

    def _windows(
        self, rise: NDArray[np.float32], first: int, peaks: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """Return the windows that start in the span, in which there is something to hear."""
        chosen, frames = PARAMETERS, PARAMETERS.window_frames
        pooled = len(rise) // chosen.pooled_notes
        bands = rise[: pooled * chosen.pooled_notes].reshape(pooled, chosen.pooled_notes, rise.shape[1]).max(1)
        bands = np.clip(bands, chosen.lowest_rise_db, chosen.highest_rise_db)
        least = int(chosen.min_window_share * frames)
        step = chosen.window_step_frames
        numbers, codes = [], []
        for number in range(-(-self._first // step), -(-self._last // step)):
            begin = number * step
            window = bands[:, max(0, begin - first) : begin - first + frames]
            loud = np.searchsorted(peaks, begin + frames) - np.searchsorted(peaks, begin)
            if window.shape[1] < least or loud < chosen.min_window_peaks:
                continue
            code = _code(np.pad(window, ((0, 0), (0, max(0, frames - window.shape[1])))))
            if code is not None:
                numbers.append(number)
                codes.append(code)
        return np.array(numbers, np.int32), np.array(codes, np.int8).reshape(-1, track.PARAMETERS.vector_length)


def _code(window: NDArray[np.float32]) -> NDArray[np.int8] | None:
    """Return a window's vector as it is stored, int8 `(d,)`; None of a window that is alike all over."""
    step, shape = PARAMETERS.pooled_frames, track.PARAMETERS
    short = window[:, : window.shape[1] // step * step].reshape(len(window), -1, step).mean(2)
    terms = scipy.fft.dctn(short, norm="ortho")[: shape.pitch_terms, : shape.time_terms].reshape(-1)
    terms[0] = 0.0  # how loud it is on the whole
    length = float(np.linalg.norm(terms))
    if not length > 0:
        return None
    return np.asarray(np.clip(np.rint(terms / length * PARAMETERS.code_scale), -MAX_CODE, MAX_CODE), np.int8)


def transform() -> Any:
    """Return essentia's constant-Q transform (Velasco et al. 2011); importing essentia takes a second."""
    return _transform(track.PARAMETERS)


@functools.cache
def _transform(grid: track.SoundTrackParameters) -> Any:
    import essentia  # noqa: PLC0415 (slow, and not needed where only pictures or results are handled)

    essentia.log.infoActive = essentia.log.warningActive = False
    from essentia.standard import NSGConstantQ  # noqa: PLC0415 (must come after the log is silenced)

    return NSGConstantQ(
        inputSize=grid.block_samples,
        sampleRate=grid.rate_hz,
        binsPerOctave=grid.notes_per_octave,
        minFrequency=grid.lowest_hz,
        maxFrequency=grid.highest_hz,
        rasterize="full",
    )


def _spectrum(samples: NDArray[np.float32], offset: int) -> tuple[NDArray[np.float32], int]:
    """Return loudness in dB, float32 `(notes, frames)`, and the number of the first frame."""
    length = track.PARAMETERS.block_samples
    step, kept = length // 2, track.PARAMETERS.block_frames // 2  # of each block its middle half
    middle = slice(kept // 2 + 1, kept // 2 + 1 + kept)
    first = max(0, -(-(offset + step // 2) // step)) if offset > 0 else 0
    last = (offset + len(samples) + step // 2) // step + 1
    parts = []
    for block in range(first, last):
        begin = block * step - step // 2 - offset
        piece = samples[max(0, begin) : max(0, begin + length)]
        padded = np.zeros(length, np.float32)
        at = max(0, -begin)
        padded[at : at + len(piece)] = piece
        tones = np.abs(transform()(padded)[0][:, middle])
        parts.append(20 * np.log10(np.maximum(tones / PARAMETERS.full_scale_magnitude, PARAMETERS.min_magnitude)))
    return np.concatenate(parts, 1).astype(np.float32), first * kept


def _peaks(
    spectrum: NDArray[np.float32], rise: NDArray[np.float32], first: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    chosen = PARAMETERS
    top = scipy.ndimage.maximum_filter(rise, (2 * chosen.near_notes + 1, 2 * chosen.near_frames + 1), mode="constant")
    bins, frames = np.nonzero((rise == top) & (rise >= chosen.min_rise_db) & (spectrum >= chosen.min_loudness_db))
    strength = rise[bins, frames]
    frames = frames + first
    second = np.floor(frames * frame_s()).astype(np.int64)
    order = np.lexsort((-strength, second))
    _, starts, counts = np.unique(second[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(starts, counts)
    kept = order[rank < chosen.max_peaks_per_s]
    kept = kept[np.lexsort((bins[kept], frames[kept]))]
    return frames[kept], bins[kept]
