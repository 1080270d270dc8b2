"""From decoded sound frames to one gapless line of mono samples on the media's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.resampler import AudioResampler

from fingerprint.media.polarity import aligned_polarity
from fingerprint.media.request import SoundBlock
from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.frame import AudioFrame
    from numpy.typing import NDArray

__all__ = ["PARAMETERS", "AudioResamplerParameters", "SoundLine"]


@dataclass(frozen=True, slots=True)
class AudioResamplerParameters:
    """When sound has a gap, and how much of it is worked on at once."""

    #: Samples that one call of the resampler gets.
    resampled_at_once: int = parameter(
        16_384,
        unit="samples",
        low=1024,
        high=2**20,
        source="a bound on cost, which is per call: frame by frame resampling takes 2 to 4 times the decoding",
    )

    #: A frame this far past the count of samples so far stands after a gap. Less is rounding.
    min_gap_s: float = parameter(
        0.04,
        unit="s",
        low=0.022,
        high=0.5,
        source="Matroska and MPEG-TS round their time stamps, and a frame of AAC lasts 21 ms",
    )

    #: A gap longer than this is a broken time stamp: the count is right then.
    max_gap_s: float = parameter(3600.0, unit="s", low=60.0, high=86_400.0, source="chosen, not measured")

    #: Longest run of zeros that is given at once.
    zeros_at_once: int = parameter(
        65_536, unit="samples", low=1024, high=2**24, source="a bound on cost: a quarter of a megabyte of memory"
    )

    #: Sound that is read past the end of the span: the resampler's filter needs some, so that chunks fit.
    after_s: float = parameter(
        0.05, unit="s", low=0.01, high=1.0, source="chosen, not measured; tests show that chunks fit"
    )


PARAMETERS = AudioResamplerParameters()


class SoundLine:
    """Resamples what it is fed and gives out the samples `[first, last)` of the media item's line.

    Samples are placed by time where the file starts, where it was sought to, and after gaps; in between they are
    counted, since many containers round their time stamps. Missing sound is zeros, so that the line keeps time.
    """

    def __init__(self, rate: int, first: int, last: int) -> None:
        self._rate = rate
        self._out = first  # number of the next sample that is given
        self._last = last
        self._made = 0  # number of the next sample that the resampler makes
        self._anchor = 0.0  # time of the first sample fed since the last gap
        self._fed = 0  # samples fed since then
        self._form: tuple[str, str, int] | None = None
        self._fifo = AudioFifo()
        self._resampler = self._new_resampler()
        self.done = first >= last

    def feed(self, frame: AudioFrame, time: float | None) -> Iterator[SoundBlock]:
        """Take the next frame, which starts at `time` (None: right after the last), and give what is ready."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        expected = self._expected()
        if time is None or (self._form and not PARAMETERS.min_gap_s < time - expected < PARAMETERS.max_gap_s):
            time = expected
        if form != self._form or time > expected:
            yield from self._drain()
            self._start(form, time)
        frame.pts = None  # AudioFifo refuses to join over a gap otherwise
        self._fifo.write(frame)
        self._fed += frame.samples
        for joined in self._fifo.read_many(PARAMETERS.resampled_at_once):
            yield from self._give(self._resampler.resample(aligned_polarity(joined)))
        if self._expected() >= self._last / self._rate + PARAMETERS.after_s:
            yield from self.finish()

    def restart(self) -> None:
        """Forget what was fed: reading starts again from an earlier time. What was given is not given again."""
        self._form = None

    def finish(self) -> Iterator[SoundBlock]:
        """Give what is left; there is no more to come."""
        if not self.done:
            self.done = True
            yield from self._drain()

    def _expected(self) -> float:
        return self._anchor + (self._fed / self._form[2] if self._form else 0.0)

    def _start(self, form: tuple[str, str, int], time: float) -> None:
        self._form = form
        self._fifo = AudioFifo()
        self._resampler = self._new_resampler()
        self._anchor, self._fed = time, 0
        self._made = round(time * self._rate)

    def _new_resampler(self) -> AudioResampler:
        return AudioResampler(format="flt", layout="mono", rate=self._rate)

    def _drain(self) -> Iterator[SoundBlock]:
        if self._form is None:
            return
        rest = self._fifo.read()
        if rest is not None:
            yield from self._give(self._resampler.resample(aligned_polarity(rest)))
        yield from self._give(self._resampler.resample(None))

    def _give(self, frames: list[AudioFrame]) -> Iterator[SoundBlock]:
        for frame in frames:
            samples = cast("NDArray[np.float32]", frame.to_ndarray()).reshape(-1)
            begin = self._made
            self._made += len(samples)
            while self._out < min(begin, self._last):
                stop = min(begin, self._last, self._out + PARAMETERS.zeros_at_once)
                yield self._block(np.zeros(stop - self._out, np.float32))
            wanted = samples[max(0, self._out - begin) : max(0, self._last - begin)]
            if len(wanted):
                yield self._block(wanted)

    def _block(self, samples: NDArray[np.float32]) -> SoundBlock:
        block = SoundBlock(first=self._out, time=self._out / self._rate, samples=samples)
        self._out += len(samples)
        return block
