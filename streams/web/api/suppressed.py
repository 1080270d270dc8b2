"""Whether an answer shows also what people have said is no match."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from litestar.params import QueryParameter

__all__ = ["Suppressed", "YesNo"]


class YesNo(StrEnum):
    """An answer to a question that has two."""

    YES = "yes"
    NO = "no"


Suppressed = Annotated[
    YesNo, QueryParameter(description="`yes` shows also pairs that were dismissed: people have said that they are none")
]
