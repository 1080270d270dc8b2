"""The page of error codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import ErrorCode, InvalidEvent
from streams.reference.markdown import code, meanings, table, text
from streams.web.problem_table import PROBLEM_TYPES

if TYPE_CHECKING:
    from streams.web.problem_types import ProblemType

__all__ = ["codes_page"]


def codes_page() -> str:
    """Return the page."""
    explained = meanings(ErrorCode)
    jobs = [(code(one.value), explained[one.name]) for one in ErrorCode]
    letters = [
        (code(InvalidEvent.code), text((InvalidEvent.__doc__ or "").partition("\n")[0])),
        (code(ErrorCode.INTERNAL_ERROR.value), explained[ErrorCode.INTERNAL_ERROR.name]),
    ]
    return (
        "# Error codes\n\n"
        "Programs branch on codes, so they never change; the message beside a code is for a person.\n\n"
        "## Why a job failed\n\n"
        "`Code` of a complete event, `code` of a job over REST.\n\n"
        + table(("code", "meaning"), jobs)
        + "\n## Why an input was put aside\n\n"
        "The header `x-error-code` of a dead letter; `x-error-reason` names the field.\n\n"
        + table(("code", "meaning"), letters)
        + "\n## What REST answers\n\n"
        "Errors are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problems: `code` is one of these, `type` leads "
        "to what it means on the page `/problems` of a running service, `status` is the code of HTTP, `detail` a "
        "sentence that says what to do. The vendor's calls answer with the vendor's codes, such as "
        "`InvalidVideo.NotFound`.\n\n"
        + table(("code", "status", "meaning", "what to do"), map(_problem, PROBLEM_TYPES.values()))
    )


def _problem(kind: ProblemType) -> tuple[str, str, str, str]:
    return code(kind.code), str(kind.status.value), text(kind.meaning), text(kind.advice)
