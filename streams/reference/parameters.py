"""The parameter sets of the engine, behind what people have written on the page of calibration."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

from fingerprint.parameters import describe
from fingerprint.stages import stages
from streams.reference.markdown import code, meanings, table, text

if TYPE_CHECKING:
    from fingerprint.stages import Stage

__all__ = ["MARK", "PAGE", "calibration_page", "parameters_section", "write_calibration"]

#: The page, in a checkout.
PAGE = Path(__file__).parents[2] / "docs" / "engine" / "calibration.md"

#: Where what is made from the code begins on it.
MARK = "<!-- What follows is made from the code by `make reference`: correct it there. -->\n"


def calibration_page(page: str) -> str:
    """Return the page with the parameter sets as the code has them.

    Args:
        page: What the page has been; what people have written on it stays.
    """
    written, _, _ = page.partition(MARK)
    return f"{written.rstrip()}\n\n{MARK}\n{parameters_section()}"


def write_calibration(path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(calibration_page(path.read_text(encoding="utf-8")), encoding="utf-8")


def parameters_section() -> str:
    """Return a table for each stage."""
    return "## All parameters\n\n" + "\n".join(map(_stage_section, stages().values()))


def _stage_section(stage: Stage) -> str:
    kind = type(stage.parameters)
    said = meanings(kind)
    rows = [
        (
            code(name),
            _value(getattr(stage.parameters, name)),
            text(known.unit),
            _range(known.low, known.high),
            said[name],
            text(known.source),
        )
        for name, known in describe(stage.parameters).items()
    ]
    head = ("parameter", "value", "unit", "range", "what it is", "where its value came from")
    return f"### {stage.name}\n\n{text(inspect.getdoc(kind) or '')}\n\n{table(head, rows)}"


def _range(low: float, high: float) -> str:
    return "fixed" if low == high else f"{_value(low)} to {_value(high)}"


def _value(value: float | tuple[float, ...]) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_value, value))
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
