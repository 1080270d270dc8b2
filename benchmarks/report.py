"""Writes scores down as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.score import Score

__all__ = ["FIGURES", "Figure", "accuracy_report", "table"]


@dataclass(frozen=True)
class Figure:
    """One figure that is judged.

    Attributes:
        title: What reports call it.
        name: Its name in a score.
        bar: What must be reached.
        aim: What is hoped for.
        low: Whether less is better.
    """

    title: str
    name: str
    bar: float
    aim: float
    low: bool = False

    def verdict(self, value: float | None) -> str:
        """Say what a value reaches."""
        if value is None:
            return ""
        sign = -1 if self.low else 1
        if sign * value >= sign * self.aim:
            return "aim"
        return "bar" if sign * value >= sign * self.bar else "**below**"


FIGURES = (
    Figure("uAP", "uAP", 0.97, 0.995),
    Figure("pair recall, easy", "easy_recall", 0.99, 1.0),
    Figure("pair recall, hard", "hard_recall", 0.93, 0.98),
    Figure("pair recall, sound only", "modality_audio_recall", 0.90, 0.98),
    Figure("pair recall, picture only", "modality_video_recall", 0.98, 1.0),
    Figure("pair recall, re-cuts", "layout_recut_recall", 0.98, 1.0),
    Figure("recall at precision 1", "recall_at_p1", 0.93, 0.98),
    Figure("pair precision at similarity 0.5", "pair_precision", 0.99, 1.0),
    Figure("segment F1", "segment_f1", 0.90, 0.96),
    Figure("localisation, median s", "localisation", 0.5, 0.15, low=True),
    Figure("false alarms on negatives", "false_alarms", 0, 0, low=True),
)


def accuracy_report(facts: Sequence[str], scores: Mapping[str, Score]) -> str:
    """Return the report of a benchmark.

    Args:
        facts: What was measured, a line each.
        scores: Scores by detector; the first one is judged.
    """
    judged, *_ = scores.values()
    figures = [
        [figure.title, _number(figure.bar), _number(figure.aim), figure.verdict(judged.figures.get(figure.name))]
        + [_number(score.figures.get(figure.name)) for score in scores.values()]
        for figure in FIGURES
    ]
    attacks = [
        [attack, *(_number(score.per_attack.get(attack)) for score in scores.values())] for attack in judged.per_attack
    ]
    parts = [
        "# What is found",
        "\n".join(f"- {fact}" for fact in facts),
        table(["figure", "bar", "aim", "reached", *scores], figures),
        "## Pair recall by attack",
        table(["attack", *scores], attacks),
    ]
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")
