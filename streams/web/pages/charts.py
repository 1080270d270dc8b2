"""Charts of what happened over time, laid out for SVG: stacked bars, one for each minute or hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Bar", "BarChart", "Part", "amount_text"]

#: Units that a chart is wide and high in the drawing; the text below takes more.
WIDTH, HEIGHT = 600.0, 120.0
#: The share of its place that a bar fills; the rest keeps it from the next one.
FILLED = 0.8
#: Units that the smallest part of a bar is high, so that one event is seen beside a thousand.
LEAST_HEIGHT = 2.0
#: From which value on amounts are written without a fraction.
WHOLE = 10


@dataclass(frozen=True)
class Part:
    """One kind of what happened in a bar's time: where it is drawn, and how much it is."""

    kind: str
    amount: float
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """What happened in one minute or hour."""

    start: str
    x: float
    width: float
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class BarChart:
    """A chart.

    Attributes:
        title: What it shows, with its unit.
        bars: From the oldest on.
        top: The amount that is as high as the chart.
        totals: Of each kind, over all bars.
    """

    title: str
    bars: tuple[Bar, ...]
    top: float
    totals: Mapping[str, float]

    @classmethod
    def of(cls, title: str, starts: Sequence[str], amounts: Sequence[Mapping[str, float]]) -> Self:
        """Lay amounts out.

        Args:
            title: What the chart shows.
            starts: When each bar's time begins, UTC, oldest first.
            amounts: Of each bar: how much there was of each kind; the first kind stands at the bottom.
        """
        sums = [sum(by_kind.values()) for by_kind in amounts]
        top = max([*sums, 1.0])
        step = WIDTH / max(len(starts), 1)
        bars = tuple(
            Bar(start, round(number * step, 2), round(step * FILLED, 2), tuple(_stacked(by_kind, top)))
            for number, (start, by_kind) in enumerate(zip(starts, amounts, strict=True))
        )
        kinds = dict.fromkeys(kind for by_kind in amounts for kind in by_kind)
        return cls(title, bars, top, {kind: sum(one.get(kind, 0.0) for one in amounts) for kind in kinds})

    @property
    def is_empty(self) -> bool:
        """Whether nothing has happened."""
        return not any(self.totals.values())

    @property
    def in_words(self) -> str:
        """The chart for who cannot see it: what it shows, and how much of each kind."""
        if self.is_empty:
            return f"{self.title}: none"
        return f"{self.title}: " + ", ".join(f"{amount_text(amount)} {kind}" for kind, amount in self.totals.items())


def amount_text(amount: float) -> str:
    """Write an amount: small ones with a tenth where they have one."""
    return f"{amount:,.0f}" if amount >= WHOLE or amount == round(amount) else f"{amount:.1f}"


def _stacked(by_kind: Mapping[str, float], top: float) -> list[Part]:
    parts: list[Part] = []
    bottom = HEIGHT
    for kind, amount in by_kind.items():
        if amount > 0:
            height = max(LEAST_HEIGHT, amount / top * HEIGHT)
            bottom = max(0.0, bottom - height)
            parts.append(Part(kind, amount, round(bottom, 2), round(height, 2)))
    return parts
