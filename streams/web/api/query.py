"""Parameters of addresses that would be left out without a word: ones that no route knows, and values that are none.

A caller that asks for `?librarry=films` and is shown the jobs of all libraries takes them for those of one. Pages and
the vendor's calls take what comes: browsers, links and proxies add parameters of their own there.
"""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from litestar.exceptions import ValidationException

from streams.web.problem_types import ProblemError
from streams.web.problems_of_requests import UNKNOWN_PARAMETER

if TYPE_CHECKING:
    from collections.abc import Collection

    from litestar import Request
    from litestar.handlers import BaseRouteHandler
    from litestar.typing import FieldDefinition

__all__ = ["STRICT", "QueryCheck"]

#: Says of a route that it takes no parameter in its address but those that it names.
STRICT: dict[str, Any] = {"strict_query": True}
#: What msgspec takes for no value, in any case.
NULL = "null"
NO_VALUE = "null is no value: leave the parameter out"
#: Characters of a parameter's name that a message repeats.
SHOWN = 40


class QueryCheck:
    """Refuses addresses with parameters that their route does not name, for routes that say `STRICT`.

    And the value `null` of what is no text: msgspec takes it for no value at all, so that the answer would look like
    one to what was asked. https://jcristharif.com/msgspec/usage.html#strict-vs-lax-mode
    """

    def __init__(self) -> None:
        self._known: dict[BaseRouteHandler, dict[str, bool]] = {}

    def __call__(self, request: Request[Any, Any, Any]) -> None:
        """Let an address pass.

        Raises:
            ProblemError: It holds a parameter that the route does not know, or one twice; the message names those
                that it knows.
            ValidationException: One has the value `null`, and is no text.
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

        for name, value in request.query_params.multi_items():
            if value.lower() == NULL and not known[name]:
                raise ValidationException(extra=[{"message": NO_VALUE, "key": name, "source": "query"}])

    def _known_by(self, handler: BaseRouteHandler, request: Request[Any, Any, Any]) -> dict[str, bool]:
        """Return the names of the parameters that a route's function takes from the address, and which are texts."""
        if handler not in self._known:
            model = handler.create_kwargs_model(path_parameters=request.path_params)
            fields = handler.parsed_fn_signature.parameters
            self._known[handler] = {
                parameter.field_alias: _is_text(fields[parameter.field_name])
                for parameter in model.expected_query_params
            }
        return self._known[handler]


def _is_text(field: FieldDefinition) -> bool:
    return str in (field.annotation, *(inner.annotation for inner in field.inner_types))


def _unknown(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name[:SHOWN].lower(), known, n=1)
    meant = f", did you mean {near[0]!r}?" if near else ""
    taken = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
    return f"this route knows no parameter {name[:SHOWN]!r}{meant or ':'} {taken}"
