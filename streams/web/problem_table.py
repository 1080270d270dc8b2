"""Every problem that REST may answer with: its code, its status, what it means and what to do.

One table: the handlers answer from it, the OpenAPI document names what each route may answer with, the page `/problems`
and `docs/reference/codes.md` are written from it. A code never changes; the sentence in `detail` may.
"""

from __future__ import annotations

from http import HTTPStatus

from streams.web import problems_of_requests as requests
from streams.web import problems_of_state as state
from streams.web.problem_types import ProblemType

__all__ = ["PROBLEM_TYPES", "general_type"]

#: All of them, by code, in the order of their statuses.
PROBLEM_TYPES: dict[str, ProblemType] = {
    one.code: one
    for one in sorted(
        (one for module in (requests, state) for one in vars(module).values() if type(one) is ProblemType),
        key=lambda kind: kind.status,
    )
}
#: What is said where nothing but the status is known.
_GENERAL: dict[int, ProblemType] = {
    one.status: one
    for one in (
        requests.INVALID_REQUEST,
        requests.TOKEN_NEEDED,
        requests.FORBIDDEN,
        state.NOT_FOUND,
        requests.METHOD_NOT_ALLOWED,
        state.CONFLICT,
        state.CHANGED_MEANWHILE,
        requests.TOO_LARGE,
        requests.KEY_USED,
        requests.TOO_MANY_REQUESTS,
        requests.INTERNAL_ERROR,
        requests.BROKER_AWAY,
    )
}


def general_type(status: int) -> ProblemType:
    """Return what stands for all problems of a status of which nothing more is known."""
    return _GENERAL.get(status) or (
        requests.REFUSED if status < HTTPStatus.INTERNAL_SERVER_ERROR else requests.INTERNAL_ERROR
    )
