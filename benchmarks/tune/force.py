"""Puts another parameter set in force, for as long as something is measured."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.tune.moves import Value
    from fingerprint.stages import Stage

__all__ = ["in_force"]


@contextmanager
def in_force(stage: Stage, parameter: str, value: Value) -> Iterator[None]:
    """Let a stage have another value of one parameter meanwhile; afterwards it has what it had, whatever happened.

    Raises:
        ValueError: The set refuses the value.
    """
    before = stage.parameters
    stage.use(replace(before, **{parameter: value}))
    try:
        yield
    finally:
        stage.use(before)
