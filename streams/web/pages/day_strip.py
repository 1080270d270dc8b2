"""When ads ran on one day, laid out for SVG: a strip for each hour, from the first with an airing to the last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from streams.web.pages.rendering import percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streams.readmodel.airing_lists import AiringRow

__all__ = ["Bar", "DayStrip", "HourStrip"]

#: Units that an hour is wide in the drawing, and from the left edge of it to where the hour begins.
WIDTH, LEFT = 960.0, 40.0
#: Units from one hour to the next, and that a bar is high: all of it where the ad ran to its end, else the lower half.
STEP, HEIGHT = 22.0, 16.0
#: Units that the shortest bar is wide, so that it can be seen and pointed at.
LEAST_WIDTH = 2.0
HOUR_S, DAY_S = 3600.0, 86_400.0


@dataclass(frozen=True)
class Bar:
    """An airing, or the part of it that lies in one hour."""

    x: float
    y: float
    width: float
    height: float
    complete: bool
    text: str


@dataclass(frozen=True)
class HourStrip:
    """An hour of the day: where it is drawn, and what ran in it."""

    hour: int
    y: float
    bars: tuple[Bar, ...]

    @property
    def text(self) -> str:
        """The hour, as people write it."""
        return f"{self.hour:02}:00"


@dataclass(frozen=True)
class DayStrip:
    """What ran on a day (UTC), by the clock.

    Attributes:
        day: Such as `2026-11-23`.
        hours: From the first with an airing to the last.
        in_words: The drawing for who cannot see it.
    """

    day: str
    hours: tuple[HourStrip, ...]
    in_words: str

    @property
    def height(self) -> float:
        """Units that the drawing is high."""
        return STEP * len(self.hours)

    @classmethod
    def of(cls, day: str, airings: Sequence[AiringRow]) -> Self:
        """Lay a day's airings out; those without a clock, and those of other days, are left out."""
        midnight = datetime.fromisoformat(f"{day}T00:00:00Z")
        shown = [one for one in airings if one.clock_start.startswith(day)]
        by_hour: dict[int, list[tuple[float, float, AiringRow]]] = {}
        for one in shown:
            start = (datetime.fromisoformat(one.clock_start) - midnight) / timedelta(seconds=1)
            for hour, begin, end in _by_hour(start, min(start + one.end - one.start, DAY_S)):
                by_hour.setdefault(hour, []).append((begin, end, one))
        first, last = min(by_hour, default=0), max(by_hour, default=-1)
        hours = [
            HourStrip(hour, STEP * row, tuple(_bar(STEP * row, *one) for one in by_hour.get(hour, ())))
            for row, hour in enumerate(range(first, last + 1))
        ]
        return cls(day, tuple(hours), _in_words(day, shown))


def _by_hour(start: float, end: float) -> Iterator[tuple[int, float, float]]:
    """Yield the hours that a span of a day lies in, with the seconds of each."""
    while start < end:
        hour = int(start // HOUR_S)
        until = min(end, (hour + 1) * HOUR_S)
        yield hour, start - hour * HOUR_S, until - hour * HOUR_S
        start = until


def _bar(y: float, start: float, end: float, airing: AiringRow) -> Bar:
    height = HEIGHT if airing.complete else HEIGHT / 2
    ran = "all of it" if airing.complete else f"{percent(airing.share)} of it"
    seconds = airing.end - airing.start
    return Bar(
        x=round(LEFT + start / HOUR_S * WIDTH, 2),
        y=y + HEIGHT - height,
        width=round(max(LEAST_WIDTH, (end - start) / HOUR_S * WIDTH), 2),
        height=height,
        complete=airing.complete,
        text=f"{airing.clock_start[11:19]} UTC: {airing.ad} in {airing.media_id}, {seconds:.1f} s, {ran}",
    )


def _in_words(day: str, airings: Sequence[AiringRow]) -> str:
    ads = len({(one.library, one.ad) for one in airings})
    cut = sum(not one.complete for one in airings)
    return f"{day}, by the hour (UTC): {len(airings)} airings of {ads} ads, {cut} of them cut"
