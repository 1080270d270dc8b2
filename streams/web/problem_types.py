"""What a kind of problem is that REST answers with. Which there are: `streams.web.problem_table`."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING

from litestar.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PLACE", "ProblemError", "ProblemType", "Scope"]

#: Where people read what a problem means.
PLACE = "/problems"


class Scope(StrEnum):
    """Which operations may answer with a problem, among those that are about its topics."""

    #: All of them.
    ALL = auto()
    #: Those that answer page by page.
    PAGED = auto()
    #: Those that name something in their path.
    NAMED = auto()
    #: Those that take a body.
    BODY = auto()
    #: Those that take an `Idempotency-Key`.
    KEYED = auto()
    #: Those that change something.
    CHANGING = auto()
    #: None: there is no operation at the address, or the method is another one.
    NONE = auto()


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem.

    Attributes:
        code: What programs branch on.
        status: Of the answer.
        title: What it is, in a few words.
        meaning: What has happened.
        advice: What to do.
        scope: Which operations may answer with it.
        topics: Parts of a path, one of which the operation has; empty: whatever it is about.
    """

    code: str
    status: HTTPStatus
    title: str
    _: KW_ONLY
    meaning: str
    advice: str
    scope: Scope = Scope.ALL
    topics: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Where it is described: the `type` of a problem document."""
        return f"{PLACE}#{self.code}"


class ProblemError(HTTPException):
    """A request is answered with a problem of the table.

    Attributes:
        kind: Which one.
    """

    def __init__(self, kind: ProblemType, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail, status_code=kind.status, headers=dict(headers) if headers else None)
        self.kind = kind
