"""Where an input and a reference are alike, for drawing: the input's time across, the reference's up."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.evidence import Evidence, IntervalEvidence, PointSet, TrackPoints

__all__ = ["HEIGHT", "WIDTH", "Axis", "Dots", "OffsetPlot", "PlotLine", "Tick"]

#: Units that a drawing is wide and high.
WIDTH, HEIGHT = 720.0, 420.0
#: Units that are left free around the plot itself for the axes' texts.
LEFT, RIGHT, TOP, BOTTOM = 72.0, 30.0, 14.0, 40.0
#: Steps between the times on an axis, seconds: those that people count in.
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
#: Times on an axis at the most.
MOST_TICKS = 7
#: Intervals whose numbers are written beside their lines: more would lie on each other.
MOST_NUMBERED = 20
#: What is shown around the intervals of a close-up, as a share of them; and seconds at the least.
MARGIN_SHARE, MARGIN_S = 0.25, 3.0
#: Share of either axis that the intervals have to stay below for a close-up to show more.
CLOSE_UP_SHARE = 0.3
#: Seconds that an axis spans at the least.
LEAST_SPAN_S = 1.0


@dataclass(frozen=True)
class Tick:
    """A time on an axis: where it stands, units, and which one it is, seconds."""

    at: float
    seconds: float

    @property
    def text(self) -> str:
        """The time as it is written, such as `1:02:03`."""
        minutes, seconds = divmod(round(self.seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


@dataclass(frozen=True)
class Axis:
    """An axis from one time to another, seconds, drawn from one place to another, units."""

    first: float
    last: float
    begin: float
    end: float

    def at(self, seconds: float) -> float:
        """Return where a time stands, units; what lies beyond the axis stands at its end."""
        share = (min(max(seconds, self.first), self.last) - self.first) / (self.last - self.first)
        return round(self.begin + share * (self.end - self.begin), 1)

    def shows(self, seconds: float) -> bool:
        """Whether a time lies on the axis."""
        return self.first <= seconds <= self.last

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The times that are written on it."""
        step = STEPS_S[min(bisect_left(STEPS_S, (self.last - self.first) / MOST_TICKS), len(STEPS_S) - 1)]
        step *= max(1, int((self.last - self.first) / step / MOST_TICKS))  # beyond some days
        number = -int(-self.first // step)
        found = []
        while number * step <= self.last:
            found.append(Tick(self.at(number * step), float(number * step)))
            number += 1
        return tuple(found)


@dataclass(frozen=True)
class PlotLine:
    """An interval's line: its slope is the speed of the reference over the input."""

    evidence: IntervalEvidence
    x1: float
    y1: float
    x2: float
    y2: float
    is_numbered: bool

    @property
    def number(self) -> int:
        """Which of the match's intervals it is."""
        return self.evidence.number


@dataclass(frozen=True)
class Dots:
    """Points of one kind, as one path of an SVG.

    Attributes:
        track: `picture` or `sound`.
        place: `inside` or `outside` of the intervals' lines.
        path: Where they are.
        shown: How many are drawn.
        total: How many there are.
    """

    track: str
    place: str
    path: str
    shown: int
    total: int


@dataclass(frozen=True)
class OffsetPlot:
    """The drawing of a pair, or of the part of it in which the intervals lie."""

    across: Axis
    up: Axis
    dots: tuple[Dots, ...]
    lines: tuple[PlotLine, ...]
    is_close_up: bool

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """Lay out all of a pair; an unknown duration is taken to be the end of the last interval."""
        spans = [one.interval for one in evidence.intervals]
        input_end = max([evidence.input_duration, *(one.input_end for one in spans)])
        reference_end = max([evidence.reference_duration, *(one.reference_end for one in spans)])
        return cls._laid_out(evidence, (0.0, input_end), (0.0, reference_end), is_close_up=False)

    @classmethod
    def close_up(cls, evidence: Evidence) -> Self | None:
        """Lay out the part in which the intervals lie; None where that would show no more than the whole does."""
        spans = [one.interval for one in evidence.intervals]
        if not spans:
            return None
        across = _around(min(one.input_start for one in spans), max(one.input_end for one in spans))
        up = _around(min(one.reference_start for one in spans), max(one.reference_end for one in spans))
        lengths = (across[1] - across[0], evidence.input_duration), (up[1] - up[0], evidence.reference_duration)
        if all(part > CLOSE_UP_SHARE * whole for part, whole in lengths):
            return None
        return cls._laid_out(evidence, across, up, is_close_up=True)

    @classmethod
    def _laid_out(
        cls, evidence: Evidence, across: tuple[float, float], up: tuple[float, float], *, is_close_up: bool
    ) -> Self:
        x = Axis(across[0], max(across[1], across[0] + LEAST_SPAN_S), LEFT, WIDTH - RIGHT)
        y = Axis(up[0], max(up[1], up[0] + LEAST_SPAN_S), HEIGHT - BOTTOM, TOP)
        tracks = {"picture": evidence.picture, "sound": evidence.sound}
        dots = [
            dot
            for place in ("outside", "inside")
            for track, points in tracks.items()
            if points is not None and (dot := _dots(track, place, points, x, y)).shown
        ]
        lines = tuple(_line(one, x, y, number) for number, one in enumerate(evidence.intervals))
        return cls(x, y, tuple(dots), lines, is_close_up)


def _around(start: float, end: float) -> tuple[float, float]:
    margin = max(MARGIN_S, MARGIN_SHARE * (end - start))
    return max(0.0, start - margin), end + margin


def _dots(track: str, place: str, points: TrackPoints, x: Axis, y: Axis) -> Dots:
    chosen: PointSet = getattr(points, place)
    pairs = [(x.at(a), y.at(b)) for a, b in _pairs(chosen.input, chosen.reference) if x.shows(a) and y.shows(b)]
    # A line of no length with round or square ends is a dot: one element for all of them, and not one for each.
    return Dots(track, place, "".join(f"M{a:g} {b:g}h0" for a, b in dict.fromkeys(pairs)), len(pairs), chosen.total)


def _pairs(a: Sequence[float], b: Sequence[float]) -> Iterable[tuple[float, float]]:
    return zip(a, b, strict=True)


def _line(evidence: IntervalEvidence, x: Axis, y: Axis, place: int) -> PlotLine:
    span = evidence.interval
    return PlotLine(
        evidence,
        x.at(span.input_start),
        y.at(span.reference_start),
        x.at(span.input_end),
        y.at(span.reference_end),
        is_numbered=place < MOST_NUMBERED,
    )
