"""Parameters of addresses that no route knows: one that is misspelt would be left out without a word.

A caller that asks for `?librarry=films` and is shown the jobs of all libraries takes them for those of one. Pages and
the vendor's calls take what comes: browsers, links and proxies add parameters of their own there.
"""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from streams.web.problem_types import ProblemError
from streams.web.problems_of_requests import UNKNOWN_PARAMETER

if TYPE_CHECKING:
    from litestar import Request
    from litestar.handlers import BaseRouteHandler

__all__ = ["STRICT", "QueryCheck"]

#: Says of a route that it takes no parameter in its address but those that it names.
STRICT: dict[str, Any] = {"strict_query": True}
#: Characters of a parameter's name that a message repeats.
SHOWN = 40


class QueryCheck:
    """Refuses addresses with parameters that their route does not name, for routes that say `STRICT`."""

    def __init__(self) -> None:
        self._known: dict[BaseRouteHandler, frozenset[str]] = {}

    def __call__(self, request: Request[Any, Any, Any]) -> None:
        """Let an address pass.

        Raises:
            ProblemError: It holds a parameter that the route does not know, or one twice; the message names those
                that it knows.
        """
        handler = request.route_handler
        if not handler.opt.get("strict_query") or request.method == "OPTIONS" or not request.scope["query_string"]:
            return
        known = self._known_by(handler, request)
        given = Counter(name for name, _ in request.query_params.multi_items())
        for name, times in given.items():
            if name not in known:
                raise ProblemError(UNKNOWN_PARAMETER, _unknown(name, known))
            if times > 1:
                raise ProblemError(UNKNOWN_PARAMETER, f"the parameter {name!r} is given {times} times: give it once")

    def _known_by(self, handler: BaseRouteHandler, request: Request[Any, Any, Any]) -> frozenset[str]:
        """Return the names of the parameters that a route's function takes from the address."""
        if handler not in self._known:
            model = handler.create_kwargs_model(path_parameters=request.path_params)
            self._known[handler] = frozenset(parameter.field_alias for parameter in model.expected_query_params)
        return self._known[handler]


def _unknown(name: str, known: frozenset[str]) -> str:
    near = get_close_matches(name[:SHOWN].lower(), known, n=1)
    meant = f", did you mean {near[0]!r}?" if near else ""
    taken = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
    return f"this route knows no parameter {name[:SHOWN]!r}{meant or ':'} {taken}"
