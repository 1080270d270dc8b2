"""Whether an answer shows pairs that a person has dismissed."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar.params import QueryParameter

__all__ = ["Suppressed"]

Suppressed = Annotated[
    Literal["yes", "no"], QueryParameter(description="`yes` shows also pairs that a person has called no match")
]
