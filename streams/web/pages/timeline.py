"""Where a match's intervals lie on the two timelines, for drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from schemas.matches import Track

if TYPE_CHECKING:
    from schemas.matches import Interval, Match

__all__ = ["LANES", "Band", "Timeline"]

#: Units that a timeline is wide in the drawing.
WIDTH = 1000.0
#: Units that the shortest interval is wide, so that it can be seen and pointed at.
LEAST_WIDTH = 4.0
#: The lanes of a bar, from the top: an interval lies in those of the tracks that carry it.
LANES = (Track.PICTURE, Track.SOUND)
#: Where the two bars lie, units from the top.
TOP_BAR_END, BOTTOM_BAR_START = 26, 84


@dataclass(frozen=True)
class Band:
    """One interval: its bars on both timelines and the band between them."""

    interval: Interval
    number: int
    input_x: float
    input_width: float
    reference_x: float
    reference_width: float

    @property
    def polygon(self) -> str:
        """The band's corners, as SVG wants them."""
        return self.between(TOP_BAR_END, BOTTOM_BAR_START)

    @property
    def lanes(self) -> tuple[int, ...]:
        """The lanes that it lies in: indices into `LANES`."""
        return tuple(n for n, track in enumerate(LANES) if self.interval.track in {track, Track.BOTH})

    def between(self, top: float, bottom: float) -> str:
        """Return the band's corners, as SVG wants them.

        Args:
            top: Where the input's bar ends, units from the top.
            bottom: Where the reference's bar begins.
        """
        corners = [
            (self.input_x, top),
            (self.input_x + self.input_width, top),
            (self.reference_x + self.reference_width, bottom),
            (self.reference_x, bottom),
        ]
        return " ".join(f"{x:.1f},{y}" for x, y in corners)


@dataclass(frozen=True)
class Timeline:
    """A match with its drawing."""

    match: Match
    input_duration: float
    reference_duration: float
    bands: tuple[Band, ...]

    @classmethod
    def of(cls, match: Match, input_duration: float, reference_duration: float) -> Self:
        """Lay a match out; an unknown duration is taken to be the end of the last interval."""
        input_length = max([input_duration, *(i.input_end for i in match.intervals)], default=1.0) or 1.0
        reference_length = max([reference_duration, *(i.reference_end for i in match.intervals)], default=1.0) or 1.0
        bands = tuple(
            Band(
                interval=interval,
                number=number,
                input_x=interval.input_start / input_length * WIDTH,
                input_width=_width(interval.input_start, interval.input_end, input_length),
                reference_x=interval.reference_start / reference_length * WIDTH,
                reference_width=_width(interval.reference_start, interval.reference_end, reference_length),
            )
            for number, interval in enumerate(match.intervals, 1)
        )
        return cls(match, input_length, reference_length, bands)


def _width(start: float, end: float, length: float) -> float:
    return max(LEAST_WIDTH, (end - start) / length * WIDTH)
