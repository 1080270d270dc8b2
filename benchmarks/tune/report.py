"""Writes down what moving numbers did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from benchmarks.report import table
from benchmarks.tune.measure import Measured
from benchmarks.tune.moves import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FIGURES", "Outcome", "Report", "as_markdown"]

#: Figures that are compared, by their names in a score, and what the table calls them.
FIGURES = {
    "pair_recall": "pair recall",
    "pair_precision": "precision at 0.5",
    "uAP": "uAP",
    "segment_f1": "segment F1",
    "localisation": "localisation, s",
}

#: Less than this of a figure is no change.
SAME = 0.0005


class Outcome(msgspec.Struct, frozen=True):
    """What came of moving one number, or why it was not moved.

    Attributes:
        parameter: Its name.
        value: What it is.
        moved: What it was moved to; None where it was not.
        note: Why not, or what kind of number it is.
        measured: What was found; None where it was not moved.
    """

    parameter: str
    value: Value
    moved: Value | None
    note: str
    measured: Measured | None = None


class Report(msgspec.Struct, frozen=True):
    """What a run measured.

    Attributes:
        stage: The stage.
        facts: What was measured, a line each.
        unmoved: What the engine does as it is.
        outcomes: What each move did.
    """

    stage: str
    facts: tuple[str, ...]
    unmoved: Measured
    outcomes: tuple[Outcome, ...]


def as_markdown(report: Report) -> str:
    """Return the report: figures of the engine as it is, and by how much each move changes them."""
    start = ["as it is", "", "", *(_number(report.unmoved.figures.get(name)) for name in FIGURES), "1", ""]
    rows = [start, *(_row(one, report.unmoved) for one in report.outcomes)]
    head = ["parameter", "value", "moved to", *FIGURES.values(), "CPU", "note"]
    facts = "\n".join(f"- {fact}" for fact in report.facts)
    return f"# Tuning of {report.stage}\n\n{facts}\n\n{table(head, rows)}\n"


def _row(outcome: Outcome, unmoved: Measured) -> Sequence[str]:
    head = [f"`{outcome.parameter}`", _written(outcome.value)]
    if outcome.measured is None:
        return [*head, "", *[""] * len(FIGURES), "", f"not moved: {outcome.note}"]
    changes = [_change(outcome.measured.figures.get(name), unmoved.figures.get(name)) for name in FIGURES]
    ratio = f"{outcome.measured.cpu_s / unmoved.cpu_s:.2f}" if unmoved.cpu_s else ""
    return [*head, "" if outcome.moved is None else _written(outcome.moved), *changes, ratio, outcome.note]


def _change(figure: float | None, before: float | None) -> str:
    if figure is None or before is None:
        return _number(figure)
    change = figure - before
    return "=" if abs(change) < SAME else f"{change:+.3f}"


def _number(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3f}"


def _written(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(_written(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
